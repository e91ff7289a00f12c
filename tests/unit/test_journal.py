"""The journal: on the disk before anyone is told so, many entries to a commit."""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import pytest

from handover.door import journal as journal_module
from handover.door.journal import Entry, Journal, JournalUnavailable
from handover.triggers.models import Delivery
from tests.unit.door_world import ID, connect, journaled

NOW = datetime(2026, 9, 21, 10, 15, 17, 234_567, tzinfo=UTC)
T = TypeVar("T")


def an_entry(number: int = 1, *, connection: UUID = ID, at: datetime = NOW, body: bytes = b"{}") -> Entry:
    return Entry.of(connection=connection, received_at=at, event="comment_created", body=body, dedupe_key=str(number))


def with_journal(database: Path, use: Callable[[Journal], Awaitable[T]]) -> T:
    async def opened() -> T:
        journal = Journal(database)
        try:
            return await use(journal)
        finally:
            await journal.stop()

    return asyncio.run(opened())


def rows_seen_by_others(database: Path) -> int:
    with closing(sqlite3.connect(database)) as other:
        return int(other.execute("SELECT count(*) FROM handover_delivery").fetchone()[0])


@pytest.mark.parametrize(
    "at",
    [NOW, NOW.replace(microsecond=0), NOW.astimezone(timezone(timedelta(hours=-7)))],
    ids=["microseconds", "whole second", "another zone"],
)
def test_django_reads_back_what_was_written(django_db: Path, at: datetime) -> None:
    connection = connect()
    body = bytes(range(256)) * 40
    with_journal(django_db, lambda journal: journal.write(an_entry(at=at, body=body)))

    row = Delivery.objects.select_related("connection").get(received_at=at, connection=connection)

    assert (row.connection, row.received_at, bytes(row.body)) == (connection, at, body)
    assert (row.event, row.dedupe_key, row.state, row.reason) == ("comment_created", "1", "received", "")
    assert list(Delivery.objects.filter(state=Delivery.State.RECEIVED)) == [row]


def test_the_entry_is_seen_by_others_when_write_returns(django_db: Path) -> None:
    connect()

    async def write(journal: Journal) -> list[int]:
        seen = []
        for number in range(5):
            await journal.write(an_entry(number))
            seen.append(rows_seen_by_others(django_db))
        return seen

    assert with_journal(django_db, write) == [1, 2, 3, 4, 5]


def test_commits_are_made_durable(django_db: Path) -> None:
    file = journal_module._File(django_db)
    opened = file._connection()
    assert opened.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert opened.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    file.close()


@pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 1000])
def test_whatever_waits_goes_into_one_commit(django_db: Path, count: int) -> None:
    connect()

    async def write(journal: Journal) -> int:
        await asyncio.gather(*(journal.write(an_entry(number)) for number in range(count)))
        return journal.commits

    assert with_journal(django_db, write) == 1
    assert [row.dedupe_key for row in journaled()] == [str(number) for number in range(count)]


def test_writers_at_any_moment_share_commits(django_db: Path) -> None:
    connect()

    async def writer(journal: Journal, first: int) -> None:
        await asyncio.sleep(first * 0.0007)
        for number in range(first, first + 10):
            await journal.write(an_entry(number))

    async def write(journal: Journal) -> int:
        await asyncio.gather(*(writer(journal, first) for first in range(0, 300, 10)))
        return journal.commits

    assert with_journal(django_db, write) < 150
    assert sorted(int(row.dedupe_key) for row in journaled()) == list(range(300))


def test_the_reader_is_woken_once_a_commit_on_the_loop(django_db: Path) -> None:
    connect()
    seen: list[tuple[int, bool]] = []

    async def write() -> None:
        here = threading.get_ident()
        journal = Journal(
            django_db,
            on_committed=lambda: seen.append((rows_seen_by_others(django_db), threading.get_ident() == here)),
        )
        await asyncio.gather(*(journal.write(an_entry(number)) for number in range(20)))
        await journal.write(an_entry(20))
        await journal.stop()

    asyncio.run(write())
    assert seen == [(20, True), (21, True)]


