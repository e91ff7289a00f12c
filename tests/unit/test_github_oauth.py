"""OAuth with GitHub, over real HTTP against the stand-in forge; and what a token says of itself."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from handover.forges.forge import (
    ABSENT,
    ForgeCredential,
    ForgeError,
    ForgeMissing,
    ForgeRefused,
    ForgeUnavailable,
    Identity,
    Rights,
)
from handover.forges.github import GitHub
from handover.forges.github_oauth import GitHubOAuth
from handover.lib import http, oauth
from handover.lib.oauth import Tokens
from standins.forge import StandInForge
from standins.forge.applications import Application
from standins.forge.cast import LINKED, acme
from tests.unit.forge_stage import on_stage
from tests.unit.test_standin_forge_api import DESCRIPTION, Description

T = TypeVar("T")
CALLBACK = "https://handover.example.com/integration/forge/callback"


@dataclass
class World:
    """A forge that knows our client."""

    forge: StandInForge
    url: str
    application: Application

    def ask(self, question: Callable[[GitHubOAuth], Awaitable[T]], *, secret: str = "", callback: str = CALLBACK) -> T:
        async def asked() -> T:
            async with http.client() as client:
                known = self.application
                return await question(
                    GitHubOAuth(
                        self.url,
                        client_id=known.client_id,
                        client_secret=secret or known.client_secret,
                        callback=callback,
                        http=client,
                    )
                )

        return asyncio.run(asked())

    def identity(self, token: str) -> Identity:
        async def asked() -> Identity:
            async with http.client() as client:
                return await GitHub(self.url, token, http=client).identity()

        return asyncio.run(asked())

    def address(self, verifier: str) -> str:
        async def made(github: GitHubOAuth) -> str:
            return github.authorization_url(state="st&te", verifier=verifier)

        return self.ask(made)

    def code(self, verifier: str) -> str:
        allowed = httpx.post(self.address(verifier), data={"login": LINKED, "decision": "allow"})
        back = parse_qs(urlsplit(allowed.headers["location"]).query)
        assert back["state"] == ["st&te"]
        return back["code"][0]

    def tokens(self) -> Tokens:
        verifier = oauth.new_verifier()
        code = self.code(verifier)
        return self.ask(lambda github: github.exchange(code, verifier=verifier))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    forge = StandInForge(tmp_path)
    acme(forge)
    application = forge.applications.register("Handover", CALLBACK, kind="github app")
    yield World(forge, on_stage(forge), application)
    forge.faults.clear()


# The flow


def test_the_address_to_go_to(world: World) -> None:
    verifier = oauth.new_verifier()
    parts = urlsplit(world.address(verifier))
    query = parse_qs(parts.query)
    assert parts.path == "/login/oauth/authorize"
    assert query["redirect_uri"] == [CALLBACK]
    assert (query["response_type"], query["code_challenge_method"], query["scope"]) == (["code"], ["S256"], ["repo"])
    assert len(query["code_challenge"][0]) == 43
    assert verifier not in parts.query


def test_states_and_verifiers_are_never_the_same() -> None:
    assert len({oauth.new_state() for _ in range(50)} | {oauth.new_verifier() for _ in range(50)}) == 100
    assert 43 <= len(oauth.new_verifier()) <= 128


def test_the_whole_way(world: World) -> None:
    tokens = world.tokens()
    assert (tokens.lifetime, tokens.scope) == (28_800, "")
    assert world.identity(tokens.access).account.login == LINKED
    fresh = world.ask(lambda github: github.refresh(tokens.refresh))
    assert world.identity(fresh.access).account.login == LINKED
    with pytest.raises(ForgeCredential):
        world.identity(tokens.access)
    with pytest.raises(ForgeCredential, match="Connect your account again"):
        world.ask(lambda github: github.refresh(tokens.refresh))


def test_a_classic_application(world: World) -> None:
    world.application = world.forge.applications.register("Old", CALLBACK, kind="oauth app")
    tokens = world.tokens()
    assert (tokens.refresh, tokens.lifetime, tokens.scope) == ("", 0, "repo")
    identity = world.identity(tokens.access)
    assert (identity.rights, identity.scopes, identity.ends) == (Rights.PUSH, ("repo",), ABSENT)


def test_revoked(world: World) -> None:
    tokens = world.tokens()
    world.ask(lambda github: github.revoke(tokens.access))
    with pytest.raises(ForgeCredential):
        world.identity(tokens.access)
    with pytest.raises(ForgeMissing, match="no longer knew the token"):
        world.ask(lambda github: github.revoke(tokens.access))


def test_the_call_that_revokes_is_described(world: World) -> None:
    made: list[httpx.Request] = []

    async def keep(request: httpx.Request) -> None:
        made.append(request)

    async def revoke(github: GitHubOAuth) -> None:
        github._http.event_hooks["request"].append(keep)
        await github.revoke("ghu_x")

    with pytest.raises(ForgeMissing):
        world.ask(revoke)
    Description(DESCRIPTION).check_request(made[0], "/applications/{client_id}/token")


def test_a_code_is_exchanged_with_its_own_verifier_only(world: World) -> None:
    code = world.code(oauth.new_verifier())
    with pytest.raises(ForgeRefused, match=r"no longer good\. Begin again"):
        world.ask(lambda github: github.exchange(code, verifier=oauth.new_verifier()))


def test_a_wrong_client_secret(world: World) -> None:
    verifier = oauth.new_verifier()
    code, tokens = world.code(verifier), world.tokens()
    calls: list[Callable[[GitHubOAuth], Awaitable[object]]] = [
        lambda github: github.exchange(code, verifier=verifier),
        lambda github: github.refresh(tokens.refresh),
        lambda github: github.revoke(tokens.access),
    ]
    for call in calls:
        with pytest.raises(ForgeRefused, match="client ID or its secret") as refused:
            world.ask(call, secret="wrong-secret")
        assert type(refused.value) is ForgeRefused
        assert "wrong-secret" not in str(refused.value)


def test_an_unknown_client(world: World) -> None:
    world.application.client_id = "unknown"
    with pytest.raises(ForgeRefused, match="client ID or its secret"):
        world.ask(lambda github: github.exchange("code", verifier="v" * 43))


def test_another_callback(world: World) -> None:
    verifier = oauth.new_verifier()
    code = world.code(verifier)
    with pytest.raises(ForgeRefused, match=r"registers http://elsewhere\.example/ there"):
        world.ask(lambda github: github.exchange(code, verifier=verifier), callback="http://elsewhere.example/")


# When the token endpoint is not well

TROUBLES: dict[str, tuple[int, bytes, type[ForgeError], str]] = {
    "a page": (200, b"<html>Sign in</html>", ForgeUnavailable, "did not answer as an OAuth server does"),
    "a form": (200, b"access_token=ghu_1&token_type=bearer", ForgeUnavailable, "did not answer as an OAuth server"),
    "nothing": (200, b"", ForgeUnavailable, "did not answer as an OAuth server does"),
    "no token": (200, b'{"scope": ""}', ForgeUnavailable, "did not answer as an OAuth server does"),
    "a list": (200, b"[]", ForgeUnavailable, "did not answer as an OAuth server does"),
    "a token of lines": (200, b'{"access_token": "ghu_1\\nX: y"}', ForgeUnavailable, "did not answer as an OAuth"),
    "a token of another script": (
        200,
        '{"access_token": "é"}'.encode(),
        ForgeUnavailable,
        "did not answer as an OAuth",
    ),
    "a very long token": (200, b'{"access_token": "' + b"x" * 5000 + b'"}', ForgeUnavailable, "did not answer as an"),
    "elsewhere": (302, b"", ForgeUnavailable, "did not answer as an OAuth server does .status 302"),
    "broken": (500, b'{"error": "bad_refresh_token"}', ForgeUnavailable, "does not give tokens now .status 500"),
    "overloaded": (503, b"<html>", ForgeUnavailable, "does not give tokens now .status 503"),
    "too many": (429, b"", ForgeUnavailable, "does not give tokens now .status 429"),
    "too large": (200, b"x" * 70_000, ForgeUnavailable, "sent more than 65536 bytes"),
    "an unknown error": (200, b'{"error": "odd", "error_description": "Because."}', ForgeRefused, "refuses: Because."),
    "an error alone": (400, b'{"error": "odd"}', ForgeRefused, "refuses: odd"),
    "an address not confirmed": (200, b'{"error": "unverified_user_email"}', ForgeRefused, "Confirm your primary"),
    "a long reason": (400, b'{"error": "' + b"x" * 5000 + b'"}', ForgeRefused, "x" * 300 + "$"),
}


@pytest.mark.parametrize("case", TROUBLES.values(), ids=TROUBLES)
def test_trouble(world: World, case: tuple[int, bytes, type[ForgeError], str]) -> None:
    status, body, kind, sentence = case
    world.forge.faults.add(path="access_token$", status=status, body=body)
    with pytest.raises(kind, match=sentence) as trouble:
        world.ask(lambda github: github.refresh("ghr_secret"))
    assert type(trouble.value) is kind
    assert "ghr_secret" not in str(trouble.value)


def test_a_connection_that_is_cut(world: World) -> None:
    world.forge.faults.add(lose=True)
    for call in (lambda github: github.refresh("r"), lambda github: github.revoke("t")):
        with pytest.raises(ForgeUnavailable, match="cannot be reached"):
            world.ask(call)


def test_a_token_endpoint_that_does_not_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oauth, "MOST_SECONDS", 0.2)
    world.forge.faults.add(path="access_token$", hold=True)
    began = time.monotonic()
    with pytest.raises(ForgeUnavailable, match="did not answer within"):
        world.ask(lambda github: github.refresh("r"))
    assert time.monotonic() - began < 5


ODD_LIFETIMES = {b'"28800"': 28800, b"-5": 0, b"null": 0, b"999999999999999": 315_360_000}


@pytest.mark.parametrize(("told", "seconds"), ODD_LIFETIMES.items(), ids=[key.decode() for key in ODD_LIFETIMES])
def test_odd_lifetimes(world: World, told: bytes, seconds: int) -> None:
    body = b'{"access_token": "ghu_1", "refresh_token": null, "scope": null, "expires_in": ' + told + b"}"
    world.forge.faults.add(path="access_token$", status=200, body=body)
    tokens = world.ask(lambda github: github.refresh("r"))
    assert (tokens.access, tokens.refresh, tokens.scope, tokens.lifetime) == ("ghu_1", "", "", seconds)


def test_tokens_are_not_in_what_is_printed(world: World) -> None:
    tokens = world.tokens()
    assert tokens.access not in repr(tokens)
    client = oauth.Client("https://a/", "https://b/", "id", "very-secret", "https://c/")
    assert "very-secret" not in repr(client)
