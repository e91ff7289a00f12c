"""What was changed a moment ago holds for the next delivery: Jira never sends again what it is told no for.

The door looks once a second by itself; here that second has just begun.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import pytest
from asgiref.sync import sync_to_async
from django.db import DatabaseError

from handover.configuration.vault import keyring
from handover.connections import webhook
from handover.connections.models import Connection
from handover.door import connections as door_connections
from handover.door.app import Door
from handover.door.connections import STRANGER, Connections, Known, Stored
from handover.door.journal import Journal
from handover.door.keeping import Keeping
from handover.door.opening import opened
from handover.door.tally import Tally
from handover.jira.signature import signed
from handover.lib.keys import KeyFile
from tests.configured import add_jira
from tests.unit.door_world import ID, JIRA, PATH, SECRET, Answer, ask, comment, connect, journaled
from tests.unit.webhook_world import World
from tests.unit.webhook_world import connected as with_webhook

T = TypeVar("T")
NEW = "the secret of a moment ago"


class Readings:
    """What the door reads: as the database would have it, counted."""

    def __init__(self, *, secret: str = SECRET) -> None:
        self.count = 0
        self.secret = secret
        self.error: Exception | None = None
        self.seconds = 0.0

    def __call__(self) -> Mapping[str, Known]:
        self.count += 1
        found = {PATH: Known(id=ID, secret=self.secret, watch=STRANGER.watch, links=f"{JIRA}/")}
        time.sleep(self.seconds)
        if self.error:
            raise self.error
        return found


def at_the_door(database: Path, reading: Callable[[], Mapping[str, Known]], use: Callable[[Door], Awaitable[T]]) -> T:
    """What `use` gives with a door that has just looked, and looks again only when it is asked."""

    async def opened() -> T:
        connections, journal = Connections(reading), Journal(database)
        await connections.refresh()
        try:
            return await use(Door(journal, connections, Tally()))
        finally:
            await journal.stop()

    return asyncio.run(opened())


async def sent(door: Door, secret: str, *, number: int = 1, path: str = PATH, base_url: str = JIRA) -> Answer:
    body = comment(number=number, base_url=base_url)
    return await ask(door, body, signature=signed(secret, body).encode(), path=path)


# By what an administrator does


@pytest.fixture
def world(django_db: Path) -> Iterator[World]:
    with with_webhook() as world:
        yield world


def secret_in_jira(world: World) -> str:
    [hook] = world.jira.hooks.all()
    assert hook.secret
    return hook.secret


def delivered_after(world: World, database: Path, deed: Callable[[], object], *, deliveries: int = 5) -> list[int]:
    """Jira delivers at once when the deed is done, with the secret that it has by then."""
    path, base_url = world.connection.events_path, world.base_url

    async def use(door: Door) -> list[int]:
        await sync_to_async(deed)()
        secret = secret_in_jira(world)
        answers = [sent(door, secret, number=number, path=path, base_url=base_url) for number in range(deliveries)]
        return [answer.status for answer in await asyncio.gather(*answers)]

    return at_the_door(database, Stored(), use)


def test_nothing_is_lost_when_the_secret_is_rotated_in_jira(world: World, django_db: Path) -> None:
    world.install()
    answered = delivered_after(world, django_db, lambda: world.ask("rotate-in-jira", token=world.token()))
    assert answered == [200] * 5
    assert [row.state for row in journaled()] == ["received"] * 5


def test_nothing_is_lost_when_the_webhook_was_just_installed(world: World, django_db: Path) -> None:
    assert delivered_after(world, django_db, world.install) == [200] * 5
    assert [row.state for row in journaled()] == ["received"] * 5


def test_active_from_now_on_means_now(world: World, django_db: Path) -> None:
    world.install()
    Connection.objects.update(webhook_state=Connection.Webhook.PREPARED)
    assert delivered_after(world, django_db, lambda: world.ask("activate")) == [200] * 5
    assert [row.state for row in journaled()] == ["received"] * 5


def test_so_does_switching_the_integration_on_in_another_process(
    world: World, django_db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.install()
    add_jira(world.base_url, enabled=False)

    def elsewhere() -> None:
        with monkeypatch.context() as another:
            another.setattr("handover.configuration.store.refresh", lambda: None)
            add_jira(world.base_url, enabled=True)

    assert delivered_after(world, django_db, elsewhere) == [200] * 5
    assert [row.state for row in journaled()] == ["received"] * 5


def test_the_whole_door_misses_nothing_in_the_second_after_a_rotation(world: World, django_db: Path) -> None:
    world.install()
    path, base_url = world.connection.events_path, world.base_url

    async def use() -> list[int]:
        async with opened(django_db, on_journaled=lambda: None) as door:
            await asyncio.to_thread(lambda: world.ask("rotate-in-jira", token=world.token()))
            answers = []
            for number in range(12):
                answer = await sent(door, secret_in_jira(world), number=number, path=path, base_url=base_url)
                answers.append(answer.status)
                await asyncio.sleep(0.1)
            return answers

    assert asyncio.run(use()) == [200] * 12


# What it costs


def test_what_is_taken_reads_nothing(django_db: Path) -> None:
    connect()
    readings = Readings()

    async def use(door: Door) -> list[int]:
        return [(await sent(door, SECRET, number=number)).status for number in range(20)]

    assert at_the_door(django_db, readings, use) == [200] * 20
    assert readings.count == 1


def test_whoever_sends_a_thousand_has_the_database_read_some_times(django_db: Path) -> None:
    connect()
    readings = Readings()

    async def use(door: Door) -> float:
        began = time.monotonic()
        for _ in range(5):
            unknown = PATH.replace("1", "2")
            await asyncio.gather(*(sent(door, "wrong", path=path) for path in (PATH, unknown) for _ in range(100)))
        return time.monotonic() - began

    seconds = at_the_door(django_db, readings, use)
    assert readings.count <= 1 + 5 + seconds / door_connections.APART_SECONDS
    assert readings.count < 100


def test_jira_is_heard_among_them(django_db: Path) -> None:
    connect()
    readings = Readings()

    async def use(door: Door) -> int:
        others = [asyncio.create_task(sent(door, "wrong")) for _ in range(50)]
        await asyncio.sleep(0)
        readings.secret = NEW
        answer = await sent(door, NEW)
        assert {other.status for other in await asyncio.gather(*others)} == {403}
        return answer.status

    assert at_the_door(django_db, readings, use) == 200


def test_an_unknown_connection_costs_what_a_wrong_signature_costs(django_db: Path) -> None:
    """Else a stranger could find out which connections there are."""
    connect()

    def readings_of(path: str) -> int:
        readings = Readings()

        async def use(door: Door) -> None:
            for _ in range(3):
                assert (await sent(door, "wrong", path=path)).status == 403

        at_the_door(django_db, readings, use)
        return readings.count

    assert readings_of(PATH) == readings_of(PATH.replace("1", "2")) == 4


def test_a_reading_that_began_before_it_does_not_count(django_db: Path) -> None:
    connect()
    readings = Readings()

    async def use(door: Door) -> int:
        readings.seconds = 0.2
        earlier = asyncio.create_task(sent(door, "wrong"))
        await asyncio.sleep(0.1)
        readings.secret = NEW
        answer = await sent(door, NEW)
        await earlier
        return answer.status

    assert at_the_door(django_db, readings, use) == 200


@pytest.mark.parametrize("error", [DatabaseError("locked"), None], ids=["fails", "takes too long"])
def test_a_database_that_does_not_answer_is_not_waited_for(
    django_db: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception | None
) -> None:
    monkeypatch.setattr(door_connections, "PATIENCE_SECONDS", 0.1)
    connect()
    readings = Readings()

    async def use(door: Door) -> list[int]:
        readings.error, readings.seconds = error, 0.0 if error else 0.5
        return [(await sent(door, secret)).status for secret in ("wrong", SECRET)]

    assert at_the_door(django_db, readings, use) == [403, 200]
    assert [record.levelname for record in caplog.records] == (["ERROR"] if error else [])


# Its keeping


def test_without_its_keys_for_a_moment_the_door_goes_on(django_db: Path, caplog: pytest.LogCaptureFixture) -> None:
    connection = connect()
    ring = keyring()
    assert isinstance(ring, KeyFile)
    away = ring.path.with_suffix(".away")

    async def use() -> list[int]:
        connections, tally, journal = Connections(Stored()), Tally(), Journal(django_db)
        await connections.refresh()
        keeping, door = Keeping(connections, tally), Door(journal, connections, tally)
        ring.path.rename(away)
        try:
            await Connection.objects.aupdate(bot_name="changed")
            for _ in range(3):
                await keeping.once()
            said = [(await sent(door, SECRET)).status]
        finally:
            away.rename(ring.path)
        assert await sync_to_async(webhook.rotate)(connection)
        await keeping.once()
        said.append((await sent(door, connection.webhook_secret, number=2)).status)
        await journal.stop()
        return said

    assert asyncio.run(use()) == [200, 200]
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_so_does_its_work_every_second(
    django_db: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    monkeypatch.setattr("handover.door.keeping.EVERY_SECONDS", 0.01)
    ring = keyring()
    assert isinstance(ring, KeyFile)
    away = ring.path.with_suffix(".away")

    async def use() -> int:
        async with opened(django_db, on_journaled=lambda: None) as door:
            ring.path.rename(away)
            try:
                await sync_to_async(Connection.objects.create)(
                    id=ID, base_url=JIRA, sealed_webhook_secret="sealed", webhook_state=Connection.Webhook.ACTIVE
                )
                await asyncio.sleep(0.2)
            finally:
                away.rename(ring.path)
            await Connection.objects.all().adelete()
            await sync_to_async(connect)()
            await asyncio.sleep(0.2)
            known = door._connections.at(PATH)
            return int(known is not STRANGER)

    assert asyncio.run(use()) == 1
    assert len(caplog.records) == 1
