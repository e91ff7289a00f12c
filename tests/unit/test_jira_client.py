"""The Jira client, call by call and refusal by refusal, against the stand-in over real HTTP."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from handover.jira.client import (
    Absent,
    Jira,
    JiraAnonymous,
    JiraError,
    JiraMissing,
    JiraRefused,
    JiraUnavailable,
    JiraUnreadable,
    LabelAdded,
    Visibility,
)
from handover.jira.exchange import segment
from handover.jira.records import moment
from handover.lib import http
from standins.jira import StandInJira
from standins.jira.cast import People, acme
from standins.serving import Served

T = TypeVar("T")
Calls = Callable[[Jira], Awaitable[T]]


@dataclass(frozen=True)
class World:
    """A Jira with the cast, and how to call it."""

    jira: StandInJira
    people: People
    url: str
    token: str

    def call(self, calls: Calls[T], *, token: str | None = None, url: str | None = None) -> T:
        async def called() -> T:
            async with http.client() as client:
                return await calls(Jira(url or self.url, token or self.token, http=client))

        return asyncio.run(called())


@pytest.fixture
def world() -> Iterator[World]:
    jira = StandInJira()
    people = acme(jira)
    with Served(jira.app) as served:
        yield World(jira, people, f"{served.url}/jira/", jira.token_for(people.bot))
    jira.close()


def test_whose_token_it_is(world: World) -> None:
    me = world.call(lambda jira: jira.myself())
    assert (me.key, me.name, me.display_name) == ("JIRAUSER10001", "openhands", "OpenHands")
    assert me.email == "openhands-bot@acme.example"


def test_a_user_by_name(world: World) -> None:
    assert world.call(lambda jira: jira.user("lina")).key == "JIRAUSER10101"
    with pytest.raises(JiraMissing):
        world.call(lambda jira: jira.user("nobody here"))


def test_whom_jira_took_the_caller_for(world: World) -> None:
    name = "lina linde+x"
    lina = world.jira.change_user(world.people.linked, name=name)
    identity = world.call(lambda jira: jira.identity(), token=world.jira.token_for(lina))
    assert (identity.user.name, identity.signed_in_as) == (name, name)


def test_users_are_found_by_their_address(world: World) -> None:
    def found(text: str) -> list[tuple[str, str | None]]:
        return [(user.key, user.email) for user in world.call(lambda jira: jira.search_users(text))]

    address = "lina.linde@acme.example"
    assert found(address) == [("JIRAUSER10101", address)]
    world.jira.settings.email_visibility = "mask"
    assert found("lina") == [("JIRAUSER10101", "lina dot linde at acme dot example")]
    assert found(address) == []
    world.jira.settings.email_visibility = "hide"
    world.jira.settings.search_finds_hidden_emails = True
    assert found(address) == [("JIRAUSER10101", None)]
    world.jira.change_user(world.people.linked, active=False)
    assert found(address) == []


def test_the_groups_of_a_user(world: World) -> None:
    groups = world.call(lambda jira: jira.groups_of("ada"))
    assert groups == {"jira-software-users", "jira-administrators"}
    with pytest.raises(JiraMissing):
        world.call(lambda jira: jira.groups_of("nobody"))


@pytest.mark.parametrize(
    "body", [b'{"name":"ada"}', b'{"groups":{"items":[]}}', b'{"name":"ada","groups":7}'], ids=["none", "nobody", "odd"]
)
def test_groups_that_are_not_told_are_not_taken_for_none(world: World, body: bytes) -> None:
    world.jira.faults.add(path="/user", status=200, body=body)
    with pytest.raises(JiraUnreadable, match="no groups"):
        world.call(lambda jira: jira.groups_of("ada"))


def test_what_the_caller_may_do(world: World) -> None:
    def held(token: str) -> frozenset[str]:
        return world.call(lambda jira: jira.permissions("ADMINISTER", "ADD_COMMENTS", "NO_SUCH"), token=token)

    assert held(world.token) == {"ADD_COMMENTS"}
    assert held(world.jira.token_for(world.people.administrator)) == {"ADMINISTER", "ADD_COMMENTS"}
    with pytest.raises(JiraAnonymous):
        held("bad")
    world.jira.faults.add(path="/mypermissions", status=200, body=b"{}")
    with pytest.raises(JiraUnreadable, match="no permissions"):
        held(world.token)


def test_when_the_callers_tokens_end(world: World) -> None:
    ends = datetime.now(UTC) + timedelta(days=30)
    token = world.jira.token_for(world.people.linked, days=30, name="handover")
    world.jira.token_for(world.people.linked, name="for ever")
    first, second = world.call(lambda jira: jira.own_tokens(), token=token)
    assert (first.name, second.name, second.expires) == ("handover", "for ever", None)
    assert first.expires is not None
    assert abs(first.expires - ends) < timedelta(minutes=1)


@pytest.mark.parametrize("body", [b"{", b"{}", b'[{"name":"without id"}]', b'[{"id":1,"expiringAt":"soon"}]'])
def test_tokens_that_cannot_be_read(world: World, body: bytes) -> None:
    world.jira.faults.add(path="/rest/pat", status=200, body=body)
    with pytest.raises(JiraUnreadable):
        world.call(lambda jira: jira.own_tokens())


def test_the_server(world: World) -> None:
    server = world.call(lambda jira: jira.server_info())
    assert server.base_url == "http://jira.acme.example/jira"
    assert server.version[:2] == (10, 3)
    assert server.is_data_center


def test_an_issue_by_key_and_by_id(world: World) -> None:
    issue = world.call(lambda jira: jira.issue("PAY-1"))
    assert issue == world.call(lambda jira: jira.issue(world.jira.issue_id("PAY-1")))
    assert (issue.key, issue.project_key, issue.type_name) == ("PAY-1", "PAY", "Bug")
    assert issue.summary == "The total of a cart ignores quantities"
    assert "Repository: Acme/web-app" in issue.description


def test_an_issue_without_description(world: World) -> None:
    world.jira.add_issue("PAY", "Short", by=world.people.linked, labels=["a", "b"])
    issue = world.call(lambda jira: jira.issue("PAY-4"))
    assert issue.description == ""
    assert issue.labels == {"a", "b"}


def test_comments_newest_first_over_all_pages(world: World) -> None:
    for number in range(230):
        world.jira.comment("PAY-1", by=world.people.linked, text=f"comment {number}", deliver=False)
    comments = world.call(lambda jira: jira.comments(world.jira.issue_id("PAY-1")))
    assert [comment.body for comment in comments] == [f"comment {number}" for number in reversed(range(230))]
    assert comments[0].author.key == "JIRAUSER10101"
    assert abs(comments[0].created - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_comment_is_written_read_and_edited(world: World) -> None:
    issue_id, seen = world.jira.issue_id("PAY-1"), Visibility("role", "Developers")
    written = world.call(
        lambda jira: jira.add_comment(issue_id, "On it.", visible_to=seen, properties={"handover.status": {"run": "1"}})
    )
    read = world.call(lambda jira: jira.comment(issue_id, written.id))
    assert read == written
    assert (read.body, read.visibility, read.author.name) == ("On it.", seen, "openhands")
    world.call(lambda jira: jira.edit_comment(issue_id, written.id, "Done: \N{PILE OF POO}", visible_to=seen))
    edited = world.call(lambda jira: jira.comment(issue_id, written.id))
    assert (edited.body, edited.visibility, edited.created) == ("Done: \N{PILE OF POO}", seen, written.created)
    assert edited.edited_by.name == "openhands"


def test_a_comments_properties(world: World) -> None:
    issue_id = world.jira.issue_id("PAY-1")
    written = world.call(lambda jira: jira.add_comment(issue_id, "a", properties={"mark": {"run": "1"}}))
    assert world.call(lambda jira: jira.comment_property(written.id, "mark")) == {"run": "1"}
    assert isinstance(world.call(lambda jira: jira.comment_property(written.id, "other")), Absent)


def test_a_reaction(world: World) -> None:
    comment = world.jira.comment("PAY-1", by=world.people.linked, text="@openhands fix")
    assert world.call(lambda jira: jira.react(comment.id, "1f44d")) is True
    assert world.jira.reactions(comment.id) == {"1f44d": ["JIRAUSER10001"]}
    assert world.call(lambda jira: jira.react(comment.id, "1f440")) is False


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 500])
def test_a_reaction_that_jira_refuses_is_no_error(world: World, status: int) -> None:
    world.jira.faults.add(path="/rest/internal/2/reactions", status=status)
    assert world.call(lambda jira: jira.react("1", "1f44d")) is False


def test_a_reaction_is_tried_again_where_jira_is_away(world: World) -> None:
    world.jira.faults.add(path="/rest/internal/2/reactions", status=503)
    with pytest.raises(JiraUnavailable):
        world.call(lambda jira: jira.react("1", "1f44d"))


def test_a_remote_link_is_renewed(world: World) -> None:
    async def linked(jira: Jira) -> None:
        for title in ("Pull request #1", "Pull request #1 (merged)"):
            await jira.link(
                "PAY-1", global_id="handover:1", url="https://x.example/1", title=title, summary="s", resolved=False
            )

    world.call(linked)
    [link] = world.jira.remote_links("PAY-1")
    assert "merged" in str(link.sent)


def test_who_added_the_label_last(world: World) -> None:
    def asked() -> LabelAdded | None:
        return world.call(lambda jira: jira.label_added(world.jira.issue_id("PAY-1"), "openhands"))

    assert asked() is None
    world.jira.label("PAY-1", by=world.people.linked, add="openhands")
    first = asked()
    assert first is not None
    assert first.author.key == "JIRAUSER10101"
    world.jira.label("PAY-1", by=world.people.linked, remove="openhands")
    assert asked() is None
    world.jira.label("PAY-1", by=world.people.unlinked, add=["OpenHands", "b"])
    second = asked()
    assert second is not None
    assert second.author.key == "JIRAUSER10102"
    assert second.id != first.id


def test_a_label_from_the_beginning_is_the_creators(world: World) -> None:
    world.jira.add_issue("PAY", "Labelled", by=world.people.unlinked, labels=["openhands"])
    added = world.call(lambda jira: jira.label_added("PAY-4", "openhands"))
    assert added is not None
    assert (added.author.key, added.id) == ("JIRAUSER10102", "created")


# Refusals


@pytest.mark.parametrize("kind", ["anonymous", "refused"])
def test_a_bad_token_is_told_however_jira_takes_it(world: World, kind: str) -> None:
    world.jira.settings.bad_token = "refused" if kind == "refused" else "anonymous"
    for status in (401, 403, 404):
        world.jira.settings.anonymous_issue = status
        with pytest.raises(JiraAnonymous):
            world.call(lambda jira: jira.issue("PAY-1"), token="bad")
    with pytest.raises(JiraAnonymous):
        world.call(lambda jira: jira.myself(), token="bad")


def test_what_is_not_there_is_missing(world: World) -> None:
    with pytest.raises(JiraMissing) as missing:
        world.call(lambda jira: jira.issue("PAY-99"))
    assert missing.value.status == 404
    assert str(missing.value)
    with pytest.raises(JiraMissing):
        world.call(lambda jira: jira.comment(world.jira.issue_id("PAY-1"), "99999"))


def test_a_refusal_carries_jiras_words(world: World) -> None:
    with pytest.raises(JiraRefused, match="limit of 32,767"):
        world.call(lambda jira: jira.add_comment("PAY-1", "x" * 40_000))


HTML = {"content-type": "text/html;charset=UTF-8"}
JSON = {"content-type": "application/json;charset=UTF-8"}


@dataclass(frozen=True)
class Answer:
    """What a Jira, or something before it, answers, and what that is."""

    status: int
    headers: dict[str, str]
    body: bytes
    error: type[JiraError]
    words: str
    again: bool = False


ANSWERS = {
    "a login page": Answer(200, HTML, b"<html>", JiraUnreadable, "with text/html;charset=UTF-8, not with JSON"),
    "a redirect": Answer(
        302, {"Location": "https://sso.acme.example/?to=jira"}, b"", JiraUnreadable, "https://sso.acme"
    ),
    "a redirect nowhere": Answer(302, HTML, b"", JiraUnreadable, "redirects to nowhere"),
    "JSON that is none": Answer(200, JSON, b"{", JiraUnreadable, "cannot be read"),
    "JSON without an issue": Answer(200, JSON, b'{"id":"1"}', JiraUnreadable, "holds no issue"),
    "a list": Answer(200, JSON, b"[]", JiraUnreadable, "no object"),
    "a page that is not there": Answer(404, HTML, b"<html>", JiraUnreadable, "404"),
    "an anonymous answer": Answer(200, {**JSON, "X-AUSERNAME": "anonymous"}, b"{}", JiraAnonymous, "token"),
    "the forgery check": Answer(
        403, {"content-type": "text/plain"}, b"XSRF check failed", JiraRefused, "XSRF check failed"
    ),
    "a refusal in HTML": Answer(403, HTML, b"<html>", JiraRefused, "Forbidden"),
    "errors by field": Answer(
        400, JSON, b'{"errorMessages":[],"errors":{"comment":"too long"}}', JiraRefused, "comment: too long"
    ),
    "Seraph's words": Answer(401, JSON, b'{"message":"Client must be authenticated"}', JiraAnonymous, "Client must be"),
    "too many requests": Answer(429, HTML, b"", JiraUnavailable, "429", again=True),
    "a proxy's page": Answer(502, HTML, b"<html>", JiraUnavailable, "502", again=True),
    "a failure of Jira": Answer(500, JSON, b'{"message":"boom"}', JiraUnavailable, "boom", again=True),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_judged(world: World, answer: Answer) -> None:
    world.jira.faults.add(status=answer.status, headers=answer.headers, body=answer.body)
    with pytest.raises(answer.error) as raised:
        world.call(lambda jira: jira.issue("PAY-1"))
    assert type(raised.value) is answer.error
    assert answer.words in str(raised.value)
    assert raised.value.again is answer.again
    assert world.token not in str(raised.value)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({}, 0, id="none named"),
        pytest.param({"Retry-After": "7"}, 7, id="seconds"),
        pytest.param({"Retry-After": "0"}, 0, id="none"),
        pytest.param({"Retry-After": "54775807"}, 60, id="blocked for ever"),
        pytest.param({"Retry-After": "9" * 5000}, 60, id="beyond measure"),
        pytest.param({"Retry-After": "-5"}, 60, id="negative"),
        pytest.param({"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}, 60, id="a date"),
        pytest.param({"X-RateLimit-FillRate": "0"}, 60, id="no rate"),
    ],
)
def test_the_wait_is_bounded(world: World, headers: dict[str, str], seconds: float) -> None:
    world.jira.faults.add(status=429, headers=headers)
    with pytest.raises(JiraUnavailable) as raised:
        world.call(lambda jira: jira.issue("PAY-1"))
    assert raised.value.retry_after == seconds


def test_a_connection_that_breaks_may_be_tried_again(world: World) -> None:
    world.jira.faults.add(lose=True)
    with pytest.raises(JiraUnavailable) as raised:
        world.call(lambda jira: jira.issue("PAY-1"))
    assert raised.value.status is None


def test_nobody_listens(world: World) -> None:
    with pytest.raises(JiraUnavailable, match="cannot be reached"):
        world.call(lambda jira: jira.myself(), url="http://127.0.0.1:1/jira")


@pytest.mark.parametrize("id_or_key", ["../myself", "PAY-1/comment", "..", "PAY-1?expand=names", "PAY-1#a", "%2e%2e"])
def test_an_id_stays_an_id(world: World, id_or_key: str) -> None:
    with pytest.raises((JiraMissing, JiraUnreadable)):
        world.call(lambda jira: jira.issue(id_or_key))


def test_an_empty_id_names_nothing() -> None:
    with pytest.raises(ValueError, match="empty"):
        segment("")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019-06-04T00:15:17.234+0000", datetime(2019, 6, 4, 0, 15, 17, 234_000, UTC)),
        ("2019-06-04T02:15:17.234+0200", datetime(2019, 6, 4, 0, 15, 17, 234_000, UTC)),
        ("2019-06-04T00:15:17.234Z", datetime(2019, 6, 4, 0, 15, 17, 234_000, UTC)),
    ],
)
def test_jiras_times(text: str, expected: datetime) -> None:
    assert moment(text) == expected


@pytest.mark.parametrize("text", ["", None, "yesterday", "2019-06-04T00:15:17.234"])
def test_a_time_that_is_none(text: str | None) -> None:
    with pytest.raises(JiraUnreadable):
        moment(text)
