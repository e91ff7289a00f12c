"""The webhooks' API, call by call, against the stand-in over real HTTP; and answers that hold less than they should."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from handover.jira import webhook_bodies as bodies
from handover.jira.errors import JiraAnonymous, JiraMissing, JiraRefused, JiraUnavailable, JiraUnreadable
from handover.jira.webhook_bodies import AttemptBody, StatisticsBody, WebhookBody
from handover.jira.webhooks import EVENTS, NoSuchApi, Registered, Statistics, Wanted, Webhooks
from handover.lib import http
from standins.jira import StandInJira
from standins.jira.cast import People, acme
from standins.serving import Served

T = TypeVar("T")
Calls = Callable[[Webhooks], Awaitable[T]]
PATH = "/rest/jira-webhook/1.0/webhooks"
WANTED = Wanted(url="https://handover.acme.example/integration/jira-dc/connections/1/events", secret="geheim-ü")


@dataclass(frozen=True)
class World:
    """A Jira with the cast, and how its webhooks are called."""

    jira: StandInJira
    people: People
    url: str

    def call(self, calls: Calls[T], *, token: str | None = None, url: str = "") -> T:
        given = self.jira.token_for(self.people.administrator) if token is None else token

        async def called() -> T:
            async with http.client() as client:
                return await calls(Webhooks(url or self.url, given, http=client))

        return asyncio.run(called())

    def hooks(self, count: int) -> None:
        for number in range(count):
            self.jira.register_webhook(f"https://elsewhere.example/{number}", name=f"Other {number}")


@pytest.fixture
def world() -> Iterator[World]:
    with playing_jira() as world:
        yield world


class playing_jira:  # noqa: N801  reads as a call
    """A served Jira, of a line."""

    def __init__(self, line: str = "10.3") -> None:
        self._jira = StandInJira(line=line)
        self._served = Served(self._jira.app)

    def __enter__(self) -> World:
        return World(self._jira, acme(self._jira), f"{self._served.url}/jira")

    def __exit__(self, *_: object) -> None:
        self._served.stop()
        self._jira.close()


def test_a_webhook_is_made_as_jira_wants_it(world: World) -> None:
    hook_id = world.call(lambda hooks: hooks.create(WANTED))
    [hook] = world.jira.hooks.all()
    assert (str(hook.id), hook.name, hook.url, hook.events) == (hook_id, "OpenHands", WANTED.url, list(EVENTS))
    assert hook.configuration == {"SECRET": "geheim-ü", "EXCLUDE_BODY": "false"}
    assert (hook.active, hook.scope, hook.secret) == (True, "global", "geheim-ü")


def test_a_webhook_is_changed_and_read_back(world: World) -> None:
    hook = world.jira.register_webhook("https://old.example/", "old", events=["comment_created"], name="Old")
    world.call(lambda hooks: hooks.update(str(hook.id), WANTED))
    read = world.call(lambda hooks: hooks.read(str(hook.id)))
    assert read == Registered(
        id="1",
        name="OpenHands",
        url=WANTED.url,
        events=frozenset(EVENTS),
        active=True,
        scope="global",
        excludes_body=False,
        secret=None,
    )
    assert world.jira.hooks.all()[0].secret == "geheim-ü"


@pytest.mark.parametrize(("shown", "secret"), [("clear", "geheim-ü"), ("masked", "********"), ("hidden", None)])
def test_a_secret_may_be_shown(world: World, shown: str, secret: str | None) -> None:
    world.jira.settings.webhooks.secret_shown = shown  # type: ignore[assignment]
    hook_id = world.call(lambda hooks: hooks.create(WANTED))
    read = world.call(lambda hooks: hooks.read(hook_id))
    assert read.secret == secret
    assert "geheim" not in repr(read) + repr(WANTED)


def test_a_write_without_a_body_names_no_id(world: World) -> None:
    world.jira.settings.webhooks.bare_writes = True
    assert world.call(lambda hooks: hooks.create(WANTED)) == ""
    assert [hook.url for hook in world.jira.hooks.all()] == [WANTED.url]


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
@pytest.mark.parametrize(("most", "pages"), [(100, True), (7, True), (100, False)], ids=["as asked", "capped", "whole"])
def test_every_webhook_is_listed(world: World, count: int, most: int, pages: bool) -> None:
    world.hooks(count)
    world.jira.settings.webhooks.most_listed, world.jira.settings.webhooks.pages = most, pages
    listed = world.call(lambda hooks: hooks.listed())
    assert [hook.id for hook in listed] == [str(number) for number in range(1, count + 1)]


def test_a_list_that_does_not_end_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handover.jira.webhooks.MOST_PAGES", 3)
    world.hooks(400)
    with pytest.raises(JiraUnreadable, match="does not end: 300 were read"):
        world.call(lambda hooks: hooks.listed())


def test_who_may_not(world: World) -> None:
    with pytest.raises(JiraRefused, match="Administer Jira is required") as refused:
        world.call(lambda hooks: hooks.listed(), token=world.jira.token_for(world.people.bot))
    assert refused.value.status == 403
    with pytest.raises(JiraAnonymous):
        world.call(lambda hooks: hooks.listed(), token="expired")
    world.jira.settings.bad_token = "refused"
    with pytest.raises(JiraAnonymous):
        world.call(lambda hooks: hooks.create(WANTED), token="expired")
    assert world.jira.hooks.all() == []


def test_a_webhook_that_is_gone(world: World) -> None:
    for call in (lambda hooks: hooks.read("7"), lambda hooks: hooks.update("7", WANTED)):
        with pytest.raises(JiraMissing):
            world.call(call)


def test_an_older_jira_has_no_such_api() -> None:
    with playing_jira("9.12") as world, pytest.raises(NoSuchApi):
        world.call(lambda hooks: hooks.listed())


def test_statistics_and_the_last_attempt(world: World) -> None:
    hook = world.jira.register_webhook("http://127.0.0.1:9/", "s", events=["jira:issue_deleted"])
    assert world.call(lambda hooks: hooks.statistics("1")) == Statistics(0, 0, 0)
    world.jira.delete_issue("PAY-1")
    while not world.jira.idle():
        pass
    counted = world.call(lambda hooks: hooks.statistics(str(hook.id)))
    latest = counted.last_error
    assert latest is not None
    assert (latest.event, latest.outcome) == ("jira:issue_deleted", "ERROR")
    assert "ConnectError" in latest.description
    assert latest.at is not None
    assert abs((datetime.now(UTC) - latest.at).total_seconds()) < 60
    assert (counted.successes, counted.failures, counted.errors) == (0, 0, 1)


@pytest.mark.parametrize("body", [b"<html>", b'"x"', b"{}", b"[" * 10_000, b"[{}]", b'[{"id": "../1"}]'])
def test_a_list_that_is_none(world: World, body: bytes) -> None:
    world.jira.faults.add(path=PATH, status=200, body=body)
    with pytest.raises(JiraUnreadable):
        world.call(lambda hooks: hooks.listed())


def test_a_jira_that_falls(world: World) -> None:
    world.jira.faults.add(method="POST", path=PATH, lose=True, after=True)
    with pytest.raises(JiraUnavailable):
        world.call(lambda hooks: hooks.create(WANTED))
    assert len(world.jira.hooks.all()) == 1


def read(body: WebhookBody) -> Registered:
    return bodies.registered(body)


def test_an_answer_may_hold_next_to_nothing() -> None:
    assert read(WebhookBody(id=5)) == Registered(id="5", name="", url="")
    assert read(WebhookBody(link="https://jira.acme.example/rest/x/webhooks/12/")).id == "12"
    assert bodies.statistics(StatisticsBody()) == Statistics(0, 0, 0)
    attempt = bodies.attempt(AttemptBody(start=10**18))
    assert attempt is not None
    assert (attempt.at, attempt.event, attempt.outcome) == (None, "", "")


@pytest.mark.parametrize(
    ("value", "excluded"),
    [("false", False), ("true", True), ("TRUE", True), (True, True), (False, False), (None, None), ("", False)],
)
def test_whether_bodies_are_left_out(value: object, excluded: bool | None) -> None:
    assert read(WebhookBody(id=1, configuration={"EXCLUDE_BODY": value})).excludes_body is excluded


@pytest.mark.parametrize(
    ("configuration", "narrows"),
    [
        ({}, False),
        ({"FILTERS": ""}, False),
        ({"FILTERS": "{}"}, False),
        ({"FILTERS": '{"issue-related-events-section": ""}'}, False),
        ({"FILTERS": None}, False),
        ({"FILTERS": []}, False),
        ({"FILTERS": '{"issue-related-events-section": "project = PAY"}'}, True),
        ({"filters": {"issue-related-events-section": "project = PAY"}}, True),
        ({"JQL_FILTER": "project = PAY"}, True),
        ({"SECRET": "filter"}, False),
    ],
    ids=str,
)
def test_whether_a_webhook_is_narrowed_down(configuration: dict[str, object], narrows: bool) -> None:
    assert bool(read(WebhookBody(id=1, configuration=configuration)).filters) is narrows


def test_a_long_text_is_cut() -> None:
    hook = read(WebhookBody(id=1, name="n" * 9000, url="u" * 9000, configuration={"FILTERS": "f" * 9000}))
    assert max(len(hook.name), len(hook.url), len(hook.filters)) <= 2000
