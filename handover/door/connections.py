"""The connections that the door knows, held in memory: nothing that is taken waits for the database."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import Error as DatabaseError

from handover.configuration import store
from handover.connections.models import Connection
from handover.connections.reasons import DISABLED, NOT_ACTIVE
from handover.connections.webhook import former_secret_of, rotating_until
from handover.lib.environment import BadSetting
from handover.lib.secrets import SecretUnreadable
from handover.triggers.reading import Watch
from handover.triggers.watching import watch_of

log = logging.getLogger(__name__)
# Whoever sends what is turned away has the database read no more often than this.
APART_SECONDS = 0.02
# Jira gives a delivery up after 20 s; by then it is judged by what is known.
PATIENCE_SECONDS = 5.0

# Nobody knows it. Where there is no former secret, it lets a refusal cost what it costs where there is one.
NOBODYS = secrets.token_hex(32)


@dataclass(frozen=True, slots=True)
class Known:
    """What the door needs to know of a connection."""

    id: UUID
    secret: str
    watch: Watch
    links: str
    """What every `self` in its bodies begins with."""
    rests: str = ""
    """Why nothing that it delivers starts anything, such as "not active yet"; "" where it does."""
    former: str = NOBODYS
    """The secret before the last rotation."""
    former_until: float = 0.0
    """How long it holds, in seconds since the epoch; 0 without a rotation."""
    former_sealed: str = ""

    @property
    def former_holds(self) -> bool:
        """Whether what is signed with the former secret is still taken."""
        return time.time() < self.former_until

    @property
    def without_former(self) -> "Known":
        """The same after its rotation."""
        return replace(self, former=NOBODYS, former_until=0.0, former_sealed="")


# Nobody knows its secret. It lets a delivery to an unknown connection cost what one with a wrong signature costs.
STRANGER = Known(
    id=UUID(int=0),
    secret=secrets.token_hex(32),
    watch=Watch(mention="", label="", bot_name="", bot_key=""),
    links="",
)


class Connections:
    """The known connections by the path that Jira delivers to."""

    def __init__(self, read: Callable[[], Mapping[str, Known]]) -> None:
        self._read = sync_to_async(read)
        self._by_path: dict[str, Known] = {}
        self._over: set[tuple[UUID, str]] = set()
        self._failing = False
        self._reading = asyncio.Lock()
        self._read_at = 0.0
        self._next: asyncio.Task[None] | None = None

    def at(self, path: str) -> Known:
        """The connection that is delivered to at `path`; STRANGER where there is none."""
        return self._by_path.get(path, STRANGER)

    def rotated(self, path: str) -> None:
        """Jira signs with the new secret: from now on the former is no longer taken."""
        known = self.at(path)
        self._over.add((known.id, known.former_sealed))
        self._by_path[path] = known.without_former

    @property
    def over(self) -> frozenset[tuple[UUID, str]]:
        """The former secrets that are to be forgotten, sealed, each with its connection."""
        return frozenset(self._over)

    def forgotten(self, over: Iterable[tuple[UUID, str]]) -> None:
        """These are no longer in the database."""
        self._over.difference_update(over)

    async def refresh(self) -> None:
        """Read them anew. Where that fails, what was known stays."""
        async with self._reading:
            await self._read_anew()

    async def newest(self, path: str) -> Known:
        """The same as `at`, read from the database after this call. What takes too long is not waited for."""
        if self._next is None:
            self._next = asyncio.create_task(self._read_soon())
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.shield(self._next)
        return self.at(path)

    async def _read_soon(self) -> None:
        """One reading for all who ask before it begins."""
        async with self._reading:
            await asyncio.sleep(self._read_at + APART_SECONDS - time.monotonic())
            self._next = None
            await self._read_anew()

    async def _read_anew(self) -> None:
        self._read_at = time.monotonic()
        try:
            found = await self._read()
        except (DatabaseError, BadSetting) as error:
            if not self._failing:
                log.error(
                    "The connections cannot be read (%s). Deliveries to a new one are refused until they can.", error
                )
            self._failing = True
        else:
            self._by_path = {path: self._settled(known) for path, known in found.items()}
            self._failing = False

    def _settled(self, known: Known) -> Known:
        return known.without_former if (known.id, known.former_sealed) in self._over else known


class Stored:
    """Reads the connections from the database. Secrets are opened only where something has changed."""

    def __init__(self) -> None:
        self._opened: dict[UUID, tuple[tuple[object, ...], Known | None]] = {}
        self._unreadable: set[UUID] = set()

    def __call__(self) -> Mapping[str, Known]:
        """All connections by path, but those whose secret was never opened. Raises django.db.Error, BadSetting."""
        # Whether the integration is on stands there. What cannot be used of it is told where it is kept fresh.
        with suppress(BadSetting):
            store.refresh()
        rows = list(Connection.objects.exclude(sealed_webhook_secret=""))
        self._opened = {row.id: self._open(row) for row in rows}
        return {row.events_path: known for row in rows if (known := self._opened[row.id][1])}

    def _open(self, row: Connection) -> tuple[tuple[object, ...], Known | None]:
        sealed = (row.sealed_webhook_secret, row.sealed_former_secret, row.former_secret_until)
        version = (row.base_url, *sealed, _rests(row), watch_of(row))
        before = self._opened.get(row.id)
        if before and before[0] == version:
            return before
        try:
            known = _known(row)
        except (SecretUnreadable, BadSetting) as error:
            self._complain(row, error)
            # While keys are rotated, ours may be a moment behind: what was known holds, and it is tried again.
            return (), _without_former(row) or (before[1] if before else None)
        self._unreadable.discard(row.id)
        return version, known

    def _complain(self, row: Connection, error: SecretUnreadable | BadSetting) -> None:
        if row.id not in self._unreadable:
            log.error("A secret of %s cannot be opened: %s", row.base_url, error)
        self._unreadable.add(row.id)


def _known(row: Connection) -> Known | None:
    known, former, until = _with_new(row), _former(row), row.former_secret_until
    if known is None or not former or until is None:
        return known
    return replace(known, former=former, former_until=until.timestamp(), former_sealed=row.sealed_former_secret)


def _former(row: Connection) -> str:
    """The former secret; "" where there is none. Raises SecretUnreadable while it would hold."""
    try:
        return former_secret_of(row)
    except SecretUnreadable:
        if rotating_until(row):
            raise
        return ""


def _with_new(row: Connection) -> Known | None:
    secret = row.webhook_secret
    # An empty secret is one that everybody knows.
    known = Known(id=row.id, secret=secret, watch=watch_of(row), links=f"{row.base_url}/", rests=_rests(row))
    return known if secret else None


def _without_former(row: Connection) -> Known | None:
    try:
        return _with_new(row)
    except (SecretUnreadable, BadSetting):
        return None


def _rests(row: Connection) -> str:
    if not row.host.enabled:
        return DISABLED
    return "" if row.webhook_state in (Connection.Webhook.ACTIVE, Connection.Webhook.PAUSED) else NOT_ACTIVE
