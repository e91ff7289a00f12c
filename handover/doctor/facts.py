"""What the database and the configuration tell, read once at the beginning of a look."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from handover import settings
from handover.configuration import keeping
from handover.configuration.declared import Configuration
from handover.configuration.models import Process, Version
from handover.configuration.store import refresh
from handover.connections.models import Connection, configured
from handover.doctor import refusals
from handover.doctor.checks import Check, Symptom, wrong
from handover.jira.webhooks import Wanted
from handover.lib import clock
from handover.lib.secrets import SecretUnreadable

SECRETS = "Stored secrets"


@dataclass(frozen=True)
class Subject:
    """One connection that is configured, and the secrets that are needed to look at it."""

    connection: Connection
    seen: refusals.Seen
    wanted: Wanted
    token: str = field(repr=False)

    @property
    def base_url(self) -> str:
        """Which Jira."""
        return self.connection.base_url

    @property
    def enabled(self) -> bool:
        """Whether anything is expected of it."""
        return self.connection.host.enabled


@dataclass(frozen=True)
class Facts:
    """All of it. `trouble` is what was wrong with the reading itself."""

    now: datetime
    configuration: Configuration
    saved_at: datetime | None
    processes: Sequence[Process]
    subjects: Sequence[Subject]
    strangers: Check
    model_key: str = field(repr=False)
    trouble: Sequence[Check] = ()


def read() -> Facts:
    """Read them. Raises BadSetting where the environment cannot be used."""
    configuration, now, trouble = refresh(), clock.now(), []
    subjects = []
    for connection in configured():
        found = subject_of(connection)
        if isinstance(found, Check):
            trouble.append(found)
        else:
            subjects.append(found)
    try:
        model_key = configuration.model.key.clear()
    except SecretUnreadable as error:
        model_key = ""
        trouble.append(_unreadable(configuration.model.base_url, error))
    saved = Version.objects.order_by("-number").values_list("at", flat=True).first()
    return Facts(
        now=now,
        configuration=configuration,
        saved_at=saved,
        processes=keeping.processes(),
        subjects=subjects,
        strangers=refusals.strangers((subject.seen.taken_at for subject in subjects), now=now),
        model_key=model_key,
        trouble=trouble,
    )


def subject_of(connection: Connection) -> Subject | Check:
    """The connection with its secrets; the check that fails where they cannot be read."""
    try:
        token, secret = connection.bot_token, connection.webhook_secret
    except SecretUnreadable as error:
        return _unreadable(connection.base_url, error)
    wanted = Wanted(url=f"{settings.PUBLIC_URL}{connection.events_path}", secret=secret)
    return Subject(connection, refusals.Seen.of(connection), wanted, token)


def _unreadable(about: str, error: SecretUnreadable) -> Check:
    step = "Set HANDOVER_SECRET_KEYS to the keys that sealed it, or enter the secret anew."
    return wrong(Symptom.SETUP, f"{SECRETS}: {about}", cause=str(error), next_step=step)
