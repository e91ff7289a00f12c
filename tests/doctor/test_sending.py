"""A test through Jira: how long it took, or why it did not come. Its comment is always deleted."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from handover import settings
from handover.configuration import vault
from handover.connections.models import Connection
from handover.doctor.sending import Arrived, Lost, send, told
from handover.lib.keys import KeyFile
from handover.runs.models import Run
from handover.triggers.models import Delivery
from tests.doctor.test_faults import HTML, breaker, hook, sealed_by_another_key
from tests.doctor.world import World, served

FEW = 1.5  # the door writes down every second what it refuses


@pytest.fixture
def world(django_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with served(World(tmp_path), monkeypatch) as world:
        yield world


def sent(world: World, issue: str = "PAY-1", *, wait: float = FEW) -> Arrived | Lost:
    return asyncio.run(send(world.connection, issue, wait=wait))


def in_the_smallest_role(world: World) -> None:
    """Jira takes the first comment that is tried."""
    world.jira.issues.projects["PAY"].roles["Administrators"] = frozenset({world.bot.key})


def comments_written(world: World) -> int:
    return sum(request.method == "POST" and request.path.endswith("/comment") for request in world.jira.requests)


def comments_deleted(world: World) -> int:
    return sum(request.method == "DELETE" and "/comment/" in request.path for request in world.jira.requests)


def test_it_arrives_restricted_and_is_deleted(world: World) -> None:
    outcome = sent(world, wait=20)
    assert isinstance(outcome, Arrived)
    assert 0 <= outcome.seconds < 10
    assert outcome.seen_by == "the role Developers"
    assert world.jira.comments("PAY-1") == []
    assert "deleted" in told(outcome).found
    assert told(outcome).ok
    assert not Run.objects.exists()


@pytest.mark.parametrize("state", [Connection.Webhook.PAUSED, Connection.Webhook.PREPARED])
def test_it_arrives_while_nothing_would_start(world: World, state: str) -> None:
    Connection.objects.update(webhook_state=state)
    assert isinstance(sent(world, wait=20), Arrived)


LOST: dict[str, tuple[Callable[[World], object], str, str]] = {
    "webhook missing": (
        lambda world: world.jira.hooks.remove(world.jira.hooks.all()[0]),
        "no webhook that delivers to",
        "Install it automatically",
    ),
    "webhook switched off": (hook(active=False), "switched off in Jira", "install it automatically"),
    "another secret": (
        hook(configuration={"SECRET": "another", "EXCLUDE_BODY": "false"}),
        "signature made with another secret",
        "Copy the secret",
    ),
    "breaker open": (breaker, "circuit breaker", "Jira's machine does not reach"),
}


@pytest.mark.parametrize("case", LOST)
def test_why_it_does_not_arrive(world: World, case: str) -> None:
    put_in, cause, next_step = LOST[case]
    put_in(world)
    outcome = sent(world)
    assert isinstance(outcome, Lost)
    assert cause in outcome.cause
    assert next_step in outcome.next_step
    assert outcome.left == ""
    assert [one for one in world.jira.comments("PAY-1") if one.author.key == world.bot.key] == []
    assert not told(outcome).ok


def slow(app: Any) -> Any:
    async def later(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(1.0)
        await app(scope, receive, send)

    return later


def test_a_delivery_that_comes_too_late(django_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path)
    with served(world, monkeypatch, around=slow):
        outcome = sent(world, wait=0.3)
    assert isinstance(outcome, Lost)
    assert outcome.cause == "No delivery came within 0 seconds."
    assert "queue of webhooks" in outcome.next_step


def test_an_issue_that_the_service_account_does_not_see(world: World) -> None:
    outcome = sent(world, "PAY-99")
    assert isinstance(outcome, Lost)
    assert "finds no issue PAY-99" in outcome.cause


def test_secrets_that_cannot_be_read(world: World) -> None:
    sealed_by_another_key(world)
    outcome = sent(world)
    assert isinstance(outcome, Lost)
    assert "HANDOVER_SECRET_KEYS" in outcome.next_step


def test_keys_that_cannot_be_read(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(vault, "_keyring", KeyFile(tmp_path / "gone.key"))
    outcome = sent(world)
    assert isinstance(outcome, Lost)
    assert "gone.key" in outcome.cause
    assert comments_written(world) == 0


def test_a_service_account_that_may_restrict_nothing(world: World) -> None:
    world.jira.change_user(world.bot, groups=frozenset())
    project = world.jira.issues.projects["PAY"]
    project.roles.clear()
    outcome = sent(world)
    assert isinstance(outcome, Lost)
    assert "no restricted comment" in outcome.cause
    assert world.jira.comments("PAY-1") == []


def test_a_comment_whose_answer_is_lost_is_deleted(world: World) -> None:
    in_the_smallest_role(world)
    world.jira.faults.add(method="POST", path=r"/comment$", lose=True, after=True, times=2)
    outcome = sent(world)
    assert isinstance(outcome, Lost)
    assert (comments_written(world), comments_deleted(world)) == (1, 1)
    assert world.jira.comments("PAY-1") == []


def test_a_comment_whose_answer_is_no_jiras_is_deleted(world: World) -> None:
    """A sign-in page in the place of the answer: Jira has made the comment all the same."""
    in_the_smallest_role(world)
    page = b"<title>Log in</title>"
    world.jira.faults.add(method="POST", path=r"/comment$", after=True, status=200, headers=HTML, body=page)
    outcome = sent(world)
    assert isinstance(outcome, Lost)
    assert "not with JSON" in outcome.cause
    assert (comments_written(world), comments_deleted(world)) == (1, 1)
    assert world.jira.comments("PAY-1") == []


def test_a_comment_that_may_be_left_is_told(world: World) -> None:
    in_the_smallest_role(world)
    world.jira.faults.add(method="POST", path=r"/comment$", lose=True, after=True)
    world.jira.faults.add(method="DELETE", path=r"/comment/", status=403)
    outcome = sent(world)
    assert isinstance(outcome, Lost)
    assert "The test's comment may be left on PAY-1: look there" in outcome.cause
    assert len(world.jira.comments("PAY-1")) == 1


def test_who_leaves_while_the_comment_is_written_leaves_nothing_behind(world: World) -> None:
    in_the_smallest_role(world)
    world.jira.faults.add(method="POST", path=r"/comment$", after=True, hold=True, times=1)
    connection = world.connection

    async def left() -> None:
        sending = asyncio.create_task(send(connection, "PAY-1", wait=20))
        async with asyncio.timeout(10):
            while not world.jira.comments("PAY-1"):  # noqa: ASYNC110  Jira has no event for it
                await asyncio.sleep(0.02)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending

    asyncio.run(left())
    assert world.jira.comments("PAY-1") == []


def test_a_comment_that_cannot_be_deleted_is_told(world: World) -> None:
    world.jira.faults.add(method="DELETE", path=r"/comment/", status=403)
    outcome = sent(world, wait=20)
    assert isinstance(outcome, Arrived)
    (comment,) = world.jira.comments("PAY-1")
    assert f"comment {comment.id} on PAY-1 could not be deleted" in outcome.left
    assert not told(outcome).ok


def test_a_deletion_that_fails_once_is_tried_again(world: World) -> None:
    world.jira.faults.add(method="DELETE", path=r"/comment/", status=503, times=1)
    outcome = sent(world, wait=20)
    assert isinstance(outcome, Arrived)
    assert outcome.left == ""
    assert world.jira.comments("PAY-1") == []


def test_who_leaves_meanwhile_leaves_nothing_behind(world: World) -> None:
    world.jira.hooks.remove(world.jira.hooks.all()[0])

    connection = world.connection

    async def left() -> None:
        sending = asyncio.create_task(send(connection, "PAY-1", wait=20))
        async with asyncio.timeout(10):
            while not world.jira.comments("PAY-1"):  # noqa: ASYNC110  Jira has no event for it
                await asyncio.sleep(0.02)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending

    asyncio.run(left())
    assert world.jira.comments("PAY-1") == []


def test_a_test_delivery_starts_nothing(world: World) -> None:
    sent(world, wait=20)
    assert {delivery.state for delivery in Delivery.objects.all()} == {Delivery.State.IGNORED}
    assert settings.PUBLIC_URL in world.jira.deliveries[0].url
