"""The stand-in Jira's search: the JQL that is understood, what it says of all other, and pages."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from tests.unit.test_standin_jira import Play, playing

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC).timestamp()


class Clock:
    now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def play() -> Iterator[Play]:
    """PAY-1 and PAY-2 are as they were at noon; PAY-3 was labelled at 12:10. It is 12:12."""
    clock = Clock()
    with playing(clock=clock) as play:
        clock.now = NOON + 600
        play.jira.label("PAY-3", add="openhands", by=play.people.linked)
        clock.now = NOON + 720
        yield play


@pytest.fixture
def bot(play: Play) -> httpx.Client:
    return play.client(play.people.bot)


@pytest.mark.parametrize(
    ("jql", "found"),
    {
        "a project": ("project = PAY ORDER BY key ASC", ["PAY-1", "PAY-2", "PAY-3"]),
        "in lower case": ("PROJECT = pay order by KEY desc", ["PAY-3", "PAY-2", "PAY-1"]),
        "keys": ("key in (PAY-1, 'PAY-3') ORDER BY key", ["PAY-1", "PAY-3"]),
        "one key": ("issuekey = PAY-2", ["PAY-2"]),
        "a label": ('project = "PAY" AND labels = openhands', ["PAY-3"]),
        "one of two labels": ("labels in (openhands, other)", ["PAY-3"]),
        "labels by case": ("labels = OpenHands", []),
        "since a minute": ('updated >= "2026-03-05 12:10" AND project = PAY', ["PAY-3"]),
        "since the next minute": ('updated >= "2026-03-05 12:11"', []),
        "since a day": ("updated >= 2026-03-05 ORDER BY key", ["PAY-1", "PAY-2", "PAY-3"]),
        "five minutes back": ("updated >= -5m", ["PAY-3"]),
        "one minute back": ("updated >= -1m", []),
        "latest change first": ("ORDER BY updated DESC, key DESC", ["PAY-3", "PAY-2", "PAY-1"]),
        "nothing asked": ("order by key", ["PAY-1", "PAY-2", "PAY-3"]),
    }.values(),
)
def test_understood(bot: httpx.Client, jql: str, found: list[str]) -> None:
    answer = bot.get("/rest/api/2/search", params={"jql": jql})
    assert answer.status_code == 200, answer.text
    assert [issue["key"] for issue in answer.json()["issues"]] == found
    posted = bot.post("/rest/api/2/search", json={"jql": jql, "fields": ["summary"]}).json()
    assert [issue["key"] for issue in posted["issues"]] == found


@pytest.mark.parametrize(
    ("jql", "words"),
    [
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'."),
        ("key in (PAY-1, PAY-99)", "An issue with key 'PAY-99' does not exist for field 'key'."),
        ("assignee = lina", "Field 'assignee' does not exist"),
        ("project ~ PAY", "The operator '~' is not supported by the 'project' field."),
        ("project = PAY OR key = PAY-1", "got 'OR'"),
        ("project", "Expecting operator but the query ended"),
        ("project = ", "Expecting a value but the query ended"),
        ('updated >= "yesterday"', "Date value 'yesterday' for field 'updated' is invalid"),
        ('project = "PAY', "is not completed"),
        ("(project = PAY)", "Error in the JQL Query"),
        ("project = PAY ORDER BY votes", "Not able to sort using field 'votes'."),
        ("key in PAY-1", "Expecting '('"),
    ],
)
def test_not_understood(bot: httpx.Client, jql: str, words: str) -> None:
    answer = bot.get("/rest/api/2/search", params={"jql": jql})
    assert answer.status_code == 400
    assert words in answer.json()["errorMessages"][0]
    assert answer.json()["errors"] == {}


def test_pages(play: Play, bot: httpx.Client) -> None:
    for number in range(60):
        play.jira.add_issue("PAY", str(number), by=play.people.linked)
    first = bot.get("/rest/api/2/search?jql=").json()
    assert (first["maxResults"], first["total"], len(first["issues"])) == (50, 63, 50)
    assert len(bot.get("/rest/api/2/search?jql=&startAt=50").json()["issues"]) == 13
    many = bot.post("/rest/api/2/search", json={"jql": "", "maxResults": 5000}).json()
    assert (many["maxResults"], len(many["issues"])) == (1000, 63)


def test_fields_and_expansions(bot: httpx.Client) -> None:
    plain = bot.get("/rest/api/2/search?jql=key=PAY-3").json()["issues"][0]
    assert "comment" not in plain["fields"]
    body = {"jql": "key = PAY-3", "fields": ["labels", "comment"], "expand": ["changelog"]}
    issue = bot.post("/rest/api/2/search", json=body).json()["issues"][0]
    assert set(issue["fields"]) == {"labels", "comment"}
    assert issue["changelog"]["histories"][0]["items"][0]["toString"] == "openhands"


def test_the_time_is_that_of_the_askers_zone(play: Play) -> None:
    from dataclasses import replace

    play.jira.people.add(replace(play.people.bot, time_zone="Asia/Tokyo"))
    bot = play.client(play.people.bot)
    found = bot.get("/rest/api/2/search", params={"jql": 'updated >= "2026-03-05 21:10"'}).json()["issues"]
    assert [issue["key"] for issue in found] == ["PAY-3"]


def test_the_index_may_lag(play: Play, bot: httpx.Client) -> None:
    play.jira.settings.index_lag_seconds = 200
    found = bot.get("/rest/api/2/search?jql=order by key").json()["issues"]
    assert [issue["key"] for issue in found] == ["PAY-1", "PAY-2"]
