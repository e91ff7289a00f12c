"""The door with all that belongs to it, for as long as it is open."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from handover.door.app import Door
from handover.door.connections import Connections, Stored
from handover.door.journal import Journal
from handover.door.keeping import Keeping
from handover.door.tally import Tally
from handover.lib.forever import doing


@asynccontextmanager
async def opened(database: Path, *, on_journaled: Callable[[], None]) -> AsyncIterator[Door]:
    """A door that knows its connections. At the end what waits is journaled. `on_journaled` is called on the loop."""
    connections, tally = Connections(Stored()), Tally()
    await connections.refresh()
    keeping = Keeping(connections, tally)
    journal = Journal(database, on_committed=on_journaled)
    try:
        async with doing(keeping.work()):
            yield Door(journal, connections, tally)
    finally:
        await journal.stop()
        await keeping.write_down()
