"""The stand-in Jira's webhooks: registration, bodies, signatures, and what happens where nobody answers well."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from standins.jira.breaker import Breaker
from standins.jira.events import Event
from standins.jira.hooks import EVENTS
from standins.jira.records import Visibility
from standins.serving import Served
from tests.unit.test_standin_jira import Play, eventually, playing

HOOKS = "/rest/jira-webhook/1.0/webhooks"
SECRET = "geheim-ü"


@dataclass
class Receiver:
    """Takes webhooks, and answers as it is told to."""

    status: int = 200
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.got.append((dict(request.headers) | {"query": request.url.query}, await request.body()))
        await Response(status_code=self.status, headers={"Set-Cookie": "a=b"})(scope, receive, send)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]


@pytest.fixture(scope="module")
def served() -> Iterator[Receiver]:
    receiver = Receiver()
    with Served(receiver) as listening:
        receiver.url = f"{listening.url}/events"
        yield receiver


@pytest.fixture
def receiver(served: Receiver) -> Receiver:
    served.status, served.got = 200, []
    return served


@pytest.fixture
def play(receiver: Receiver) -> Iterator[Play]:
    with playing() as play:
        # Wide enough that a busy machine does not turn the two events around.
        play.jira.settings.event_gap_seconds = 0.1
        play.jira.register_webhook(receiver.url, SECRET)
        yield play


@pytest.fixture
def admin(play: Play) -> httpx.Client:
    return play.client(play.people.administrator)


def settled(play: Play) -> None:
    eventually(play.jira.idle, "all deliveries are made")


def hook_body(receiver: Receiver, **more: object) -> dict[str, object]:
    return {"name": "OpenHands", "url": receiver.url, "events": list(EVENTS), **more}


def test_a_delivery_is_signed_over_its_very_bytes(play: Play, receiver: Receiver) -> None:
    play.jira.comment("PAY-1", play.people.linked, "größer 🙂")
    settled(play)
    assert len(receiver.got) == 2
    for headers, body in receiver.got:
        wanted = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert headers["x-hub-signature"] == f"sha256={wanted}"
        assert headers["x-event-key"] == json.loads(body)["webhookEvent"]
        assert headers["content-type"] == "application/json; charset=UTF-8"
        assert headers["user-agent"].startswith("Atlassian HttpClient")
        assert len(headers["x-request-id"]) == 36
        assert "cookie" not in headers
        assert not [name for name in headers if name.startswith("x-atlassian-webhook")]


def test_a_comment_makes_two_events(play: Play, receiver: Receiver) -> None:
    comment = play.jira.comment("PAY-1", play.people.linked, "@openhands go")
    settled(play)
    first, second = receiver.bodies
    assert first["webhookEvent"] == "comment_created"
    assert "user" not in first
    assert first["issue"]["key"] == "PAY-1"
    assert (second["webhookEvent"], second["issue_event_type_name"]) == ("jira:issue_updated", "issue_commented")
    assert "changelog" not in second
    assert first["comment"] == second["comment"]
    assert first["comment"]["id"] == comment.id
    assert second["timestamp"] - first["timestamp"] == 100
    assert second["issue"]["fields"]["comment"]["comments"][0]["id"] == comment.id
    assert second["user"]["key"] == "JIRAUSER10101"


def test_the_two_events_are_ten_milliseconds_apart(receiver: Receiver) -> None:
    with playing() as play:
        play.jira.register_webhook(receiver.url, SECRET)
        play.jira.comment("PAY-1", play.people.linked, "x")
        settled(play)
        first, second = sorted(body["timestamp"] for body in receiver.bodies)
        assert second - first == 10


def test_the_two_events_may_come_the_other_way_round(play: Play, receiver: Receiver) -> None:
    play.jira.settings.swapped = True
    play.jira.comment("PAY-1", play.people.linked, "x")
    settled(play)
    assert [body["webhookEvent"] for body in receiver.bodies] == ["jira:issue_updated", "comment_created"]


def test_an_event_of_a_comment_may_lack_its_issue(receiver: Receiver) -> None:
    with playing(comment_event_has_issue=False) as play:
        play.jira.register_webhook(receiver.url, SECRET, events=["comment_created"])
        play.jira.comment("PAY-1", play.people.linked, "x")
        settled(play)
        (body,) = receiver.bodies
        assert set(body) == {"timestamp", "webhookEvent", "comment"}
        assert f"/jira/rest/api/2/issue/{play.jira.issue_id('PAY-1')}/comment/" in body["comment"]["self"]


def test_editing_and_deleting_a_comment(play: Play, receiver: Receiver) -> None:
    comment = play.jira.comment("PAY-1", play.people.linked, "x", deliver=False)
    play.jira.edit_comment(comment, "y", by=play.people.administrator)
    settled(play)
    play.jira.delete_comment(comment.id, by=play.people.administrator)
    settled(play)
    edited, edited_too, deleted, deleted_too = receiver.bodies
    assert [edited["webhookEvent"], edited_too["issue_event_type_name"]] == ["comment_updated", "issue_comment_edited"]
    assert [deleted["webhookEvent"], deleted_too["issue_event_type_name"]] == [
        "comment_deleted",
        "issue_comment_deleted",
    ]
    assert (edited["user"]["name"], edited["comment"]["body"]) == ("ada", "y")
    assert (edited["comment"]["author"]["name"], edited["comment"]["updateAuthor"]["name"]) == ("lina", "ada")
    assert deleted["comment"]["id"] == comment.id
    assert "comment" not in deleted_too


def test_labels_come_as_whole_lists(play: Play, receiver: Receiver) -> None:
    play.jira.label("PAY-1", add=["zebra", "openhands"], by=play.people.linked)
    settled(play)
    play.jira.label("PAY-1", remove="zebra", by=play.people.linked)
    settled(play)
    added, removed = receiver.bodies
    (item,) = added["changelog"]["items"]
    assert (item["field"], item["fromString"], item["toString"]) == ("labels", "", "openhands zebra")
    assert "fieldId" not in item
    assert added["issue_event_type_name"] == "issue_updated"
    assert removed["changelog"]["items"][0]["fromString"] == "openhands zebra"
    assert removed["issue"]["fields"]["labels"] == ["openhands"]
    assert added["changelog"]["id"] != removed["changelog"]["id"]


def test_an_issue_comes_and_goes(play: Play, receiver: Receiver) -> None:
    issue = play.jira.add_issue("PAY", "New", by=play.people.linked, labels=["openhands"])
    settled(play)
    play.jira.delete_issue(issue.key)
    settled(play)
    created, deleted = receiver.bodies
    assert (created["webhookEvent"], created["issue_event_type_name"]) == ("jira:issue_created", "issue_created")
    assert created["issue"]["fields"]["labels"] == ["openhands"]
    assert "changelog" not in created
    assert (deleted["webhookEvent"], deleted["issue"]["key"]) == ("jira:issue_deleted", "PAY-4")


def test_restricted_comments_are_told_too(play: Play, receiver: Receiver) -> None:
    play.jira.comment("PAY-1", play.people.linked, "inside", Visibility("role", "Developers"))
    settled(play)
    assert receiver.bodies[0]["comment"]["visibility"] == {"type": "role", "value": "Developers"}
    assert receiver.bodies[1]["issue"]["fields"]["comment"]["total"] == 1


def test_hidden_addresses_are_hidden_here_too(play: Play, receiver: Receiver) -> None:
    play.jira.settings.email_visibility = "logged-in"
    play.jira.comment("PAY-1", play.people.linked, "x")
    settled(play)
    assert "emailAddress" not in receiver.bodies[0]["comment"]["author"]


def test_what_rest_does_is_told_as_well(play: Play, receiver: Receiver) -> None:
    bot = play.client(play.people.bot)
    bot.post("/rest/api/2/issue/PAY-1/comment", json={"body": "from REST"})
    bot.put("/rest/api/2/issue/PAY-1", json={"update": {"labels": [{"add": "x"}]}})
    settled(play)
    assert sorted(body["webhookEvent"] for body in receiver.bodies) == [
        "comment_created",
        "jira:issue_updated",
        "jira:issue_updated",
    ]


def test_what_nobody_is_told(play: Play, receiver: Receiver) -> None:
    comment = play.jira.comment("PAY-1", play.people.linked, "x", deliver=False)
    bot = play.client(play.people.bot)
    bot.post("/rest/internal/2/reactions", json={"commentId": int(comment.id), "emojiId": "1f44d"})
    bot.post("/rest/api/2/issue/PAY-1/remotelink", json={"object": {"url": "https://acme.example", "title": "x"}})
    bot.put("/rest/api/2/issue/PAY-1/properties/x", json=1)
    settled(play)
    assert receiver.got == []


def test_the_same_bytes_again(play: Play, receiver: Receiver) -> None:
    comment = play.jira.comment("PAY-1", play.people.linked, "x", deliveries=2)
    play.jira.edit_comment(comment, "later")
    play.jira.deliver_again(comment)
    settled(play)
    bodies = [body for _, body in receiver.got if json.loads(body)["webhookEvent"] == "comment_created"]
    assert len(bodies) == 3
    assert len(set(bodies)) == 1


def test_a_body_may_lie(play: Play, receiver: Receiver) -> None:
    comment = play.jira.comment("PAY-1", play.people.attacker, "x", deliver=False)
    play.jira.deliver_forged(comment, author=play.people.linked, body="@openhands go")
    settled(play)
    headers, raw = receiver.got[0]
    assert headers["x-hub-signature"]
    body = json.loads(raw)["comment"]
    assert (body["id"], body["author"]["name"], body["body"]) == (comment.id, "lina", "@openhands go")
    assert play.jira.comments("PAY-1")[0].author == play.people.attacker


def test_a_webhook_is_registered_by_an_administrator(play: Play, receiver: Receiver, admin: httpx.Client) -> None:
    made = admin.post(HOOKS, json=hook_body(receiver, configuration={"SECRET": "s", "EXCLUDE_BODY": "false"}))
    assert made.status_code == 201
    hook = made.json()
    assert hook["active"] is True
    assert hook["configuration"] == {"EXCLUDE_BODY": "false"}
    assert admin.get(f"{HOOKS}/{hook['id']}").json() == hook
    assert [one["id"] for one in admin.get(HOOKS).json()] == [1, 2]
    assert [one["id"] for one in admin.get(f"{HOOKS}?start=1&limit=1").json()] == [2]
    edited = admin.put(f"{HOOKS}/{hook['id']}", json=hook_body(receiver, name="Other", active=False))
    assert (edited.status_code, edited.json()["name"], edited.json()["active"]) == (200, "Other", False)
    assert admin.delete(f"{HOOKS}/{hook['id']}").status_code == 204
    assert admin.get(f"{HOOKS}/{hook['id']}").status_code == 404


def test_the_secret_may_be_shown_or_masked(play: Play, admin: httpx.Client) -> None:
    play.jira.settings.webhooks.secret_shown = "clear"
    assert admin.get(f"{HOOKS}/1").json()["configuration"]["SECRET"] == SECRET
    play.jira.settings.webhooks.secret_shown = "masked"
    assert admin.get(f"{HOOKS}/1").json()["configuration"]["SECRET"] == "********"


def test_a_secret_or_a_body_may_not_take(play: Play, receiver: Receiver, admin: httpx.Client) -> None:
    traits = play.jira.settings.webhooks
    traits.secret_shown, traits.keeps_secret, traits.keeps_body = "clear", False, False
    admin.put(f"{HOOKS}/1", json=hook_body(receiver, configuration={"SECRET": "s", "EXCLUDE_BODY": "false"}))
    assert admin.get(f"{HOOKS}/1").json()["configuration"] == {"EXCLUDE_BODY": "true"}


@pytest.mark.parametrize(
    ("pages", "query", "first", "count"),
    [
        (True, "", 1, 100),
        (True, "?start=100&limit=100", 101, 21),
        (True, "?limit=1000", 1, 100),
        (True, "?start=121", None, 0),
        (False, "?start=100&limit=10", 1, 121),
    ],
    ids=["the first page", "the second", "no page is larger", "beyond the end", "without paging"],
)
def test_webhooks_are_listed_by_pages(
    play: Play, receiver: Receiver, admin: httpx.Client, pages: bool, query: str, first: int | None, count: int
) -> None:
    for number in range(120):
        play.jira.register_webhook(f"{receiver.url}/{number}")
    play.jira.settings.webhooks.pages = pages
    listed = admin.get(f"{HOOKS}{query}").json()
    assert (next((one["id"] for one in listed), None), len(listed)) == (first, count)


def test_a_write_may_be_answered_without_a_body(play: Play, receiver: Receiver, admin: httpx.Client) -> None:
    play.jira.settings.webhooks.bare_writes = True
    made = admin.post(HOOKS, json=hook_body(receiver))
    assert (made.status_code, made.content) == (204, b"")
    assert [one["id"] for one in admin.get(HOOKS).json()] == [1, 2]


def test_a_token_that_expired_is_nobodys(play: Play) -> None:
    admin = play.client(play.people.administrator)
    play.jira.revoke(admin.headers["Authorization"].removeprefix("Bearer "))
    refused = admin.get(HOOKS)
    assert (refused.status_code, refused.headers["X-AUSERNAME"]) == (401, "anonymous")
    assert admin.get("/rest/api/2/serverInfo").status_code == 200


def test_others_may_not_see_webhooks(play: Play, receiver: Receiver) -> None:
    for user, status in ((play.people.bot, 403), (None, 401)):
        assert play.client(user).get(HOOKS).status_code == status
        assert play.client(user).post(HOOKS, json=hook_body(receiver)).status_code == status


def test_the_old_address_is_gone(admin: httpx.Client) -> None:
    assert admin.get("/rest/webhooks/1.0/webhook").status_code == 404


@pytest.mark.parametrize(
    "more",
    [{"secret": "s"}, {"configuration": {"secret": "s"}}, {"configuration": {"SECRET": ""}}, {}],
    ids=["at the top", "in lower case", "empty", "none"],
)
def test_a_secret_in_the_wrong_place_leaves_deliveries_unsigned(
    play: Play, receiver: Receiver, admin: httpx.Client, more: dict[str, object]
) -> None:
    assert admin.put(f"{HOOKS}/1", json=hook_body(receiver, **more)).status_code == 200
    play.jira.comment("PAY-1", play.people.linked, "x")
    settled(play)
    assert len(receiver.got) == 2
    assert all("x-hub-signature" not in headers for headers, _ in receiver.got)


def test_filters_at_the_top_are_ignored(play: Play, receiver: Receiver, admin: httpx.Client) -> None:
    filters = {"issue-related-events-section": "project = OTHER"}
    assert admin.put(f"{HOOKS}/1", json=hook_body(receiver, filters=filters, excludeBody=True)).status_code == 200
    play.jira.comment("PAY-1", play.people.linked, "x")
    settled(play)
    assert len(receiver.bodies) == 2


def test_bodies_may_be_left_out(play: Play, receiver: Receiver, admin: httpx.Client) -> None:
    configuration = {"SECRET": "s", "EXCLUDE_BODY": "true"}
    admin.put(f"{HOOKS}/1", json=hook_body(receiver, configuration=configuration))
    play.jira.comment("PAY-1", play.people.linked, "x")
    settled(play)
    assert [(body, "x-hub-signature" in headers) for headers, body in receiver.got] == [(b"", False)] * 2


def test_an_address_may_name_the_issue(play: Play, receiver: Receiver, admin: httpx.Client) -> None:
    admin.put(f"{HOOKS}/1", json=hook_body(receiver, url=f"{receiver.url}?k={{issue.key}}&u={{modifiedUser.name}}"))
    play.jira.comment("PAY-1", play.people.linked, "x")
    settled(play)
    assert receiver.got[0][0]["query"] == "k=PAY-1&u=lina"


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_failure_is_not_tried_again(play: Play, receiver: Receiver, status: int) -> None:
    receiver.status = status
    play.jira.comment("PAY-1", play.people.linked, "x")
    settled(play)
    assert len(receiver.got) == 2
    assert [(one.outcome, one.status) for one in play.jira.deliveries] == [("failure", status)] * 2


def test_where_nobody_listens(play: Play) -> None:
    play.jira.register_webhook("http://127.0.0.1:9/", "s", events=["jira:issue_deleted"])
    play.jira.delete_issue("PAY-1")
    settled(play)
    (failed,) = [one for one in play.jira.deliveries if one.webhook_id == 2]
    assert (failed.outcome, failed.status) == ("error", None)
    assert failed.error.startswith("ConnectError")


def test_who_answers_too_late(play: Play, receiver: Receiver) -> None:
    play.jira.settings.socket_seconds = 0.2
    with Served(_never) as silent:
        play.jira.register_webhook(f"{silent.url}/", "s", events=["jira:issue_deleted"])
        play.jira.delete_issue("PAY-1")
        settled(play)
    (failed,) = [one for one in play.jira.deliveries if one.webhook_id == 2]
    assert failed.error.startswith("ReadTimeout")
    assert 0.2 <= failed.seconds < 2


async def _never(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def test_five_failures_open_the_breaker_and_events_are_lost(receiver: Receiver) -> None:
    now = [1_000_000.0]
    with playing(clock=lambda: now[0]) as play:
        play.jira.register_webhook(receiver.url, SECRET, events=["comment_created"])

        def say() -> str:
            play.jira.comment("PAY-1", play.people.linked, "x")
            settled(play)
            return play.jira.deliveries[-1].outcome

        receiver.status = 500
        assert [say() for _ in range(6)] == ["failure"] * 5 + ["skipped"]
        now[0] += 9.9
        assert say() == "skipped"
        now[0] += 0.2
        assert say() == "failure"
        now[0] += 11.9
        assert say() == "skipped"
        receiver.status = 204
        now[0] += 0.2
        assert [say(), say()] == ["success", "success"]
        assert len(receiver.got) == 8


def test_the_breakers_pauses() -> None:
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    pauses = []
    for _ in range(60):
        breaker.failed()
        pauses.append(breaker.seconds_left)
    assert pauses[:4] == [0.0] * 4
    assert pauses[4:7] == pytest.approx([10.0, 12.0, 14.4])
    assert pauses[-1] == 7200.0
    breaker.succeeded()
    assert not breaker.open


def test_latest_and_statistics(play: Play, receiver: Receiver, admin: httpx.Client) -> None:
    assert admin.get(f"{HOOKS}/1/latest").status_code == 204
    play.jira.label("PAY-1", add="x", by=play.people.linked)
    settled(play)
    receiver.status = 500
    play.jira.label("PAY-1", add="y", by=play.people.linked)
    settled(play)
    latest = admin.get(f"{HOOKS}/1/latest").json()
    assert (latest["event"], latest["result"]["outcome"], latest["result"]["description"]) == (
        "jira:issue_updated",
        "FAILURE",
        "500",
    )
    counts = admin.get(f"{HOOKS}/1/statistics").json()["counts"]
    assert (counts["successes"], counts["failures"], counts["errors"]) == (1, 1, 0)
    assert set(counts["window"]) == {"start", "duration"}
    summary = admin.get(f"{HOOKS}/1/statistics/summary").json()
    assert summary["jira:issue_updated"]["counts"]["successes"] == 1
    assert summary["comment_created"]["counts"]["successes"] == 0
    assert admin.get(f"{HOOKS}?statistics=true").json()[0]["statistics"]["counts"]["failures"] == 1


def test_an_older_line_adds_the_user_and_never_signs(receiver: Receiver) -> None:
    with playing(line="9.12") as play:
        play.jira.register_webhook(f"{receiver.url}?k=${{issue.key}}", SECRET, events=["comment_created"])
        play.jira.comment("PAY-1", play.people.linked, "x")
        settled(play)
        ((headers, body),) = receiver.got
        assert headers["query"] == "k=PAY-1&user_id=lina&user_key=JIRAUSER10101"
        assert "x-hub-signature" not in headers
        assert "issue" not in json.loads(body)


def test_an_event_is_what_was_when_it_was_made(play: Play, receiver: Receiver) -> None:
    event = Event("comment_created", b"{}", {}, play.people.linked, after_seconds=0.2)
    hook = play.jira.hooks.all()[0]
    play.jira.post.send(hook, event)
    assert not play.jira.idle()
    settled(play)
    assert receiver.got[0][1] == b"{}"
