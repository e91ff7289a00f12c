"""The webhook is installed in Jira with an administrator's token: found, made or put right, read back and judged."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from handover.jira.webhook_records import EVENTS
from tests.unit.webhook_world import World, connected, text_of

pytestmark = pytest.mark.usefixtures("django_db")


@pytest.fixture
def world(django_db: Path) -> Iterator[World]:
    with connected() as world:
        yield world


def how_it_stands(world: World) -> str:
    return world.connection.webhook_state


def test_a_webhook_is_installed(world: World) -> None:
    answer = world.install()
    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        f"/settings/integrations/jira-dc#webhook-{world.connection.id}",
    )
    hook = world.hook
    assert (hook.name, hook.events, hook.active, hook.scope) == ("OpenHands", list(EVENTS), True, "global")
    assert hook.configuration == {"SECRET": world.connection.webhook_secret, "EXCLUDE_BODY": "false"}
    assert (how_it_stands(world), world.connection.webhook_id) == ("active", str(hook.id))
    assert world.connection.activated_at
    said = world.told()
    assert said[0] == "Jira has the webhook “OpenHands” and delivers to Handover."
    assert "the first delivery proves it" in said[1]


def test_a_secret_that_jira_shows_needs_no_proof(world: World) -> None:
    world.jira.settings.webhooks.secret_shown = "clear"
    world.install()
    assert len(world.told()) == 1


def test_installing_again_changes_nothing_else(world: World) -> None:
    world.install()
    secret, first = world.connection.webhook_secret, world.hook.id
    world.install()
    assert (world.hook.id, world.connection.webhook_secret) == (first, secret)


def test_a_webhook_behind_a_hundred_others_is_found(world: World) -> None:
    for number in range(150):
        world.jira.register_webhook(f"https://elsewhere.example/{number}")
    old = world.jira.register_webhook(world.url, "an old secret", events=["comment_created"], name="By hand")
    old.active = False
    world.install()
    assert (world.hook.id, world.hook.name, world.hook.active) == (old.id, "OpenHands", True)
    assert world.hook.secret == world.connection.webhook_secret
    assert len(world.jira.hooks.all()) == 151


def test_a_webhook_of_an_earlier_public_url_is_put_right(world: World) -> None:
    former = f"https://former.acme.example{world.connection.events_path}"
    old = world.jira.register_webhook(former, "old")
    world.install()
    assert (world.hook.id, len(world.jira.hooks.all())) == (old.id, 1)


def test_a_second_webhook_to_the_same_address_is_named(world: World) -> None:
    for name in ("First", "Second", "Third"):
        world.jira.register_webhook(world.url, "old", name=name)
    world.install()
    said = " ".join(world.told())
    assert "“Second” (2), “Third” (3)" in said
    assert "Each delivers everything once more." in said
    assert [hook.name for hook in world.jira.hooks.all()] == ["OpenHands", "Second", "Third"]


NO_TOKENS = ["", " ", "two words", "ümlaut", "x" * 501, "line\nline", "\x00"]


@pytest.mark.parametrize("token", NO_TOKENS, ids=range(len(NO_TOKENS)))
def test_what_is_no_token_is_sent_nowhere(world: World, token: str) -> None:
    answer = world.install(token)
    assert answer.status_code == 422
    assert "Paste a personal access token" in text_of(answer)
    assert not [request for request in world.jira.requests if request.user != "openhands"]


@pytest.mark.parametrize("bad", ["anonymous", "refused"])
def test_a_token_that_jira_does_not_accept(world: World, bad: str) -> None:
    world.jira.settings.bad_token = bad  # type: ignore[assignment]
    answer = world.install("bm90IGEgdG9rZW4")
    assert answer.status_code == 422
    assert "Jira does not accept the token: it has ended, or not all of it was copied." in text_of(answer)
    assert "bm90IGEgdG9rZW4" not in answer.content.decode()
    assert how_it_stands(world) == "prepared"
    assert world.jira.hooks.all() == []


def test_a_token_that_may_not_administer(world: World) -> None:
    answer = world.install(world.jira.token_for(world.people.linked))
    assert "The token is Lina Linde's (lina), who is no Jira administrator." in text_of(answer)
    assert world.jira.hooks.all() == []


@pytest.mark.parametrize(("line", "words"), [("9.12", "This is Jira 9.12.15."), ("10.3", "This is Jira 10.3.6, but")])
def test_a_jira_without_the_api_is_named(django_db: Path, line: str, words: str) -> None:
    with connected(line) as world:
        if line == "10.3":
            world.jira.faults.add(path="/jira-webhook/", status=404)
        answer = world.install()
        assert answer.status_code == 422
        assert words in text_of(answer)
        assert how_it_stands(world) == "prepared"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"keeps_body": False}, "leaves out the body"),
        ({"secret_shown": "clear", "keeps_secret": False}, ""),
    ],
    ids=["the body did not take", "the secret did not take, and is not shown"],
)
def test_what_did_not_take_is_said(world: World, wrong: dict[str, object], words: str) -> None:
    for name, value in wrong.items():
        setattr(world.jira.settings.webhooks, name, value)
    answer = world.install()
    if words:
        assert answer.status_code == 422
        assert words in text_of(answer)
        assert how_it_stands(world) == "prepared"
    else:
        assert "the first delivery proves it" in " ".join(world.told())


def test_what_jira_keeps_otherwise_is_said(world: World) -> None:
    kept = b'{"id": 1, "url": "%s", "active": false, "events": ["comment_created"], "configuration": {"SECRET": ""}}'
    world.jira.faults.add(method="GET", path=r"/webhooks/1$", status=200, body=kept % world.url.encode())
    said = text_of(world.install())
    assert all(
        words in said for words in ("switched off", "does not tell of jira:issue_created", "secret did not take")
    )
    assert how_it_stands(world) == "prepared"


def test_when_jira_falls_in_the_middle_a_second_try_makes_nothing_twice(world: World) -> None:
    world.jira.faults.add(method="POST", path="/webhooks$", lose=True, after=True, times=1)
    answer = world.install()
    assert answer.status_code == 422
    assert "Try again in a while: nothing is created twice." in text_of(answer)
    assert (how_it_stands(world), world.hook.id) == ("prepared", 1)
    world.install()
    assert (how_it_stands(world), world.hook.id, len(world.jira.hooks.all())) == ("active", 1, 1)


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_wherever_an_answer_is_lost_trying_again_ends_well(world: World, method: str) -> None:
    world.jira.register_webhook(world.url, "old")
    world.jira.faults.add(method=method, path="/webhooks", lose=True, after=True, times=1)
    assert world.install().status_code == 422
    world.install()
    assert (how_it_stands(world), world.hook.secret) == ("active", world.connection.webhook_secret)


def test_a_write_that_is_answered_with_nothing_is_well(world: World) -> None:
    world.jira.settings.webhooks.bare_writes = True
    world.install()
    assert (how_it_stands(world), world.connection.webhook_id) == ("active", "1")


def test_a_login_page_is_named(world: World) -> None:
    headers = {"content-type": "text/html"}
    world.jira.faults.add(path="/myself", status=200, body=b"<html>Log in</html>", headers=headers)
    assert "answers 200 with text/html" in text_of(world.install())


def test_a_paused_connection_stays_paused(world: World) -> None:
    world.install()
    world.ask("pause")
    world.install()
    assert how_it_stands(world) == "paused"
