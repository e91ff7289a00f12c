"""Whether Jira takes Handover's OAuth client and callback: what can be told while nobody is signed in, and what not."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from handover import settings
from handover.configuration import network
from handover.configuration.declared import JiraHost
from handover.doctor import application, oauth
from handover.doctor.application import callback_judged, refusal_judged
from handover.doctor.checks import Check
from handover.lib.oauth import Client, OAuthRefused
from tests.doctor.world import World, served

BASE_URL = "https://jira.acme.example/jira"
CALLBACK = "https://handover.acme.example/integration/jira-dc/callback"
CLIENT = Client(f"{BASE_URL}/authorize", f"{BASE_URL}/token", "client", "secret", CALLBACK, "READ")


@pytest.fixture
def world(django_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with served(World(tmp_path), monkeypatch) as world:
        yield world


def another_callback(world: World) -> None:
    for known in list(world.jira.oauth.applications.values()):
        world.jira.oauth.applications[known.id] = replace(known, redirect_uris=(f"{settings.PUBLIC_URL}/callback",))


def answers(path: str, status: int, body: bytes = b"<title>Not here</title>") -> Callable[[World], None]:
    headers = {"content-type": "text/html"}
    return lambda world: world.jira.faults.add(path=path, status=status, headers=headers, body=body)


FAULTS: dict[str, tuple[Callable[[World], object], str, str, str]] = {
    "another client ID": (
        lambda world: world.configure(client_id="another"),
        application.CLIENT,
        "does not accept the client ID or the client secret (invalid_client)",
        "Copy both anew",
    ),
    "another client secret": (
        lambda world: world.configure(client_secret="another"),
        application.CLIENT,
        "does not accept the client ID or the client secret (invalid_client)",
        "Console › Jira Data Center Integration",
    ),
    "a callback that is not registered": (
        another_callback,
        application.CALLBACK,
        "/integration/jira-dc/callback is no redirect URL of its application link",
        "Enter it there, to the letter",
    ),
    "a scope that the link does not allow": (
        lambda world: world.configure(scope="WRITE"),
        application.CALLBACK,
        "the scope WRITE: invalid_scope",
        "allow the scope WRITE",
    ),
    "a Jira without OAuth": (
        answers("/rest/oauth2/latest/token", 404),
        application.CLIENT,
        "did not answer as an OAuth server does (status 404)",
        "Jira 8.22 or later",
    ),
    "an OAuth that fails": (
        answers("/rest/oauth2/latest/token", 500),
        application.CLIENT,
        "status 500",
        "Jira's log",
    ),
    "a refusal of another kind": (
        answers("/rest/oauth2/latest/token", 400, b'{"error": "unsupported_grant_type"}'),
        application.CLIENT,
        "with unsupported_grant_type",
        "application link",
    ),
    "a token for every code": (
        answers("/rest/oauth2/latest/token", 200, b'{"access_token": "any"}'),
        application.CLIENT,
        "a code that no Jira ever gave",
        "it is no Jira",
    ),
    "browsers that get no answer": (
        lambda world: world.jira.faults.add(path="/rest/oauth2/latest/authorize", lose=True),
        application.CALLBACK,
        "does not answer browsers",
        "connection errors",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_oauth_is_found_and_named(world: World, name: str) -> None:
    put_in, check, cause, next_step = FAULTS[name]
    put_in(world)
    (found,) = world.wrong()
    assert found.name.startswith(f"{check}: ")
    assert cause in found.cause
    assert next_step in found.next_step


def test_one_examination_asks_once_and_nobody_is_signed_in(world: World) -> None:
    assert world.wrong() == []
    assert world.jira.oauth.answered == {("authorization_code", "invalid_request"): 1}
    asked = [request for request in world.jira.requests if "/oauth2/" in request.path]
    assert [(request.method, request.path.rpartition("/")[2]) for request in asked] == [
        ("POST", "token"),
        ("GET", "authorize"),
    ]
    assert world.jira.oauth.grants == []


def test_it_says_what_only_somebody_signed_in_can_find(world: World) -> None:
    assert "takes the client ID and the client secret" in world.named(application.CLIENT).found
    found = world.named(application.CALLBACK).found
    assert "shows only when somebody signed in to Jira links" in found
    assert f"{settings.PUBLIC_URL}/integration/jira-dc/callback" in found


def test_with_the_email_match_no_client_is_asked(world: World) -> None:
    world.configure(linking="email")
    assert world.wrong() == []
    assert not any("/oauth2/" in request.path for request in world.jira.requests)


@pytest.mark.parametrize("code", ["invalid_grant", "invalid_request"])
def test_who_minds_the_code_alone_has_taken_the_client(code: str) -> None:
    assert refusal_judged(OAuthRefused(code, "The code is unknown"), CLIENT, BASE_URL).ok


@pytest.mark.parametrize("code", ["invalid_client", "unauthorized_client"])
def test_who_does_not_know_the_client_says_so(code: str) -> None:
    check = refusal_judged(OAuthRefused(code, "Who?"), CLIENT, BASE_URL)
    assert not check.ok
    assert CALLBACK in check.next_step


ANSWERS: dict[str, tuple[int, str, bool, str]] = {
    "on to the consent": (302, f"{BASE_URL}/plugins/servlet/oauth2/consent?client_id=client", True, "on. Whether"),
    "on to a sign-in elsewhere": (303, "https://login.acme.example/saml", True, "on. Whether"),
    "a page of its own": (200, "", True, "a page of its own (200)"),
    "a sign-in before Jira": (401, "", True, "a page of its own (401)"),
    "refused": (400, "", False, "no redirect URL"),
    "back with an error": (302, f"{CALLBACK}?error=invalid_scope&error_description=No", False, "invalid_scope (No)."),
    "back without a reason": (302, CALLBACK, False, "no error."),
    "to what only begins like the callback": (302, f"{CALLBACK}.evil?error=x", True, "on. Whether"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_a_browser_is_answered(name: str) -> None:
    status, location, ok, words = ANSWERS[name]
    headers = {"Location": location} if location else {}
    answer = httpx.Response(status, headers=headers, request=httpx.Request("GET", f"{BASE_URL}/authorize"))
    check = callback_judged(answer, CLIENT, BASE_URL)
    assert check.ok is ok
    assert words in (check.found or check.cause)


ADDRESSES = {
    "both over https": (BASE_URL, CALLBACK.partition("/integration")[0], True, True),
    "on this machine": ("http://127.0.0.1:8081/jira", "http://localhost:8080", True, True),
    "Jira without https": ("http://jira.acme.example", "https://handover.acme.example", True, False),
    "we without https": (BASE_URL, "http://handover.acme.example", False, True),
}


@pytest.mark.parametrize("name", ADDRESSES)
def test_the_two_addresses(name: str) -> None:
    base_url, public_url, callback_ok, jira_ok = ADDRESSES[name]
    callback, jira = oauth.of_host(JiraHost(base_url=base_url, enabled=True), public_url=public_url)
    assert (callback.ok, jira.ok) == (callback_ok, jira_ok)


def test_what_is_said_of_a_rehearsal_does_not_contradict_itself() -> None:
    host = JiraHost(base_url="http://127.0.0.1:8081/jira", enabled=True)
    callback, jira = oauth.of_host(host, public_url="http://127.0.0.1:8080")
    for check in (callback, jira):
        assert "https alone" not in check.found
        assert "without https, as in a rehearsal" in check.found
        assert "https.requirement is set" in check.found


def test_a_secret_does_not_go_in_clear_over_the_network(world: World) -> None:
    world.configure(base_url="http://jira.acme.example", client_secret="a-client-secret")

    connection = world.connection

    async def asked() -> list[Check]:
        async with network.client() as client:
            return await application.checks_of(connection, http=client)

    # An attempt would be told as one that failed: there is no such host.
    assert asyncio.run(asked()) == []
