"""Which connections the door knows, and how soon."""

import asyncio
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.db import DatabaseError

from handover.connections import webhook
from handover.connections.models import Connection
from handover.door.connections import STRANGER, Connections, Known, Stored
from handover.door.opening import opened
from handover.lib import clock
from tests.configured import add_jira
from tests.unit.door_world import ID, JIRA, PATH, SECRET, ask, comment, connect


def test_a_connection_is_known_with_what_to_watch_for(django_db: Path) -> None:
    connect()
    known = Stored()()[PATH]
    assert (known.id, known.secret, known.links) == (ID, SECRET, f"{JIRA}/")
    assert (known.watch.mention, known.watch.label) == ("@openhands", "openhands")
    assert (known.watch.bot_name, known.watch.bot_key) == ("openhands", "JIRAUSER10001")


def test_changes_are_taken_up(django_db: Path) -> None:
    stored = Stored()
    assert stored() == {}
    connection = connect()
    first = stored()[PATH]
    assert stored()[PATH] is first
    Connection.objects.update(bot_key="JIRAUSER10002")
    assert stored()[PATH].watch.bot_key == "JIRAUSER10002"
    add_jira(JIRA, mention="@robot", label="robot")
    assert (stored()[PATH].watch.mention, stored()[PATH].watch.label) == ("@robot", "robot")
    connection.delete()
    assert stored() == {}


def test_a_secret_that_cannot_be_opened_leaves_out_its_connection_alone(
    django_db: Path, caplog: pytest.LogCaptureFixture
) -> None:
    connect()
    connect(id=UUID(int=2), base_url="https://other.acme.example")
    Connection.objects.filter(id=ID).update(sealed_webhook_secret="unreadable")
    stored = Stored()
    for _ in range(3):
        assert [known.id for known in stored().values()] == [UUID(int=2)]
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_a_secret_that_cannot_be_opened_for_a_moment_is_tried_again(
    django_db: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As while the keys are rotated: the row is sealed anew before this process has taken the new key up."""
    connection = connect()
    stored = Stored()
    known = stored()[PATH]
    Connection.objects.update(sealed_webhook_secret="sealed with a key that is not here yet")
    assert [stored()[PATH] for _ in range(2)] == [known, known]
    webhook_secret = connection.sealed_webhook_secret
    Connection.objects.update(sealed_webhook_secret=webhook_secret, bot_key="JIRAUSER10002")
    assert stored()[PATH].watch.bot_key == "JIRAUSER10002"
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_a_former_secret_that_cannot_be_opened_is_tried_again(django_db: Path) -> None:
    connection = connect()
    assert webhook.rotate(connection)
    sealed = connection.sealed_former_secret
    stored = Stored()
    Connection.objects.update(sealed_former_secret="unreadable")
    assert (stored()[PATH].secret, stored()[PATH].former_until) == (connection.webhook_secret, 0)
    Connection.objects.update(sealed_former_secret=sealed)
    assert stored()[PATH].former == SECRET


@pytest.mark.parametrize("before", ["nothing", "the lost secret"])
def test_a_rotation_mends_a_lost_key_without_a_restart(
    django_db: Path, caplog: pytest.LogCaptureFixture, before: str
) -> None:
    """The secret of before is lost with its key; the one that the administrator makes now is taken at once."""
    connection, stored = connect(), Stored()
    if before == "the lost secret":
        assert PATH in stored()
    connection.sealed_webhook_secret = "sealed with a key that is lost"
    connection.save()
    stored()
    assert webhook.rotate(connection)
    assert (stored()[PATH].secret, stored()[PATH].former_holds) == (connection.webhook_secret, False)
    caplog.clear()
    Connection.objects.update(former_secret_until=clock.now())
    assert stored()[PATH].secret == connection.webhook_secret
    assert Stored()()[PATH].secret == connection.webhook_secret
    assert not caplog.records


def test_an_empty_secret_leaves_out_its_connection(django_db: Path) -> None:
    connect(secret="")
    assert Stored()() == {}


def test_a_failed_refresh_keeps_what_was_known_and_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    known = Known(id=ID, secret=SECRET, watch=STRANGER.watch, links="")
    failing = False

    def read() -> Mapping[str, Known]:
        if failing:
            raise DatabaseError("no such table")
        return {PATH: known}

    async def refresh() -> None:
        nonlocal failing
        connections = Connections(read)
        assert connections.at(PATH) is STRANGER
        await connections.refresh()
        failing = True
        for _ in range(3):
            await connections.refresh()
            assert connections.at(PATH) is known

    asyncio.run(refresh())
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_a_new_connection_is_known_within_two_seconds(django_db: Path) -> None:
    async def wait() -> float:
        async with opened(django_db, on_journaled=lambda: None) as door:
            assert (await ask(door, comment())).status == 403
            await sync_to_async(connect)()
            began = time.monotonic()
            for _ in range(200):
                if (await ask(door, comment())).status == 200:
                    break
                await asyncio.sleep(0.02)
            return time.monotonic() - began

    assert asyncio.run(wait()) < 2
