"""The stand-in Jira's comments: pages, limits, visibility, properties and rights."""

from collections.abc import Iterator

import httpx
import pytest

from standins.jira.records import Visibility
from tests.unit.test_standin_jira import Play, playing

COMMENTS = "/rest/api/2/issue/PAY-1/comment"
DEVELOPERS = {"type": "role", "value": "Developers"}


@pytest.fixture
def play() -> Iterator[Play]:
    with playing() as play:
        yield play


@pytest.fixture
def bot(play: Play) -> httpx.Client:
    return play.client(play.people.bot)


def test_a_comment_lives_and_dies(play: Play, bot: httpx.Client) -> None:
    made = bot.post(COMMENTS, json={"body": "one\r\ntwo"})
    assert made.status_code == 201
    comment = made.json()
    assert comment["self"] == f"{play.url}/rest/api/2/issue/{play.jira.issue_id('PAY-1')}/comment/{comment['id']}"
    assert comment["body"] == "one\r\ntwo"
    assert comment["created"] == comment["updated"]
    assert comment["created"].endswith("+0000")
    edited = bot.put(f"{COMMENTS}/{comment['id']}", json={"body": "other"})
    assert edited.status_code == 200
    assert bot.get(f"{COMMENTS}/{comment['id']}").json()["body"] == "other"
    assert bot.delete(f"{COMMENTS}/{comment['id']}").status_code == 204
    missing = bot.get(f"{COMMENTS}/{comment['id']}")
    assert (missing.status_code, len(missing.json()["errorMessages"])) == (404, 1)


def test_pages_of_comments(play: Play, bot: httpx.Client) -> None:
    for number in range(55):
        play.jira.comment("PAY-1", play.people.linked, str(number))
    first = bot.get(COMMENTS).json()
    assert (first["startAt"], first["maxResults"], first["total"], len(first["comments"])) == (0, 50, 55, 50)
    rest = bot.get(f"{COMMENTS}?startAt=50").json()["comments"]
    assert [one["body"] for one in rest] == ["50", "51", "52", "53", "54"]
    newest = bot.get(COMMENTS, params={"orderBy": "-created", "maxResults": "2"}).json()["comments"]
    assert [one["body"] for one in newest] == ["54", "53"]
    assert bot.get(f"{COMMENTS}?orderBy=+created&maxResults=1").json()["comments"][0]["body"] == "0"
    assert bot.get(f"{COMMENTS}?orderBy=author").status_code == 400
    assert bot.get(f"{COMMENTS}?startAt=x").status_code == 400


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"body": " "}, "comment"),
        ({}, "comment"),
        ({"body": "x" * 32_768}, "comment"),
        ({"body": "x", "visibility": {"type": "role", "value": "Nobody"}}, "commentLevel"),
        ({"body": "x", "visibility": {"type": "group", "value": "jira-administrators"}}, "commentLevel"),
        ({"body": "x", "visibility": {"type": "planet", "value": "Mars"}}, "commentLevel"),
    ],
)
def test_a_wrong_comment_is_refused(bot: httpx.Client, body: dict[str, object], wrong: str) -> None:
    answer = bot.post(COMMENTS, json=body)
    assert answer.status_code == 400
    assert answer.json()["errorMessages"] == []
    assert list(answer.json()["errors"]) == [wrong]


def test_what_is_too_long_is_said_as_jira_says_it(bot: httpx.Client) -> None:
    assert bot.post(COMMENTS, json={"body": "x" * 32_767}).status_code == 201
    words = "The entered text is too long. It exceeds the allowed limit of 32,767 characters."
    assert bot.post(COMMENTS, json={"body": "x" * 32_768}).json()["errors"] == {"comment": words}


