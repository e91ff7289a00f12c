"""What the door refuses and drops is counted by its reason, written down beside it, and never grows without end."""

import asyncio
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection as database

from handover.connections import reasons
from handover.connections.models import DoorTally
from handover.door import tally as tally_module
from handover.door.app import Door
from handover.door.connections import Connections, Stored
from handover.door.keeping import Keeping
from handover.door.tally import BEYOND, Tally
from handover.jira.signature import signed
from handover.lib import clock
from tests.unit.door_world import ID, PATH, SECRET, ask, comment, connect, with_door

NOBODY = UUID(int=0)
REFUSALS: dict[str, dict[str, Any]] = {
    reasons.UNSIGNED: {"signature": b""},
    reasons.EMPTY: {"signature": b"", "body": b""},
    reasons.SEVERAL: {"headers": ((b"x-hub-signature", b"sha256=0"),)},
    reasons.ANOTHER_SECRET: {"signature": signed("another", comment()).encode()},
    reasons.NOT_JSON: {"body": b"[1]"},
}


def keeping_of(tally: Tally) -> Keeping:
    return Keeping(Connections(Stored()), tally)


def write_down(tally: Tally) -> None:
    asyncio.run(keeping_of(tally).write_down())


def kept() -> list[tuple[UUID, str, str, str, int]]:
    rows = DoorTally.objects.order_by("id")
    return [(row.connection_id, row.outcome, row.event, row.reason, row.count) for row in rows]


@pytest.mark.parametrize("reason", REFUSALS)
def test_each_refusal_has_its_reason(django_db: Path, reason: str) -> None:
    connect()
    asked = {"body": comment(), **REFUSALS[reason]}

    async def use(door: Door) -> list[tuple[object, ...]]:
        await ask(door, **asked)
        return [(*kind, counted.count) for kind, counted in door.tally.counts.items()]

    assert with_door(django_db, use) == [(ID, "refused", "", reason, 1)]


def test_whoever_asks_for_no_connection_is_one_row(django_db: Path) -> None:
    connect()

    async def use(door: Door) -> Tally:
        async def asked(number: int) -> None:
            path = PATH.replace(str(ID), str(uuid4()) if number % 2 else "x" * number)
            headers = [(b"x-event-key", f"event-{number}".encode())]
            signature = (b"", b"sha256=0", signed(SECRET, comment()).encode())[number % 3]
            await ask(door, comment(), path=path, signature=signature, headers=headers)

        await asyncio.gather(*(asked(number) for number in range(50)))
        return door.tally

    tally = with_door(django_db, use)
    write_down(tally)
    assert kept() == [(NOBODY, "refused", "", reasons.UNKNOWN, 50)]


def test_counts_are_added_up_with_the_first_and_the_last_time(django_db: Path) -> None:
    tally, before = Tally(), clock.now()
    for _ in range(3):
        tally.add(ID, "ignored", "comment_created", "No mention in the comment.")
    write_down(tally)
    between = clock.now()
    tally.add(ID, "ignored", "comment_created", "No mention in the comment.")
    tally.add(ID, "ignored", "comment_updated", "No mention in the comment.")
    write_down(tally)
    first, second = DoorTally.objects.order_by("id")
    assert (first.count, second.count) == (4, 1)
    assert before <= first.first_at <= between <= first.last_at <= clock.now()


def test_nothing_is_written_where_nothing_was_counted(django_db: Path) -> None:
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(database) as queries:
        write_down(Tally())
    assert len(queries) == 0


def numbered(tally: Tally, numbers: Iterable[int]) -> None:
    for number in numbers:
        tally.add(ID, "ignored", f"event-{number}", "Handover does not use it.")


def test_kinds_are_bounded_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally_module, "MOST_KINDS", 10)
    tally = Tally()
    numbered(tally, range(100))
    assert len(tally.counts) == 11
    assert sum(counted.count for counted in tally.counts.values()) == 100
    [beyond] = [counted for kind, counted in tally.counts.items() if kind.reason == BEYOND]
    assert beyond.count == 90


def test_kinds_are_bounded_in_the_database(django_db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handover.door.keeping.MOST_KINDS", 10)
    for first in (0, 8, 16, 24):
        tally = Tally()
        numbered(tally, range(first, first + 8))
        write_down(tally)
    rows = kept()
    assert (len(rows), sum(row[-1] for row in rows)) == (11, 32)
    assert (rows[-1][3], rows[-1][-1]) == (BEYOND, 22)


def test_what_cannot_be_written_waits_bounded(
    django_db: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tally_module, "MOST_KINDS", 10)
    caplog.set_level(logging.INFO)
    tally = Tally()

    async def use() -> None:
        from asgiref.sync import sync_to_async

        keeping = keeping_of(tally)
        await sync_to_async(_rename)("handover_doortally", "away")
        for first in range(0, 40, 8):
            numbered(tally, range(first, first + 8))
            await keeping.write_down()
        await sync_to_async(_rename)("away", "handover_doortally")
        assert len(tally.counts) <= 11
        await keeping.write_down()

    asyncio.run(use())
    assert sum(row[-1] for row in kept()) == 40
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def _rename(before: str, after: str) -> None:
    with database.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {before} RENAME TO {after}")
