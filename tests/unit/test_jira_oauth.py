"""A member's own token from Jira: asked for, exchanged, renewed and ended, against the stand-in over real HTTP."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from handover.jira import oauth
from handover.jira.client import Jira, JiraAnonymous, JiraUnavailable
from handover.jira.oauth import JiraLinkLost, JiraOAuthRefused
from handover.lib import http
from handover.lib.oauth import Tokens, authorization_url
from standins.authority import Authority
from standins.jira import StandInJira
from standins.jira.cast import People, acme
from standins.serving import Served

T = TypeVar("T")
CALLBACK = "https://handover.acme.example/integration/jira-dc/callback"
VERIFIER = "v" * 64


class World:
    """A Jira with an application link, and a browser on which somebody says yes."""

    def __init__(self, jira: StandInJira, people: People, url: str) -> None:
        self.jira, self.people = jira, people
        self.base_url = f"{url}/jira"
        self.application = jira.register_oauth_client([CALLBACK])
        self.client = oauth.client_of(
            self.base_url,
            client_id=self.application.id,
            secret=self.application.secret,
            callback=CALLBACK,
            scope="READ",
        )

    def code(self) -> str:
        """What comes back when the linked member allows it."""
        asked = parse_qs(urlsplit(authorization_url(self.client, state="s", verifier=VERIFIER)).query)
        query = {name: values[0] for name, values in asked.items()}
        return self.jira.oauth.allow(self.jira.oauth.asked(query), self.people.linked).code

    def call(self, calls: Callable[[httpx.AsyncClient], Awaitable[T]], *, ca_pem: str = "") -> T:
        async def called() -> T:
            async with http.client(ca_pem=ca_pem) as client:
                return await calls(client)

        return asyncio.run(called())

    def exchange(self, code: str) -> Tokens:
        return self.call(lambda http: oauth.exchange(self.client, code, verifier=VERIFIER, http=http))

    def tokens(self) -> Tokens:
        return self.exchange(self.code())

    def name_of(self, access: str) -> str:
        async def asked(client: httpx.AsyncClient) -> str:
            return (await Jira(self.base_url, access, http=client).myself()).name

        return self.call(asked)


@pytest.fixture
def world() -> Iterator[World]:
    jira = StandInJira()
    people = acme(jira)
    with Served(jira.app) as served:
        yield World(jira, people, served.url)
    jira.close()


def test_where_the_member_is_sent(world: World) -> None:
    url = urlsplit(authorization_url(world.client, state="s", verifier=VERIFIER))
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert url.path == "/jira/rest/oauth2/latest/authorize"
    assert query.pop("code_challenge") not in ("", VERIFIER)
    assert query == {
        "response_type": "code",
        "client_id": world.application.id,
        "redirect_uri": CALLBACK,
        "scope": "READ",
        "state": "s",
        "code_challenge_method": "S256",
    }


def test_exchange_renew_and_end(world: World) -> None:
    first = world.tokens()
    assert (first.scope, first.lifetime, world.name_of(first.access)) == ("READ", 3600, "lina")
    second = world.call(lambda http: oauth.renewed(world.client, first.refresh, http=http))
    assert world.name_of(second.access) == "lina"
    with pytest.raises(JiraAnonymous):
        world.name_of(first.access)
    world.call(lambda http: oauth.revoke(world.client, second.refresh, http=http))
    with pytest.raises(JiraAnonymous):
        world.name_of(second.access)
    with pytest.raises(JiraLinkLost, match="Link again"):
        world.call(lambda http: oauth.renewed(world.client, second.refresh, http=http))


def test_a_code_holds_once_and_a_dead_one_is_told_alike(world: World) -> None:
    code = world.code()
    world.exchange(code)
    for dead in (code, "unknown"):
        with pytest.raises(JiraOAuthRefused, match=r"it lives for seconds.*Connect again"):
            world.exchange(dead)


def test_another_verifier_does_not_do(world: World) -> None:
    code = world.code()
    with pytest.raises(JiraOAuthRefused):
        world.call(lambda http: oauth.exchange(world.client, code, verifier="w" * 64, http=http))


def test_a_wrong_secret_is_the_administrators_to_mend_and_loses_no_link(world: World) -> None:
    tokens, code = world.tokens(), world.code()
    wrong = oauth.client_of(
        world.base_url, client_id=world.application.id, secret="wrong", callback=CALLBACK, scope="READ"
    )
    calls: list[Callable[[httpx.AsyncClient], Awaitable[object]]] = [
        lambda http: oauth.exchange(wrong, code, verifier=VERIFIER, http=http),
        lambda http: oauth.renewed(wrong, tokens.refresh, http=http),
        lambda http: oauth.revoke(wrong, tokens.refresh, http=http),
    ]
    for call in calls:
        with pytest.raises(JiraOAuthRefused, match="An administrator") as raised:
            world.call(call)
        assert not isinstance(raised.value, JiraLinkLost)
        assert "wrong" not in str(raised.value)


@pytest.mark.parametrize(
    ("status", "content_type", "body"),
    [
        pytest.param(500, "application/json", b'{"message":"FormParam"}', id="a failure"),
        pytest.param(503, "text/html", b"<html>", id="a proxy"),
        pytest.param(429, "application/json", b"{}", id="too many"),
        pytest.param(200, "text/html", b"<html>Log in", id="a login page"),
        pytest.param(302, "text/html", b"", id="a redirect"),
        pytest.param(200, "application/json", b"{}", id="no token"),
        pytest.param(200, "application/json", b'{"access_token": 7}', id="a number"),
        pytest.param(200, "application/json", b'{"access_token": "a\\nb"}', id="two lines"),
        pytest.param(200, "application/json", b'{"access_token": "' + b"a" * 70_000 + b'"}', id="endless"),
        pytest.param(200, "application/json", b"[" * 100_000, id="nested"),
    ],
)
def test_an_answer_that_is_none_may_be_tried_again(world: World, status: int, content_type: str, body: bytes) -> None:
    world.jira.faults.add(path="/oauth2/latest/token", status=status, body=body, headers={"content-type": content_type})
    code = world.code()
    for call in (
        lambda http: oauth.exchange(world.client, code, verifier=VERIFIER, http=http),
        lambda http: oauth.renewed(world.client, "r", http=http),
    ):
        with pytest.raises(JiraUnavailable, match=r"127\.0\.0\.1"):
            world.call(call)


def test_ending_a_token_where_jira_is_away(world: World) -> None:
    world.jira.faults.add(path="/oauth2/latest/revoke", status=502)
    with pytest.raises(JiraUnavailable, match="did not end"):
        world.call(lambda http: oauth.revoke(world.client, "t", http=http))
    world.jira.faults.clear()
    world.jira.faults.add(path="/oauth2/latest/revoke", lose=True)
    with pytest.raises(JiraUnavailable, match="cannot be reached"):
        world.call(lambda http: oauth.revoke(world.client, "t", http=http))


def test_a_private_ca_holds_for_tokens_too(tmp_path: Path) -> None:
    authority, jira = Authority(tmp_path), StandInJira()
    people = acme(jira)
    with Served(jira.app, tls=authority.identity(by_intermediate=True)) as served:
        world = World(jira, people, served.url)
        code = world.code()

        async def exchanged(http: httpx.AsyncClient) -> Tokens:
            return await oauth.exchange(world.client, code, verifier=VERIFIER, http=http)

        with pytest.raises(JiraUnavailable, match="certificate"):
            world.call(exchanged)
        assert world.call(exchanged, ca_pem=authority.root_pem).scope == "READ"
    jira.close()
