"""`handover connection …`: the webhook's states from a shell."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from handover.connections import webhook
from handover.connections.commands import connection
from handover.connections.models import Connection
from tests.configured import configured
from tests.unit.webhook_world import World, connected


@pytest.fixture
def world(django_db: Path) -> Iterator[World]:
    with connected() as world:
        yield world


def command(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(connection, list(arguments), input=given)


def shown(world: World) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(command("show", world.base_url, "--json").output)
    return found


def test_a_webhook_is_set_up_by_hand(world: World) -> None:
    assert (shown(world)["webhook"], "secret" in shown(world)) == ("none", False)
    told = command("prepare", world.base_url).output
    assert all(word in told for word in (world.url, world.connection.webhook_secret, "comment_created", "activate"))
    assert shown(world)["secret"] == world.connection.webhook_secret
    assert command("activate", str(world.connection.id)).output == "Active.\n"
    assert (shown(world)["webhook"], "secret" in shown(world)) == ("active", False)


def test_a_connection_is_paused_and_resumed(world: World) -> None:
    webhook.prepare(world.connection)
    webhook.activate(world.connection)
    assert "requests are kept and wait" in command("pause", f"{world.base_url}/").output
    assert shown(world)["webhook"] == "paused"
    assert "what waited starts now" in command("resume", world.base_url).output
    assert shown(world)["webhook"] == "active"


def test_a_secret_is_rotated(world: World) -> None:
    webhook.prepare(world.connection)
    webhook.activate(world.connection)
    former = world.connection.webhook_secret
    told = command("rotate", world.base_url).output
    assert world.connection.webhook_secret != former
    assert world.connection.webhook_secret in told
    assert shown(world)["rotating_until"].endswith(" UTC")
    again = command("rotate", world.base_url).output
    assert "A rotation is under way" in again
    assert world.connection.webhook_secret in again


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        ("activate", "run `handover connection prepare`"),
        ("pause", "It is not active."),
        ("resume", "It is not paused."),
        ("rotate", "It has no secret yet"),
    ],
)
def test_what_cannot_be_done_is_told(world: World, deed: str, words: str) -> None:
    told = command(deed, world.base_url)
    assert (told.exit_code, words in told.output) == (1, True)


def test_details_of_an_active_webhook_are_not_generated(world: World) -> None:
    webhook.prepare(world.connection)
    webhook.activate(world.connection)
    told = command("prepare", world.base_url)
    assert (told.exit_code, "handover connection rotate" in told.output) == (1, True)
    assert world.connection.webhook_secret not in told.output


@pytest.mark.parametrize("deed", ["show", "prepare", "activate", "pause", "resume", "rotate"])
def test_a_connection_that_is_not_there_is_told(world: World, deed: str) -> None:
    for reference in ("https://other.acme.example", "8f14e45f-ceea-4670-9bc9-0d6c3a4f2b11", "", "x"):
        told = command(deed, reference)
        assert (told.exit_code, "handover connection list" in told.output) == (1, True)


def test_the_list_tells_how_each_stands(world: World) -> None:
    [row] = json.loads(command("list", "--json").output)
    assert (row["base_url"], row["webhook"], row["enabled"], row["events"]) == (world.base_url, "none", True, world.url)
    configured(jira=[])
    [row] = json.loads(command("list", "--json").output)
    assert row["enabled"] is False


def test_a_connection_is_added_ready_for_its_webhook(world: World) -> None:
    token = world.jira.token_for(world.people.bot)
    told = command("add", "--base-url", world.base_url, "--token-file", "-", given=token)
    assert told.exit_code == 0, told.output
    row = Connection.objects.get()
    assert row.webhook_state == "active"
    assert row.webhook_secret in told.output
    assert (row.bot_name, row.bot_key) == ("openhands", "JIRAUSER10001")
