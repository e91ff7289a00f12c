"""The connections that the door knows, held in memory: no request waits for the database."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import Error as DatabaseError

from handover.connections.models import Connection
from handover.lib.secrets import SecretUnreadable
from handover.triggers.reading import Watch
from handover.triggers.watching import watch_of

log = logging.getLogger(__name__)
# A new connection's first delivery comes within seconds of its making.
REFRESH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Known:
    """What the door needs to know of a connection."""

    id: UUID
    secret: str
    watch: Watch
    links: str
    """What every `self` in its bodies begins with."""


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
        self._by_path: Mapping[str, Known] = {}
        self._failing = False

    def at(self, path: str) -> Known:
        """The connection that is delivered to at `path`; STRANGER where there is none."""
        return self._by_path.get(path, STRANGER)

    async def refresh(self) -> None:
        """Read them anew. Where that fails, what was known stays."""
        try:
            self._by_path = await self._read()
        except DatabaseError as error:
            if not self._failing:
                log.error(
                    "The connections cannot be read: %s. Deliveries to a new one are refused until they can.", error
                )
            self._failing = True
        else:
            self._failing = False

    async def keep_fresh(self) -> None:
        """Read them anew for ever."""
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            await self.refresh()


class Stored:
    """Reads the connections from the database. Secrets are opened only where a row has changed."""

    def __init__(self) -> None:
        self._opened: dict[UUID, tuple[tuple[str, ...], Known | None]] = {}

    def __call__(self) -> Mapping[str, Known]:
        """All connections by path, but those whose secret cannot be opened. Raises django.db.Error."""
        rows = list(Connection.objects.defer("sealed_bot_token"))
        self._opened = {row.id: self._open(row) for row in rows}
        return {row.events_path: known for row in rows if (known := self._opened[row.id][1])}

    def _open(self, row: Connection) -> tuple[tuple[str, ...], Known | None]:
        version = (row.base_url, row.bot_name, row.bot_key, row.sealed_webhook_secret)
        before = self._opened.get(row.id)
        return before if before and before[0] == version else (version, _known(row))


def _known(row: Connection) -> Known | None:
    try:
        secret = row.webhook_secret
    except SecretUnreadable as error:
        log.error("Deliveries of %s are refused: %s", row.base_url, error)
        return None
    # An empty secret is one that everybody knows.
    return Known(id=row.id, secret=secret, watch=watch_of(row), links=f"{row.base_url}/") if secret else None
