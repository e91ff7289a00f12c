"""`handover connection …`: the webhook's states from a shell."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from handover.configuration.store import current
from handover.connections import webhook
from handover.connections.commands import connection
from handover.connections.models import Connection
from handover.jira.webhook_records import EVENTS
from tests.configured import add_jira, configured
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
    ("state", "deed", "words"),
    [
        ("none", "activate", "run `handover connection prepare`"),
        ("none", "pause", "run `handover connection prepare`"),
        ("none", "resume", "run `handover connection prepare`"),
        ("none", "rotate", "It has no secret yet: run `handover connection prepare`"),
        ("prepared", "pause", "and then run `handover connection activate`"),
        ("prepared", "resume", "and then run `handover connection activate`"),
        ("active", "activate", "It is active already."),
        ("active", "resume", "It is active already."),
        ("paused", "pause", "`handover connection resume` starts what waits"),
        ("paused", "activate", "`handover connection resume` starts what waits"),
    ],
)
def test_what_cannot_be_done_is_told_with_the_next_step(world: World, state: str, deed: str, words: str) -> None:
    Connection.objects.filter(id=world.connection.id).update(webhook_state=state)
    told = command(deed, world.base_url)
    assert (told.exit_code, words in told.output) == (1, True)
    assert world.connection.webhook_state == state


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
    listed = command("list").output
    assert str(world.connection.id) in listed
    assert "/integration/" not in listed, "an address is shown whole or not at all"
    configured(jira=[])
    [row] = json.loads(command("list", "--json").output)
    assert row["enabled"] is False


# Adding one


def add(world: World, *further: str, base_url: str = "", token: str | bytes | None = None) -> Result:
    given = world.jira.token_for(world.people.bot) if token is None else token
    arguments = ["add", "--base-url", base_url or world.base_url, "--token-file", "-", *further]
    return CliRunner().invoke(connection, arguments, input=given)


def test_a_connection_is_added_ready_for_its_webhook(world: World) -> None:
    told = add(world)
    assert told.exit_code == 0, told.output
    row = Connection.objects.get()
    assert row.webhook_state == "active"
    assert row.webhook_secret in told.output
    assert world.url in told.output
    assert (row.bot_name, row.bot_key) == ("openhands", "JIRAUSER10001")


def test_one_that_is_there_keeps_how_its_members_link(world: World) -> None:
    client = {"client_id": "handover", "client_secret": "secret-of-Jira"}
    add_jira(world.base_url, linking="oauth", scope="WRITE", mention="@robot", bot_email="bot@acme.example", **client)
    token = world.jira.token_for(world.people.bot)
    assert add(world, token=token).exit_code == 0
    [host] = current().jira
    assert (host.linking, host.scope, host.mention, host.bot_email) == ("oauth", "WRITE", "@robot", "bot@acme.example")
    assert (host.pat.clear(), host.client_secret.clear()) == (token, client["client_secret"])


def test_a_new_one_is_linked_by_address(world: World) -> None:
    configured(jira=[])
    assert add(world).exit_code == 0
    [host] = current().jira
    assert (host.base_url, host.linking, host.bot_email) == (world.base_url, "email", world.people.bot.email)


@pytest.mark.parametrize(
    ("base_url", "words"),
    [
        ("jira.example.com", "Write it like https://jira.example.com."),
        (" ", "Give the address. Write it like https://jira.example.com."),
        ("https://a…b.example", "Write it like https://jira.example.com."),
        ("https://ada:secret@jira.example.com", "like https://jira.example.com"),
    ],
)
def test_an_address_that_is_none_is_told_with_the_example(world: World, base_url: str, words: str) -> None:
    told = add(world, base_url=base_url)
    assert (told.exit_code, words in told.output, "handover.example.com" in told.output) == (1, True, False)


def test_a_jira_that_is_not_reached_is_not_blamed_on_the_token(world: World) -> None:
    told = add(world, base_url="http://127.0.0.1:1/jira")
    assert told.exit_code == 1
    assert told.output.startswith("Error: http://127.0.0.1:1/jira cannot be reached")
    assert "token" not in told.output


def test_a_token_that_is_refused_is(world: World) -> None:
    told = add(world, token="unknown")
    assert (told.exit_code, f"{world.base_url} does not accept the token" in told.output) == (1, True)
    assert told.output.count("does not accept the token") == 1
    world.jira.faults.add(path="/myself", status=403, body=b'{"message": "Not today."}')
    told = add(world)
    assert (told.exit_code, "does not say whose the token is: Not today." in told.output) == (1, True)


@pytest.mark.parametrize("token", ["", "two words", "a\nb", "a…b", b"\xff\xfe", "x\x00y"])
def test_a_file_without_a_token_is_told(world: World, token: str | bytes) -> None:
    told = add(world, token=token)
    assert (told.exit_code, "is one word of ASCII letters" in told.output) == (1, True)
    assert not world.jira.requests


def test_a_file_as_an_editor_on_windows_writes_it(world: World) -> None:
    token = world.jira.token_for(world.people.bot)
    assert add(world, token=f"\ufeff{token}\r\n".encode()).exit_code == 0


# For scripts


def test_what_is_entered_in_jira_comes_as_json(world: World) -> None:
    def details(told: Result) -> dict[str, Any]:
        assert told.exit_code == 0, told.output
        found: dict[str, Any] = json.loads(told.stdout)
        assert (found["base_url"], found["events"]) == (world.base_url, world.url)
        assert found["secret"] == world.connection.webhook_secret
        assert found["webhook_events"] == list(EVENTS)
        return found

    assert details(command("prepare", world.base_url, "--json"))["webhook"] == "prepared"
    first = details(add(world, "--json"))
    assert (first["webhook"], first["bot"]) == ("active", "openhands")
    second = details(command("rotate", world.base_url, "--json"))
    assert second["secret"] != first["secret"]
    again = command("rotate", world.base_url, "--json")
    assert details(again)["secret"] == second["secret"]
    assert "A rotation is under way" in again.stderr


def test_what_a_list_cuts_shows_that_it_is_cut(world: World) -> None:
    Connection.objects.create(base_url=f"https://{'a' * 50}.acme.example/jira")
    assert f"https://{'a' * 50}.…" in command("list").output
