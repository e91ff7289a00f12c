"""The door with all that belongs to it, for as long as it is open."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from handover.door.app import Door
from handover.door.connections import Connections, Stored
from handover.door.journal import Journal
from handover.door.keeping import Keeping
from handover.door.tally import Tally


@asynccontextmanager
async def opened(database: Path, *, on_journaled: Callable[[], None]) -> AsyncIterator[Door]:
    """A door that knows its connections. At the end what waits is journaled. `on_journaled` is called on the loop."""
    connections, tally = Connections(Stored()), Tally()
    await connections.refresh()
    keeping = Keeping(connections, tally)
    working = asyncio.create_task(keeping.work())
    journal = Journal(database, on_committed=on_journaled)
    try:
        yield Door(journal, connections, tally)
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
        await journal.stop()
        await keeping.write_down()
