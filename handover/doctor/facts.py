"""What the database and the configuration tell, read once at the beginning of a look."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from handover.configuration import keeping
from handover.configuration.declared import Configuration
from handover.configuration.models import Process, Version
from handover.configuration.secret import Secret
from handover.configuration.store import refresh
from handover.connections.models import Connection, configured
from handover.connections.webhook import wanted
from handover.doctor import refusals, starting, stored
from handover.doctor.checks import Check
from handover.jira.webhooks import Wanted
from handover.lib import clock
from handover.lib.environment import BadSetting
from handover.lib.secrets import SecretUnreadable


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
    """All of it. `secrets` tells of those that cannot be opened; `model_key` is None where it is one of them."""

    now: datetime
    configuration: Configuration
    saved_at: datetime | None
    processes: Sequence[Process]
    subjects: Sequence[Subject]
    strangers: Check
    secrets: Sequence[Check]
    model_key: str | None = field(repr=False)


def read() -> Facts:
    """Read them. Raises BadSetting where the environment or the keys cannot be used."""
    configuration, now, connections = refresh(), clock.now(), configured()
    secrets = stored.checks_of(configuration, connections)
    subjects = [found for one in connections if isinstance(found := subject_of(one), Subject)]
    return Facts(
        now=now,
        configuration=configuration,
        saved_at=Version.objects.order_by("-number").values_list("at", flat=True).first(),
        processes=keeping.processes(),
        subjects=subjects,
        strangers=refusals.strangers((subject.seen.taken_at for subject in subjects), now=now),
        secrets=secrets,
        model_key=_clear(configuration.model.key),
    )


def subject_of(connection: Connection) -> Subject | Check:
    """The connection with its secrets; the check that fails where they cannot be opened."""
    try:
        if closed := stored.closed_of(connection):
            return closed[0]
        return Subject(connection, refusals.Seen.of(connection), wanted(connection), connection.bot_token)
    except BadSetting as error:
        return starting.failed(error)


def _clear(secret: Secret) -> str | None:
    try:
        return secret.clear()
    except SecretUnreadable:
        return None
