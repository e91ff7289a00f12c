"""The door with all that belongs to it, for as long as it is open."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from handover.door.app import Door
from handover.door.connections import Connections, Stored
from handover.door.journal import Journal


@asynccontextmanager
async def opened(database: Path, *, on_journaled: Callable[[], None]) -> AsyncIterator[Door]:
    """A door that knows its connections. At the end what waits is journaled. `on_journaled` is called on the loop."""
    connections = Connections(Stored())
    await connections.refresh()
    keeping = asyncio.create_task(connections.keep_fresh())
    journal = Journal(database, on_committed=on_journaled)
    try:
        yield Door(journal, connections)
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
        await journal.stop()
