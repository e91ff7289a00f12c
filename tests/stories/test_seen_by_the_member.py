"""What the agent is told is read with the member's own token of Jira, and never shows more than the member sees."""

import re
from collections.abc import Iterator
from html import unescape

import httpx
import pytest

from handover.demo.preparing import PASSWORD
from standins.jira.oauth.records import Grant
from tests.stories.test_secrets import read
from tests.stories.world import World

PAGE = "/settings/integrations/jira-dc"


class Browser:
    """Lina's browser on Handover and on Jira: it follows what leads on, as a person would."""

    def __init__(self, world: World, http: httpx.Client) -> None:
        self._world, self._http = world, http
        self._http.get("/sign-in")
        self.post("/sign-in", login="lina", password=PASSWORD)

    def page(self, address: str) -> str:
        return unescape(self._http.get(address).text)

    def post(self, address: str, **form: str) -> str:
        token = self._http.cookies.get("handover_csrf", domain="127.0.0.1") or ""
        answer = self._http.post(address, data={**form, "csrfmiddlewaretoken": token})
        assert answer.is_success, answer.text
        return unescape(answer.text)

    def connect(self) -> str:
        """Connect, allow it in Jira, confirm it here. Returns the page on which that ends."""
        leaving = self.post(f"{PAGE}/{self._world.rehearsal.connection['connection']}/connect")
        address = found(r'content="0; url=([^"]+)"', leaving)
        with httpx.Client(cookies={"you_are": self._world.linked.key}, trust_env=False) as jira:
            consent = jira.get(address, follow_redirects=True)
            back = jira.post(str(consent.url), data={"decision": "allow"}).headers["location"]
        confirm = self.page(back)
        assert "Are both of these yours?" in confirm
        return self.post(
            f"{PAGE}/confirm", proposal=found(r'name="proposal" value="([^"]+)"', confirm), decision="link"
        )

    def disconnect(self) -> str:
        return self.post(f"{PAGE}/{self._world.rehearsal.connection['connection']}/disconnect")


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, text
    return match[1]


@pytest.fixture
def browser(world: World) -> Iterator[Browser]:
    """Signed in as lina, whose link is an administrator's word again afterwards."""
    with httpx.Client(base_url=world.rehearsal.at.handover, follow_redirects=True, trust_env=False) as http:
        yield Browser(world, http)
    world.rehearsal.command("member", "link", "lina", "--jira-user", "lina")


def readers(world: World, issue: str) -> set[str]:
    """Who has read all comments of the issue. The bot does so in any case, to find its own."""
    address = f"/issue/{world.jira.issue_id(issue)}/comment"
    return {one.user for one in world.jira.requests if one.method == "GET" and one.path.endswith(address)}


def grant_of(world: World) -> Grant:
    return world.jira.oauth.grants[-1]


def test_connected_by_oauth_the_issue_is_read_as_the_member(world: World, browser: Browser) -> None:
    assert "in Jira you are Lina Linde (lina)" in browser.connect()
    assert world.ending().cause == "pull-request"
    assert "lina" in readers(world, world.issue)


def test_linked_by_an_administrators_word_the_bot_reads_it(world: World) -> None:
    assert world.ending().cause == "pull-request"
    assert "lina" not in readers(world, world.issue)


def test_an_issue_that_the_member_does_not_see(world: World, browser: Browser) -> None:
    browser.connect()
    project = f"SEC{len(world.jira.issues.projects)}"
    world.jira.project(project, lead=world.people.bot, members=[world.people.bot])
    issue = world.jira.add_issue(project, "A leak", f"Repository: {world.repository}", by=world.people.bot).key
    world.ask(issue=issue)
    run = world.ended(issue)
    assert (run.cause, "Jira does not show me this one with your account" in run.told) == ("refused", True)


def test_a_link_that_was_ended_in_jira_is_told_and_linked_again(world: World, browser: Browser) -> None:
    browser.connect()
    grant_of(world).revoke()
    run = world.ending()
    assert (run.cause, "no longer works" in run.told) == ("refused", True)
    assert f"{world.rehearsal.at.handover}{PAGE}" in run.told
    assert "Link again" in browser.page("/settings")
    browser.connect()
    world.ask()
    assert world.ended(count=2).cause == "pull-request"


def test_a_token_that_ended_is_renewed_on_the_way(world: World, browser: Browser) -> None:
    browser.connect()
    grant_of(world).access_until = 0.0
    before = world.jira.oauth.answered["refresh_token", "ok"]
    assert world.ending().cause == "pull-request"
    assert world.jira.oauth.answered["refresh_token", "ok"] == before + 1


def test_no_token_of_the_member_is_written_in_clear(world: World, browser: Browser) -> None:
    browser.connect()
    world.ending()
    tokens = (grant_of(world).access, grant_of(world).refresh)
    files = [file for file in world.rehearsal.folder.rglob("*") if file.is_file()]
    assert [file for file in files if any(token in read(file) for token in tokens)] == []
    assert "Disconnected from" in browser.disconnect()
    assert grant_of(world).access == ""
