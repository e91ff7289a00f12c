"""A webhook is paused, its secret rotated: what Jira delivers meanwhile is never lost."""

import time

import httpx

from standins.jira.hooks import Webhook
from standins.jira.post import signature
from tests.stories.world import World


def hook_of(world: World) -> Webhook:
    events = world.rehearsal.connection["events_path"]
    return next(hook for hook in world.jira.hooks.all() if hook.url.endswith(events))


def connection(world: World, deed: str) -> str:
    return world.rehearsal.command("connection", deed, world.rehearsal.at.jira)


def last_answer(world: World) -> int | None:
    world.eventually(world.jira.idle, "all deliveries are made")
    return hook_of(world).deliveries[-1].status


def test_what_is_asked_during_a_pause_starts_when_it_is_resumed(world: World) -> None:
    connection(world, "pause")
    try:
        time.sleep(1.5)
        world.ask()
        assert last_answer(world) == 200
        # Longer than the intake takes to look again.
        time.sleep(2.5)
        assert world.runs() == []
        assert world.command("connection", "show", world.rehearsal.at.jira)["waiting"] >= 1
    finally:
        connection(world, "resume")
    assert world.ended().cause == "pull-request"


def test_a_secret_is_rotated_under_deliveries(world: World) -> None:
    hook = hook_of(world)
    former = hook.secret
    connection(world, "rotate")
    new = world.command("connection", "show", world.rehearsal.at.jira)["secret"]
    time.sleep(1.5)
    first = world.new_issue(f"Repository: {world.repository}")
    world.ask("@openhands [script:ask] go", issue=first)
    assert last_answer(world) == 200, "Jira does not have the new secret yet"
    hook.configuration["SECRET"] = world.rehearsal.credentials["webhook"] = new
    world.ask("@openhands [script:ask] go")
    assert last_answer(world) == 200
    world.eventually(lambda: _shown(world)["rotating_until"] == "", "the former secret is forgotten")
    # Not by Jira: its breaker would open.
    body = hook.deliveries[-1].body
    answers = [_posted(hook.url, body, secret) for secret in (former, new)]
    assert answers == [403, 200]
    assert [world.ended(issue).cause for issue in (first, "")] == ["asks", "asks"]


def _posted(url: str, body: bytes, secret: str) -> int:
    headers = {"Content-Type": "application/json", "X-Hub-Signature": signature(secret, body)}
    return httpx.post(url, content=body, headers=headers, trust_env=False).status_code


def _shown(world: World) -> dict[str, str]:
    found: dict[str, str] = world.command("connection", "show", world.rehearsal.at.jira)
    return found
