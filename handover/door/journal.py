"""The journal of deliveries: written and on the disk before Jira is answered."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Literal, NamedTuple
from uuid import UUID

log = logging.getLogger(__name__)
# Jira gives a delivery up after 20 s; a locked database is told to it before that.
BUSY_MILLISECONDS = 5_000
# A commit costs some 100 us of CPU whatever is in it. One alone is written at once; under load they are this far apart.
PACE_SECONDS = 0.002
MOST_WAITING_BYTES = 64 * 1024 * 1024
# What an entry holds beside its body, roundly.
ENTRY_BYTES = 1024
COLUMNS = ("connection_id", "received_at", "event", "body", "dedupe_key")
# Each statement lets go of Python's lock and takes it again from the busy loop: few statements, many rows.
MOST_ROWS = 64


class JournalUnavailable(Exception):
    """The entry is not on the disk: the database refuses, too much waits, or the journal is closed."""


class Entry(NamedTuple):
    """A delivery as its row, which waits to be taken in.

    The first two are in the form in which Django keeps a UUID and a time on SQLite.
    """

    connection: str
    received_at: str
    event: str
    body: bytes
    dedupe_key: str

    @classmethod
    def of(cls, *, connection: UUID, received_at: datetime, event: str, body: bytes, dedupe_key: str) -> "Entry":
        """The row of a delivery that came at `received_at`, a time with its zone."""
        naive = received_at.astimezone(UTC).replace(tzinfo=None)
        return cls(connection.hex, str(naive), event, body, dedupe_key)


class Closed(NamedTuple):
    """A delivery as its row, of which nothing more is to come; `reason` says why."""

    connection: str
    received_at: str
    event: str
    body: bytes
    dedupe_key: str
    state: Literal["ignored"]
    reason: str

    @classmethod
    def of(cls, entry: Entry, reason: str) -> "Closed":
        """The entry, closed."""
        return cls(*entry, "ignored", reason)


class Journal:
    """Writes entries with one thread; whatever waits goes into one commit. Belongs to one event loop."""

    def __init__(self, database: Path, *, on_committed: Callable[[], None] | None = None) -> None:
        self.commits = 0
        self._on_committed = on_committed
        self._file = _File(database)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._waiting: list[tuple[Entry | Closed, asyncio.Future[None]]] = []
        self._waiting_bytes = 0
        self._working: asyncio.Task[None] | None = None
        self._closed = False
        self._failing = False

    async def write(self, entry: Entry | Closed) -> None:
        """Return when the entry is on the disk. Raises JournalUnavailable."""
        size = len(entry.body) + ENTRY_BYTES
        if self._closed or self._waiting_bytes + size > MOST_WAITING_BYTES:
            raise JournalUnavailable("closed" if self._closed else "too much waits")
        loop = asyncio.get_running_loop()
        written = loop.create_future()
        self._waiting.append((entry, written))
        self._waiting_bytes += size
        if self._working is None:
            self._working = loop.create_task(self._work(loop))
        await written

    async def stop(self) -> None:
        """Take no more, write what waits, and close the file."""
        self._closed = True
        if self._working is not None:
            await asyncio.wait([self._working])
        await asyncio.get_running_loop().run_in_executor(self._thread, self._file.close)
        self._thread.shutdown()

    async def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            while self._waiting:
                next_one = loop.time() + PACE_SECONDS
                await self._write_all(loop)
                await asyncio.sleep(next_one - loop.time())
        finally:
            self._working = None

    async def _write_all(self, loop: asyncio.AbstractEventLoop) -> None:
        batch, self._waiting, self._waiting_bytes = self._waiting, [], 0
        try:
            await loop.run_in_executor(self._thread, self._file.commit, [entry for entry, _ in batch])
        except sqlite3.Error as error:
            self._failed(error)
        else:
            self._committed([written for _, written in batch], loop)
        finally:
            # Whatever went wrong, nobody waits for ever.
            for _, written in batch:
                if not written.done():
                    written.set_exception(JournalUnavailable("not committed"))

    def _committed(self, batch: list[asyncio.Future[None]], loop: asyncio.AbstractEventLoop) -> None:
        self.commits += 1
        if self._failing:
            log.info("The journal is written again.")
        self._failing = False
        for written in batch:
            if not written.done():
                written.set_result(None)
        if self._on_committed is not None:
            # Not called from here: a fault of it is no fault of the journal.
            loop.call_soon(self._on_committed)

    def _failed(self, error: sqlite3.Error) -> None:
        if not self._failing:
            log.error("The journal cannot be written: %s. Jira is answered 503 until it can.", error)
        self._failing = True


@cache
def _insert(rows: int, columns: tuple[str, ...]) -> str:
    # A connection that was deleted a moment ago is no error: nobody waits for what it delivers.
    places = f"({', '.join('?' * len(columns))})"
    return f"""
        INSERT INTO handover_delivery ({", ".join(columns)})
        SELECT * FROM (VALUES {", ".join([places] * rows)})
        WHERE column1 IN (SELECT id FROM handover_connection)
    """  # noqa: S608  nothing in it comes from outside


def _insert_all(
    connection: sqlite3.Connection, entries: Sequence[Entry] | Sequence[Closed], columns: tuple[str, ...]
) -> None:
    for first in range(0, len(entries), MOST_ROWS):
        rows = entries[first : first + MOST_ROWS]
        connection.execute(_insert(len(rows), columns), tuple(chain.from_iterable(rows)))


class _File:
    """The database file, used by the journal's thread alone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open: sqlite3.Connection | None = None

    def commit(self, entries: list[Entry | Closed]) -> None:
        """Put all entries on the disk, or none. Raises sqlite3.Error; the next commit opens the file anew."""
        try:
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            # Those that wait are most, and leave their state to the database: two values less for each.
            _insert_all(connection, [entry for entry in entries if type(entry) is Entry], COLUMNS)
            _insert_all(
                connection, [entry for entry in entries if type(entry) is Closed], (*COLUMNS, "state", "reason")
            )
            connection.execute("COMMIT")
        except sqlite3.Error:
            self.close()
            raise

    def close(self) -> None:
        """Close the file. What is not committed is undone."""
        if self._open is not None:
            with suppress(sqlite3.Error):
                self._open.close()
        self._open = None

    def _connection(self) -> sqlite3.Connection:
        if self._open is None:
            # mode=rw: a file that is gone is an error, not a new and empty journal.
            address = f"{self._path.resolve().as_uri()}?mode=rw"
            self._open = sqlite3.connect(address, uri=True, isolation_level=None, timeout=BUSY_MILLISECONDS / 1000)
            self._open.execute("PRAGMA journal_mode=WAL")
            # FULL: what was answered with 200 outlives a power cut. It costs nothing beside the group commit.
            self._open.execute("PRAGMA synchronous=FULL")
        return self._open
