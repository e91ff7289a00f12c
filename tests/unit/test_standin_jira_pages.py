"""The stand-in Jira's pages: what a person sees and does there without signing in."""

from collections.abc import Iterator

import httpx
import pytest

from standins.jira.records import Visibility
from tests.unit.test_standin_jira import Play, playing

PAGE = "/browse/PAY-1"


@pytest.fixture
def play() -> Iterator[Play]:
    with playing() as play:
        yield play


@pytest.fixture
def browser(play: Play) -> httpx.Client:
    """A person's browser: its name begins as all browsers' do, and it says where its forms come from."""
    origin = play.url.removesuffix("/jira")
    browser = play.client(**{"User-Agent": "Mozilla/5.0", "Origin": origin})
    browser.follow_redirects = True
    return browser


def test_the_list(browser: httpx.Client) -> None:
    page = browser.get("/")
    assert page.status_code == 200
    assert [key in page.text for key in ("PAY-1", "PAY-2", "PAY-3")] == [True] * 3
    assert 'href="/jira/browse/PAY-1"' in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_the_bare_address_leads_to_the_list(play: Play, browser: httpx.Client) -> None:
    assert browser.get(play.url.removesuffix("/jira") + "/").url.path == "/jira/"


def test_an_issue(play: Play, browser: httpx.Client) -> None:
    play.jira.label("PAY-1", add="openhands", by=play.people.linked)
    comment = play.jira.comment("PAY-1", play.people.bot, "I am *at work*. <script>")
    comment.reactions["1f44d"] = [play.people.linked.key]
    link = {"object": {"url": "https://forge.acme.example/pull/1", "title": "Pull request 1", "summary": "open"}}
    play.client(play.people.bot).post("/rest/api/2/issue/PAY-1/remotelink", json=link)
    page = browser.get(PAGE).text
    assert "The total of a cart ignores quantities" in page
    assert "I am <b>at work</b>. &lt;script&gt;" in page
    assert '<span class="reaction" title="Lina Linde"><svg' in page
    assert '<a href="https://forge.acme.example/pull/1"' in page
    assert "openhands" in page
    assert browser.get(f"{PAGE}/panel").text in page


def test_links_to_elsewhere_than_the_web_are_only_words(play: Play, browser: httpx.Client) -> None:
    link = {"object": {"url": "javascript:alert(1)", "title": "<b>x"}}
    play.client(play.people.bot).post("/rest/api/2/issue/PAY-1/remotelink", json=link)
    page = browser.get(PAGE).text
    assert "javascript:" not in page
    assert "&lt;b&gt;x" in page


def test_commenting(play: Play, browser: httpx.Client) -> None:
    done = browser.post(f"{PAGE}/comment", data={"body": "@openhands\r\nplease fix this"})
    assert (done.status_code, done.url.path) == (200, "/jira/browse/PAY-1")
    (comment,) = play.jira.comments("PAY-1")
    assert (comment.author, comment.body) == (play.people.linked, "@openhands\r\nplease fix this")
    browser.post(f"{PAGE}/comment", data={"body": "  "})
    assert len(play.jira.comments("PAY-1")) == 1


def test_who_one_is_is_remembered(play: Play, browser: httpx.Client) -> None:
    page = browser.post("/you-are", data={"key": "JIRAUSER10102", "issue": "PAY-1"})
    assert page.url.path == "/jira/browse/PAY-1"
    assert '<option value="JIRAUSER10102" selected>' in page.text
    assert page.headers["X-AUSERNAME"] == "uwe"
    browser.post(f"{PAGE}/comment", data={"body": "x"})
    assert play.jira.comments("PAY-1")[0].author == play.people.unlinked
    browser.post("/you-are", data={"key": "unknown"})
    assert browser.get(PAGE).headers["X-AUSERNAME"] == "uwe"


def test_the_cookie_is_no_sign_in_for_rest(browser: httpx.Client) -> None:
    browser.post("/you-are", data={"key": "JIRAUSER10100"})
    assert browser.get("/rest/api/2/myself").status_code == 401


def test_labels(play: Play, browser: httpx.Client) -> None:
    browser.post(f"{PAGE}/labels", data={"add": "openhands second"})
    assert play.jira.issue("PAY-1").labels == ["openhands", "second"]
    browser.post(f"{PAGE}/labels", data={"remove": "second"})
    assert play.jira.issue("PAY-1").labels == ["openhands"]
    assert [history.author for history in play.jira.issue("PAY-1").histories] == [play.people.linked] * 2


@pytest.mark.parametrize("header", ["Origin", "Referer"])
def test_forms_from_elsewhere_are_refused(play: Play, browser: httpx.Client, header: str) -> None:
    del browser.headers["Origin"]
    for path in (f"{PAGE}/comment", f"{PAGE}/labels", "/you-are"):
        answer = browser.post(path, data={"body": "x", "add": "x"}, headers={header: "https://evil.example/x"})
        assert answer.status_code == 403
    assert play.jira.comments("PAY-1") == []
    assert play.jira.issue("PAY-1").labels == []


def test_restricted_comments_are_only_for_their_readers(play: Play, browser: httpx.Client) -> None:
    play.jira.comment("PAY-1", play.people.linked, "among us", Visibility("role", "Developers"))
    assert "among us" in browser.get(PAGE).text
    assert "only Developers" in browser.get(PAGE).text
    browser.post("/you-are", data={"key": play.people.attacker.key})
    assert "among us" not in browser.get(PAGE).text


def test_what_is_not_there(play: Play, browser: httpx.Client) -> None:
    assert browser.get("/browse/PAY-99").status_code == 404
    assert browser.post("/browse/PAY-99/comment", data={"body": "x"}).status_code == 404
    play.jira.delete_issue("PAY-1")
    assert browser.get(f"{PAGE}/panel").status_code == 404
