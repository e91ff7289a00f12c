"""The stand-in Jira over real HTTP: what it says of itself, who is who, and who it believes."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from standins.jira import StandInJira
from standins.jira.cast import People, acme
from standins.serving import Served


@dataclass(frozen=True)
class Play:
    """A stand-in Jira with its cast, served."""

    jira: StandInJira
    people: People
    url: str
    closing: ExitStack

    def client(self, user: object = None, **headers: str) -> httpx.Client:
        """An honest client of a user, or of nobody."""
        token = {"Authorization": f"Bearer {self.jira.token_for(user)}"} if user else {}  # type: ignore[arg-type]
        client = httpx.Client(base_url=self.url, headers={"User-Agent": "tests", **token, **headers}, trust_env=False)
        return self.closing.enter_context(client)


class Stage:
    """Serves whatever app is on it: one server for all tests of a process, which starts and stops once."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None
        self.url = Served(self).url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the app that is on."""
        assert self.app
        await self.app(scope, receive, send)


the_stage = cache(Stage)


@contextmanager
def playing(**settings: object) -> Iterator[Play]:
    """A stand-in Jira for one test."""
    jira = StandInJira(**settings)  # type: ignore[arg-type]
    people = acme(jira)
    stage = the_stage()
    stage.app = jira.app
    jira.base_url = f"{stage.url}{jira.base_path}"
    with ExitStack() as closing:
        closing.callback(jira.close)
        yield Play(jira, people, jira.base_url, closing)


def eventually(look: Callable[[], object], what: str, *, seconds: float = 5.0) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if look():
            return
        time.sleep(0.01)
    raise AssertionError(f"Not within {seconds} s: {what}")


@pytest.fixture
def play() -> Iterator[Play]:
    with playing() as play:
        yield play


def test_server_info_is_for_anyone(play: Play) -> None:
    info = play.client().get("/rest/api/2/serverInfo?doHealthCheck=true").json()
    assert (info["deploymentType"], info["versionNumbers"][:2]) == ("Server", [10, 3])
    assert info["baseUrl"] == play.url
    assert "healthChecks" not in info


def test_myself(play: Play) -> None:
    answer = play.client(play.people.bot).get("/rest/api/2/myself")
    me = answer.json()
    assert (me["key"], me["name"], me["emailAddress"]) == ("JIRAUSER10001", "openhands", "openhands-bot@acme.example")
    assert me["self"] == f"{play.url}/rest/api/2/user?username=openhands"
    assert "accountId" not in me


def test_every_answer_says_who_it_is_for(play: Play) -> None:
    play.jira.add_user("jörg müller", "Jörg Müller", key="JIRAUSER10500")
    user = play.jira.people.by_name("jörg müller")
    headers = play.client(user).get("/rest/api/2/myself").headers
    assert headers["X-AUSERNAME"] == "j%C3%B6rg%20m%C3%BCller"
    assert headers["X-Seraph-LoginReason"] == "OK"
    assert headers["X-AREQUESTID"]
    assert headers["X-ANODEID"] == "node1"
    nobody = play.client().get("/rest/nothing").headers
    assert (nobody["X-AUSERNAME"], nobody["X-Seraph-LoginReason"]) == ("anonymous", "OK")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/rest/api/2/serverInfo", 200),
        ("/rest/api/2/project", 200),
        ("/rest/api/2/search?jql=", 200),
        ("/rest/api/2/search?jql=project=PAY", 400),
        ("/rest/api/2/myself", 401),
        ("/rest/api/2/mypermissions", 401),
        ("/rest/api/2/user?key=JIRAUSER10101", 401),
        ("/rest/api/2/issue/PAY-1", 401),
        ("/rest/api/2/project/PAY", 404),
    ],
)
def test_a_bad_token_is_served_as_nobody(play: Play, path: str, status: int) -> None:
    answer = play.client(Authorization="Bearer wrong").get(path)
    assert answer.status_code == status
    assert answer.headers["X-AUSERNAME"] == "anonymous"
    assert answer.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"


def test_nobody_finds_nothing_and_is_not_told_so(play: Play) -> None:
    assert play.client().get("/rest/api/2/search?jql=").json()["total"] == 0
    assert play.client().get("/rest/api/2/project").json() == []


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_nobody_is_answered_for_an_issue_is_a_setting(play: Play, status: int) -> None:
    play.jira.settings.anonymous_issue = status
    answer = play.client().get("/rest/api/2/issue/PAY-1")
    assert answer.status_code == status
    assert answer.json()["errorMessages"]


def test_a_bad_token_may_also_be_refused(play: Play) -> None:
    play.jira.settings.bad_token = "refused"
    answer = play.client(Authorization="Bearer wrong").get("/rest/api/2/serverInfo")
    assert answer.status_code == 401
    assert answer.json()["status-code"] == 401


def test_a_revoked_and_an_expired_token_are_nobodys() -> None:
    now = [1_000_000.0]
    with playing(clock=lambda: now[0]) as play:
        token = play.jira.token_for(play.people.linked, days=1)
        client = play.client(Authorization=f"Bearer {token}")
        assert client.get("/rest/api/2/myself").status_code == 200
        now[0] += 86_401
        assert client.get("/rest/api/2/myself").status_code == 401
        other = play.jira.token_for(play.people.linked)
        play.jira.revoke(other)
        assert play.client(Authorization=f"Bearer {other}").get("/rest/api/2/myself").status_code == 401


def test_basic_sign_in_is_data_of_the_line() -> None:
    for line, status in (("10.3", 200), ("11.3", 401)):
        with playing(line=line) as play:
            play.jira.add_user("pat", "Pat", password="geheim")
            answer = httpx.get(f"{play.url}/rest/api/2/myself", auth=("pat", "geheim"), trust_env=False)
            assert answer.status_code == status


def test_a_wrong_password_is_refused(play: Play) -> None:
    answer = httpx.get(f"{play.url}/rest/api/2/serverInfo", auth=("lina", "wrong"), trust_env=False)
    assert (answer.status_code, answer.headers["X-Seraph-LoginReason"]) == (401, "AUTHENTICATED_FAILED")


def test_what_looks_like_a_browser_may_not_write(play: Play) -> None:
    browser = play.client(play.people.linked, **{"User-Agent": "Mozilla/5.0", "X-Atlassian-Token": "no-check"})
    answer = browser.post("/rest/api/2/issue/PAY-1/comment", json={"body": "x"})
    assert (answer.status_code, answer.text) == (403, "XSRF check failed")
    assert answer.headers["content-type"].startswith("text/plain")
    assert browser.get("/rest/api/2/issue/PAY-1").status_code == 200
    own = browser.post("/rest/api/2/issue/PAY-1/comment", json={"body": "x"}, headers={"Origin": play.url[:-5]})
    assert own.status_code == 201


def test_the_xsrf_check_comes_before_sign_in(play: Play) -> None:
    answer = play.client(**{"User-Agent": "Mozilla/5.0"}).post("/rest/api/2/issue/PAY-1/comment", json={"body": "x"})
    assert (answer.status_code, answer.text) == (403, "XSRF check failed")


@pytest.mark.parametrize(
    ("visibility", "seen"),
    [("show", "lina.linde@acme.example"), ("mask", "lina dot linde at acme dot example"), ("hide", None)],
)
def test_addresses_may_be_hidden(play: Play, visibility: str, seen: str | None) -> None:
    play.jira.settings.email_visibility = visibility  # type: ignore[assignment]
    found = play.client(play.people.bot).get("/rest/api/2/user?username=LINA").json()
    assert found.get("emailAddress") == seen
    assert found["key"] == "JIRAUSER10101"


@pytest.mark.parametrize(
    ("query", "status"),
    [("username=lina", 200), ("key=JIRAUSER10101", 200), ("key=lina", 404), ("username=nobody", 404), ("", 400)],
)
def test_a_user_by_name_or_key(play: Play, query: str, status: int) -> None:
    assert play.client(play.people.bot).get(f"/rest/api/2/user?{query}").status_code == status


def test_people_are_found(play: Play) -> None:
    found = play.client(play.people.bot).get("/rest/api/2/user/search?username=lin").json()
    assert [user["name"] for user in found] == ["lina"]
    everyone = play.client(play.people.bot).get("/rest/api/2/user/search?username=.&maxResults=2&startAt=1").json()
    assert [user["name"] for user in everyone] == ["uwe", "olga"]


def test_permissions(play: Play) -> None:
    def holds(user: object, query: str = "") -> dict[str, bool]:
        answer = play.client(user).get(f"/rest/api/2/mypermissions{query}").json()["permissions"]
        return {key: one["havePermission"] for key, one in answer.items()}

    assert holds(play.people.administrator)["ADMINISTER"]
    bot = holds(play.people.bot, "?issueKey=PAY-1")
    assert (bot["ADD_COMMENTS"], bot["ADMINISTER"], bot["SYSTEM_ADMIN"]) == (True, False, False)


def test_unknown_addresses_are_refused_in_jiras_shape(play: Play) -> None:
    for path in ("/rest/api/2/nothing", "/rest/webhooks/1.0/webhook", "/rest/api/3/myself"):
        answer = play.client(play.people.bot).get(path)
        assert (answer.status_code, answer.json()["status-code"]) == (404, 404)
    assert play.client(play.people.bot).put("/rest/api/2/myself", json={}).status_code == 405


def test_what_is_no_json_is_refused(play: Play) -> None:
    bot = play.client(play.people.bot)
    for body, kind, status in (
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"x", "text/xml", 415),
    ):
        answer = bot.post("/rest/api/2/issue/PAY-1/comment", content=body, headers={"Content-Type": kind})
        assert answer.status_code == status


def test_tokens_are_ones_own(play: Play) -> None:
    lina = play.client(play.people.linked)
    made = lina.post("/rest/pat/latest/tokens", json={"name": "mine", "expirationDuration": 90})
    assert made.status_code == 201
    raw, token_id = made.json()["rawToken"], made.json()["id"]
    assert play.client(Authorization=f"Bearer {raw}").get("/rest/api/2/myself").json()["name"] == "lina"
    (listed,) = [token for token in lina.get("/rest/pat/latest/tokens").json() if token["id"] == token_id]
    assert listed["expiringAt"]
    assert "rawToken" not in listed
    assert play.client(play.people.administrator).delete(f"/rest/pat/latest/tokens/{token_id}").status_code == 404
    assert lina.delete(f"/rest/pat/latest/tokens/{token_id}").status_code == 204
    assert play.client().get("/rest/pat/latest/tokens").status_code == 401


def test_requests_are_kept(play: Play) -> None:
    play.client(play.people.bot).get("/rest/api/2/issue/PAY-1")
    request = play.jira.requests[-1]
    assert (request.method, request.path, request.user, request.status) == (
        "GET",
        "/jira/rest/api/2/issue/PAY-1",
        "openhands",
        200,
    )


def test_a_line_is_data() -> None:
    with playing(line="9.12") as play:
        assert play.client().get("/rest/api/2/serverInfo?doHealthCheck=true").json()["healthChecks"] == []
        admin = play.client(play.people.administrator)
        assert admin.get("/rest/jira-webhook/1.0/webhooks").status_code == 404
        assert admin.post("/rest/internal/2/reactions", json={}).status_code == 404


def test_a_jira_without_context_path() -> None:
    with playing(base_path="") as play:
        assert play.client(play.people.bot).get("/rest/api/2/issue/PAY-1").json()["self"].startswith(f"{play.url}/rest")
        assert play.client().get("/").status_code == 200
