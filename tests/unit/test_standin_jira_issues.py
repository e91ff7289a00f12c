"""The stand-in Jira's issues: reading, creating, editing, labels, properties, links and reactions."""

from collections.abc import Iterator

import httpx
import pytest

from tests.unit.test_standin_jira import Play, playing

ISSUE = "/rest/api/2/issue/PAY-1"


@pytest.fixture
def play() -> Iterator[Play]:
    with playing() as play:
        yield play


@pytest.fixture
def bot(play: Play) -> httpx.Client:
    return play.client(play.people.bot)


def test_an_issue(play: Play, bot: httpx.Client) -> None:
    issue = bot.get(ISSUE).json()
    assert (issue["key"], issue["id"]) == ("PAY-1", play.jira.issue_id("PAY-1"))
    assert issue["self"] == f"{play.url}/rest/api/2/issue/{issue['id']}"
    assert issue["renderedFields"] is None
    assert "changelog" not in issue
    assert "Repository: Acme/web-app" in issue["fields"]["description"]
    assert issue["fields"]["project"]["key"] == "PAY"
    assert bot.get(f"/rest/api/2/issue/{issue['id']}").json()["key"] == "PAY-1"
    assert bot.get("/rest/api/latest/issue/pay-1").json()["key"] == "PAY-1"


def test_fields_are_chosen(bot: httpx.Client) -> None:
    assert set(bot.get(f"{ISSUE}?fields=summary,labels").json()["fields"]) == {"summary", "labels"}
    without = bot.get(f"{ISSUE}?fields=*all,-comment").json()["fields"]
    assert "comment" not in without
    assert "summary" in without


def test_fields_are_rendered_where_asked_for(bot: httpx.Client) -> None:
    issue = bot.get(f"{ISSUE}?expand=renderedFields,changelog").json()
    assert "<pre><code>cart = Cart()" in issue["renderedFields"]["description"]
    assert issue["changelog"] == {"startAt": 0, "maxResults": 0, "total": 0, "histories": []}


def test_what_is_not_there_and_what_is_not_visible_are_answered_alike(play: Play, bot: httpx.Client) -> None:
    play.jira.project("SEC", lead=play.people.administrator, members=[play.people.linked])
    play.jira.add_issue("SEC", "Secret", by=play.people.linked)
    missing, hidden = bot.get("/rest/api/2/issue/PAY-99"), bot.get("/rest/api/2/issue/SEC-1")
    assert missing.status_code == hidden.status_code == 404
    assert missing.json() == hidden.json() == {"errorMessages": ["Issue Does Not Exist"], "errors": {}}
    assert play.client(play.people.linked).get("/rest/api/2/issue/SEC-1").status_code == 200


def test_a_public_project_is_for_nobody_too(play: Play) -> None:
    play.jira.project("PUB", lead=play.people.administrator, public=True)
    play.jira.add_issue("PUB", "Open", by=play.people.linked)
    nobody = play.client()
    assert nobody.get("/rest/api/2/issue/PUB-1").json()["fields"]["description"] is None
    assert nobody.post("/rest/api/2/issue/PUB-1/comment", json={"body": "x"}).status_code == 400


def test_an_issue_is_created(play: Play, bot: httpx.Client) -> None:
    fields = {"project": {"key": "PAY"}, "issuetype": {"name": "Task"}, "summary": "New", "labels": ["b", "a"]}
    made = bot.post("/rest/api/2/issue", json={"fields": fields})
    assert made.status_code == 201
    assert made.json()["key"] == "PAY-4"
    assert play.jira.issue("PAY-4").labels == ["a", "b"]
    assert play.jira.issue("PAY-4").description is None


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"issuetype": {"name": "Bug"}, "summary": "x"}, "project"),
        ({"project": {"key": "NO"}, "issuetype": {"name": "Bug"}, "summary": "x"}, "project"),
        ({"project": {"key": "PAY"}, "summary": "x"}, "issuetype"),
        ({"project": {"key": "PAY"}, "issuetype": {"name": "Bug"}, "summary": " "}, "summary"),
        ({"project": {"key": "PAY"}, "issuetype": {"name": "Bug"}, "summary": "a\nb"}, "summary"),
        ({"project": {"key": "PAY"}, "issuetype": {"name": "Bug"}, "summary": "x", "flavour": 1}, "flavour"),
    ],
)
def test_a_wrong_field_is_named(bot: httpx.Client, fields: dict[str, object], wrong: str) -> None:
    answer = bot.post("/rest/api/2/issue", json={"fields": fields})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [wrong]


