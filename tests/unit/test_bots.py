"""Whose the bot's token is, is asked for ever: nothing that is stored, and nothing that is away, ends the asking."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection as database

from handover.configuration import store
from handover.configuration.models import Version
from handover.configuration.vault import keyring, vault
from handover.connections import bots
from handover.connections.models import Connection
from handover.lib import clock
from handover.lib.keys import KeyFile
from tests.configured import add_jira
from tests.unit.webhook_world import World, connected

NOWHERE = "http://127.0.0.1:1/jira"


@pytest.fixture
def world(django_db: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(bots, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(bots, "AGAIN_SECONDS", 0.1)
    with connected() as world:
        Connection.objects.update(bot_name="", bot_key="", bot_of="")
        yield world


def stored(*, base_url: str, pat: str) -> None:
    """A Jira in front of the others, as a version from before its fields were checked has it."""
    newest = Version.objects.order_by("-number")[0]
    entry = {**newest.document["jira"][0], "base_url": base_url}
    entry["pat"] = {"sealed": vault().seal(pat, address=base_url), "for": base_url}
    document = {**newest.document, "jira": [entry, *newest.document["jira"]]}
    Version.objects.create(number=newest.number + 1, at=clock.now(), by="an older one", document=document)
    assert store.refresh().jira[0].pat.clear() == pat


async def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not await asyncio.to_thread(true):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


def known(world: World) -> bool:
    return Connection.objects.get(base_url=world.base_url).bot_key == world.people.bot.key


def asking(then: Callable[[], bool]) -> bool:
    """Whether it still asks when this has become true."""

    async def asked() -> bool:
        task = asyncio.create_task(bots.keep_known())
        await until(then)
        await asyncio.sleep(0.3)
        alive = not task.done()
        task.cancel()
        return alive

    return asyncio.run(asked())


@pytest.mark.parametrize(
    ("base_url", "pat"),
    [
        pytest.param(NOWHERE, "good", id="a Jira that is away"),
        pytest.param(NOWHERE, "a…b", id="a token in other letters"),
        pytest.param(NOWHERE, "\ufeffa", id="a token behind a mark of order"),
        pytest.param(NOWHERE, "a\nb", id="a token in two lines"),
        pytest.param("https://a..b", "good", id="an address that is none"),
        pytest.param(f"https://{'a' * 80}.example", "good", id="a name that is too long"),
    ],
)
def test_one_that_cannot_be_asked_is_logged_once_and_the_others_are_asked(
    world: World, caplog: pytest.LogCaptureFixture, base_url: str, pat: str
) -> None:
    stored(base_url=base_url, pat=pat)
    assert asking(lambda: known(world))
    assert [record.levelname for record in caplog.records if record.name == bots.__name__] == ["ERROR"]
    assert base_url in caplog.text
    assert pat == "good" or pat not in caplog.text


def test_a_secret_of_another_key_is_logged_once(world: World, caplog: pytest.LogCaptureFixture) -> None:
    stored(base_url=NOWHERE, pat="good")
    newest = Version.objects.order_by("-number")[0]
    newest.document["jira"][0]["pat"]["sealed"] = "unreadable"
    Version.objects.create(number=newest.number + 1, at=clock.now(), by="a backup", document=newest.document)
    store.refresh()
    assert asking(lambda: known(world))
    assert caplog.text.count("sealed with a key that is not set here") == 1


def test_keys_that_are_away_for_a_moment(world: World, caplog: pytest.LogCaptureFixture) -> None:
    ring = keyring()
    assert isinstance(ring, KeyFile)
    away = ring.path.with_suffix(".away")
    ring.path.rename(away)

    def told() -> bool:
        return "holds the keys and cannot be read" in caplog.text

    try:
        assert asking(told)
    finally:
        away.rename(ring.path)
    assert asking(lambda: known(world))


def test_a_table_that_is_away_for_a_moment(world: World) -> None:
    add_jira(world.base_url, **{"pat": world.jira.token_for(world.people.bot), "bot_email": world.people.bot.email})
    with database.cursor() as cursor:
        cursor.execute("ALTER TABLE handover_connection RENAME TO away")

    def back() -> bool:
        with database.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO handover_connection")
        return True

    assert asking(back)
    assert asking(lambda: known(world))