def test_a_restricted_comment_is_for_its_role_alone(play: Play, bot: httpx.Client) -> None:
    made = bot.post(COMMENTS, json={"body": "inside", "visibility": DEVELOPERS}).json()
    assert made["visibility"] == DEVELOPERS
    outside = play.client(play.people.attacker)
    assert outside.get(COMMENTS).json()["total"] == 0
    assert outside.get(f"{COMMENTS}/{made['id']}").status_code == 404
    assert outside.get("/rest/api/2/issue/PAY-1").json()["fields"]["comment"]["total"] == 0
    assert outside.get(f"/rest/api/2/comment/{made['id']}/properties").status_code == 404
    assert play.client(play.people.linked).get(COMMENTS).json()["total"] == 1


def test_a_group_hides_a_comment_even_from_its_author(play: Play) -> None:
    hidden = Visibility("group", "jira-administrators")
    comment = play.jira.comment("PAY-1", play.people.linked, "x", hidden)
    assert play.client(play.people.linked).get(f"{COMMENTS}/{comment.id}").status_code == 404
    assert play.client(play.people.administrator).get(f"{COMMENTS}/{comment.id}").status_code == 200


def test_a_restriction_that_is_not_repeated_is_lifted(play: Play, bot: httpx.Client) -> None:
    made = bot.post(COMMENTS, json={"body": "inside", "visibility": DEVELOPERS}).json()
    address = f"{COMMENTS}/{made['id']}"
    assert bot.put(address, json={"body": "x", "visibility": DEVELOPERS}).json()["visibility"] == DEVELOPERS
    assert "visibility" not in bot.put(address, json={"body": "x"}).json()


def test_others_comments_are_not_for_editing(play: Play, bot: httpx.Client) -> None:
    comment = play.jira.comment("PAY-1", play.people.linked, "mine")
    assert bot.put(f"{COMMENTS}/{comment.id}", json={"body": "yours"}).status_code == 400
    assert bot.delete(f"{COMMENTS}/{comment.id}").status_code == 403
    admin = play.client(play.people.administrator)
    edited = admin.put(f"{COMMENTS}/{comment.id}", json={"body": "ours"}).json()
    assert (edited["author"]["name"], edited["updateAuthor"]["name"]) == ("lina", "ada")


def test_a_comment_of_another_issue_is_not_found(play: Play, bot: httpx.Client) -> None:
    comment = play.jira.comment("PAY-2", play.people.linked, "elsewhere")
    assert bot.get(f"{COMMENTS}/{comment.id}").status_code == 404


def test_a_comment_brings_its_properties(bot: httpx.Client) -> None:
    marked = {"body": "x", "properties": [{"key": "handover", "value": {"run": "7"}}]}
    comment = bot.post(COMMENTS, json=marked).json()
    address = f"/rest/api/2/comment/{comment['id']}/properties"
    assert [one["key"] for one in bot.get(address).json()["keys"]] == ["handover"]
    assert bot.get(f"{address}/handover").json() == {"key": "handover", "value": {"run": "7"}}
    assert bot.put(f"{address}/handover", json=1).status_code == 200
    assert bot.put(f"{address}/further", json=None).status_code == 400
    assert bot.put(f"{address}/further", json="x").status_code == 201
    assert bot.delete(f"{address}/further").status_code == 204
    assert bot.get(f"{address}/further").status_code == 404


def test_properties_of_others_comments_are_not_for_writing(play: Play, bot: httpx.Client) -> None:
    comment = play.jira.comment("PAY-1", play.people.linked, "mine")
    address = f"/rest/api/2/comment/{comment.id}/properties/handover"
    assert bot.put(address, json=1).status_code == 403
    assert bot.get(address).status_code == 404
    assert bot.post(COMMENTS, json={"body": "x", "properties": [{"key": "k" * 256, "value": 1}]}).status_code == 400


def test_a_comment_is_rendered_where_asked_for(bot: httpx.Client) -> None:
    comment = bot.post(COMMENTS, json={"body": "*bold* <b>"}).json()
    assert "renderedBody" not in comment
    rendered = bot.get(f"{COMMENTS}/{comment['id']}?expand=renderedBody").json()["renderedBody"]
    assert rendered == "<p><b>bold</b> &lt;b&gt;</p>"
