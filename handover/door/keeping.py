"""Off the hot path: counts are written down, a former secret is forgotten, the connections are read anew."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import DatabaseError, transaction
from django.db.models import F

from handover.connections.models import Connection, DoorTally
from handover.door.connections import Connections
from handover.door.tally import MOST_KINDS, Counted, Kind, Tally

log = logging.getLogger(__name__)
# A new connection's first delivery comes within seconds of its making.
EVERY_SECONDS = 1.0


class Keeping:
    """Does all of it every second, for as long as the door is open."""

    def __init__(self, connections: Connections, tally: Tally) -> None:
        self._connections = connections
        self._tally = tally
        self._failing = False

    async def work(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await self.once()

    async def once(self) -> None:
        """Once, as far as the database can be used: what cannot be kept now waits."""
        await self.write_down()
        await self._connections.refresh()

    async def write_down(self) -> None:
        """Keep the counts, and forget the secrets that a rotation has left behind."""
        taken, over = self._tally.take(), self._connections.over
        if not taken and not over:
            return
        try:
            await sync_to_async(_write)(taken, over)
        except DatabaseError as error:
            self._tally.put_back(taken)
            if not self._failing:
                log.error("What the door counts cannot be written: %s. It is kept in memory until it can.", error)
            self._failing = True
        else:
            self._connections.forgotten(over)
            self._failing = False


def _write(taken: Mapping[Kind, Counted], over: Iterable[tuple[UUID, str]]) -> None:
    with transaction.atomic():
        for connection_id, sealed in over:
            rotated = Connection.objects.filter(id=connection_id, sealed_former_secret=sealed)
            rotated.update(sealed_former_secret="", former_secret_until=None)
        for kind, counted in taken.items():
            if not _add(kind, counted):
                _begin(kind, counted)


def _add(kind: Kind, counted: Counted) -> bool:
    rows = DoorTally.objects.filter(
        connection_id=kind.connection, outcome=kind.outcome, event=kind.event, reason=kind.reason
    )
    return bool(rows.update(count=F("count") + counted.count, last_at=_moment(counted.last)))


def _begin(kind: Kind, counted: Counted) -> None:
    # Event names come from outside: no connection's rows grow without end.
    if DoorTally.objects.filter(connection_id=kind.connection).count() >= MOST_KINDS:
        kind = kind.beyond
        if _add(kind, counted):
            return
    DoorTally.objects.create(
        connection_id=kind.connection,
        outcome=kind.outcome,
        event=kind.event,
        reason=kind.reason,
        count=counted.count,
        first_at=_moment(counted.first),
        last_at=_moment(counted.last),
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