def test_labels_change_one_by_one(play: Play, bot: httpx.Client) -> None:
    play.jira.label("PAY-1", add=["old", "kept"], by=play.people.linked)
    update = {"update": {"labels": [{"add": "openhands"}, {"remove": "old"}]}}
    assert bot.put(ISSUE, json=update).status_code == 204
    (_, edit) = bot.get(f"{ISSUE}?expand=changelog").json()["changelog"]["histories"]
    assert edit["author"]["name"] == "openhands"
    assert edit["items"] == [
        {
            "field": "labels",
            "fieldtype": "jira",
            "from": None,
            "fromString": "kept old",
            "to": None,
            "toString": "kept openhands",
        }
    ]


def test_labels_are_set_at_once(play: Play, bot: httpx.Client) -> None:
    assert bot.put(ISSUE, json={"fields": {"labels": ["one", "two"]}}).status_code == 204
    assert play.jira.issue("PAY-1").labels == ["one", "two"]
    assert bot.put(ISSUE, json={"update": {"labels": [{"set": ["three"]}]}}).status_code == 204
    assert play.jira.issue("PAY-1").labels == ["three"]


@pytest.mark.parametrize("body", [{"update": {"labels": [{"add": "a b"}]}}, {"fields": {"labels": ["a b"]}}])
def test_a_label_has_no_space(bot: httpx.Client, body: dict[str, object]) -> None:
    answer = bot.put(ISSUE, json=body)
    assert answer.status_code == 400
    assert "contains spaces" in answer.json()["errors"]["labels"]


def test_an_edit_is_kept_with_the_whole_text_before_and_after(play: Play, bot: httpx.Client) -> None:
    before = play.jira.issue("PAY-3").description
    address = "/rest/api/2/issue/PAY-3"
    assert bot.put(address, json={"fields": {"summary": "Slow", "description": "a\r\nb"}}).status_code == 204
    (edit,) = bot.get(f"{address}?expand=changelog").json()["changelog"]["histories"]
    assert [(item["field"], item["fromString"], item["toString"]) for item in edit["items"]] == [
        ("summary", "The shop is slow in the evening", "Slow"),
        ("description", before, "a\r\nb"),
    ]


def test_an_edit_that_changes_nothing_leaves_no_trace(play: Play, bot: httpx.Client) -> None:
    before = play.jira.issue("PAY-1").updated
    assert bot.put(ISSUE, json={"update": {"labels": [{"remove": "never"}]}}).status_code == 204
    assert play.jira.issue("PAY-1").updated == before
    assert play.jira.issue("PAY-1").histories == []


def test_mails_are_only_suppressed_by_administrators(play: Play, bot: httpx.Client) -> None:
    body = {"fields": {"summary": "Other"}}
    assert bot.put(f"{ISSUE}?notifyUsers=false", json=body).status_code == 403
    admin = play.client(play.people.administrator)
    assert admin.put(f"{ISSUE}?notifyUsers=false", json=body).status_code == 204


def test_the_text_limit_counts_utf_16_units(play: Play, bot: httpx.Client) -> None:
    play.jira.settings.text_limit = 10
    assert bot.put(ISSUE, json={"fields": {"description": "🙂" * 5}}).status_code == 204
    answer = bot.put(ISSUE, json={"fields": {"description": "🙂" * 5 + "x"}})
    assert answer.status_code == 400
    assert "exceeds the allowed limit of 10 characters" in answer.json()["errors"]["description"]
    play.jira.settings.text_limit = 0
    assert bot.put(ISSUE, json={"fields": {"description": "x" * 40_000}}).status_code == 204