def test_a_locked_database_fails_all_that_waited_and_then_it_is_well_again(
    django_db: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    connect()
    monkeypatch.setattr(journal_module, "BUSY_MILLISECONDS", 50)
    caplog.set_level(logging.INFO)

    async def write(journal: Journal) -> list[object]:
        with closing(sqlite3.connect(django_db, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            outcomes: list[object] = []
            for _ in range(2):
                tries = (journal.write(an_entry(number)) for number in range(10))
                outcomes += await asyncio.gather(*tries, return_exceptions=True)
        await asyncio.gather(*(journal.write(an_entry(100 + number)) for number in range(10)))
        return outcomes

    outcomes = with_journal(django_db, write)
    assert len(outcomes) == 20
    assert all(isinstance(outcome, JournalUnavailable) for outcome in outcomes)
    assert [row.dedupe_key for row in journaled()] == [str(100 + number) for number in range(10)]
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


def test_a_short_lock_is_waited_for(django_db: Path) -> None:
    connect()

    async def write(journal: Journal) -> None:
        with closing(sqlite3.connect(django_db, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            writing = asyncio.create_task(journal.write(an_entry()))
            await asyncio.sleep(0.2)
            other.execute("COMMIT")
        await writing

    with_journal(django_db, write)
    assert len(journaled()) == 1


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    async def write(journal: Journal) -> None:
        await journal.write(an_entry())

    with pytest.raises(JournalUnavailable):
        with_journal(tmp_path / "no such folder" / "x.sqlite3", write)
    with pytest.raises(JournalUnavailable):
        with_journal(tmp_path / "none.sqlite3", write)
    assert not list(tmp_path.iterdir())


def test_more_than_may_wait_is_refused_and_what_waits_is_written(
    django_db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect()
    monkeypatch.setattr(journal_module, "MOST_WAITING_BYTES", 10 * (1000 + journal_module.ENTRY_BYTES))

    async def write(journal: Journal) -> list[object]:
        entries = (an_entry(number, body=b" " * 1000) for number in range(12))
        return list(await asyncio.gather(*(journal.write(entry) for entry in entries), return_exceptions=True))

    outcomes = with_journal(django_db, write)
    assert outcomes[:10] == [None] * 10
    assert [type(outcome) for outcome in outcomes[10:]] == [JournalUnavailable] * 2
    assert len(journaled()) == 10


def test_the_deliveries_of_a_deleted_connection_harm_no_others(django_db: Path) -> None:
    connect()

    async def write(journal: Journal) -> None:
        await asyncio.gather(journal.write(an_entry(1, connection=UUID(int=9))), journal.write(an_entry(2)))

    with_journal(django_db, write)
    assert [row.dedupe_key for row in journaled()] == ["2"]


def test_stop_writes_what_waits_and_takes_no_more(django_db: Path) -> None:
    connect()

    async def write() -> BaseException | None:
        journal = Journal(django_db)
        writing = [asyncio.create_task(journal.write(an_entry(number))) for number in range(30)]
        await asyncio.sleep(0)
        await journal.stop()
        await asyncio.gather(*writing)
        [late] = await asyncio.gather(journal.write(an_entry(99)), return_exceptions=True)
        return late

    assert isinstance(asyncio.run(write()), JournalUnavailable)
    assert len(journaled()) == 30


def test_a_reader_that_fails_harms_no_writer(django_db: Path) -> None:
    connect()

    def fail() -> None:
        raise RuntimeError("A fault of the reader.")

    async def write() -> None:
        reported: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
        journal = Journal(django_db, on_committed=fail)
        for number in range(3):
            await journal.write(an_entry(number))
        await journal.stop()
        assert len(reported) == 3

    asyncio.run(write())
    assert len(journaled()) == 3


def test_a_writer_that_gives_up_harms_no_others(django_db: Path) -> None:
    connect()

    async def write(journal: Journal) -> None:
        writing = [asyncio.create_task(journal.write(an_entry(number))) for number in range(3)]
        await asyncio.sleep(0)
        writing[1].cancel()
        outcomes = await asyncio.gather(*writing, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [type(None), asyncio.CancelledError, type(None)]

    with_journal(django_db, write)
    assert {"0", "2"} <= {row.dedupe_key for row in journaled()}