def test_only_administrators_delete_issues(play: Play, bot: httpx.Client) -> None:
    assert bot.delete(ISSUE).status_code == 403
    assert play.client(play.people.administrator).delete(ISSUE).status_code == 204
    assert bot.get(ISSUE).status_code == 404


def test_issue_properties(bot: httpx.Client) -> None:
    address = f"{ISSUE}/properties/handover"
    assert bot.get(address).status_code == 404
    assert bot.put(address, json={"run": 1}).status_code == 201
    assert bot.put(address, json={"run": 2}).status_code == 200
    assert bot.get(address).json() == {"key": "handover", "value": {"run": 2}}
    assert [one["key"] for one in bot.get(f"{ISSUE}/properties").json()["keys"]] == ["handover"]
    assert bot.delete(address).status_code == 204
    assert bot.delete(address).status_code == 404


@pytest.mark.parametrize(
    ("key", "value", "status"),
    [("k", "x" * 32_766, 201), ("k", "x" * 32_767, 400), ("k" * 255, 1, 201), ("k" * 256, 1, 400)],
)
def test_properties_have_limits(bot: httpx.Client, key: str, value: object, status: int) -> None:
    assert bot.put(f"{ISSUE}/properties/{key}", json=value).status_code == status


def test_a_remote_link_is_put_over_the_one_with_the_same_name(play: Play, bot: httpx.Client) -> None:
    address = f"{ISSUE}/remotelink"
    link = {"globalId": "run=1&x=2", "object": {"url": "https://forge.acme.example/pull/1", "title": "Pull request 1"}}
    made = bot.post(address, json=link)
    again = bot.post(address, json={**link, "object": {**link["object"], "status": {"resolved": True}}})  # type: ignore[dict-item]
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json() == again.json()
    (shown,) = bot.get(address).json()
    assert shown["object"]["status"] == {"resolved": True}
    assert bot.get(address, params={"globalId": "run=1&x=2"}).json() == shown
    (kept,) = play.jira.remote_links("PAY-1")
    assert (kept.url, kept.title) == ("https://forge.acme.example/pull/1", "Pull request 1")
    assert bot.delete(address, params={"globalId": "run=1&x=2"}).status_code == 204
    assert bot.delete(address, params={"globalId": "run=1&x=2"}).status_code == 404
    assert bot.get(address).json() == []


def test_a_remote_link_without_a_name_is_always_a_further_one(bot: httpx.Client) -> None:
    link = {"object": {"url": "https://acme.example", "title": "x"}}
    assert [bot.post(f"{ISSUE}/remotelink", json=link).status_code for _ in range(2)] == [201, 201]
    assert len(bot.get(f"{ISSUE}/remotelink").json()) == 2
    answer = bot.post(f"{ISSUE}/remotelink", json={"object": {"url": "https://acme.example"}})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["title"])


def test_reactions(play: Play, bot: httpx.Client) -> None:
    comment = play.jira.comment("PAY-1", play.people.linked, "@openhands go")
    address = "/rest/internal/2/reactions"
    thumb: dict[str, int | str] = {"commentId": int(comment.id), "emojiId": "1f44d"}
    assert bot.post(address, json=thumb).status_code == 200
    assert bot.post(address, json={**thumb, "commentId": comment.id}).status_code == 200
    assert play.jira.reactions(comment.id) == {"1f44d": ["JIRAUSER10001"]}
    assert bot.post(address, json={**thumb, "emojiId": "1f440"}).status_code == 400
    assert play.client().post(address, json=thumb).status_code == 401
    assert bot.post(address, json={**thumb, "commentId": 1}).status_code == 404
    seen = play.client(play.people.linked).post(f"{address}/view", json={"commentIds": [int(comment.id)]}).json()
    assert seen == [{"commentId": int(comment.id), "emojiId": "1f44d", "count": 1, "reacted": False}]
    assert bot.delete(address, params=thumb).status_code == 204
    assert play.jira.reactions(comment.id) == {}
