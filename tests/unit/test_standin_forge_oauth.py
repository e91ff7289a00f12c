"""The stand-in forge's OAuth: the consent page, the token endpoint, and what tokens of each kind may do."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from standins.forge import StandInForge
from standins.forge.applications import Application
from standins.forge.cast import ATTACKER, LINKED, WEB_APP, acme
from standins.serving import Served
from tests.unit.forge_stage import on_stage
from tests.unit.test_standin_forge_api import DESCRIPTION, Description

CALLBACK = "https://handover.example.com/integration/forge/callback"
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@dataclass
class Play:
    """A forge with an application, and a browser."""

    forge: StandInForge
    application: Application
    browser: httpx.Client

    def address(self, **query: str) -> str:
        wanted = {"client_id": self.application.client_id, "redirect_uri": CALLBACK, "state": "s 1&", **query}
        return str(httpx.URL("/login/oauth/authorize", params=wanted))

    def decide(self, decision: str = "allow", login: str = LINKED, **query: str) -> dict[str, str]:
        answer = self.browser.post(self.address(**query), data={"login": login, "decision": decision})
        assert answer.status_code == 302
        assert answer.headers["location"].startswith(CALLBACK)
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))

    def tokens(self, **form: str) -> dict[str, Any]:
        answer = self.browser.post(
            "/login/oauth/access_token",
            data={"client_id": self.application.client_id, "client_secret": self.application.client_secret, **form},
            headers={"Accept": "application/json"},
        )
        assert answer.status_code == 200
        told: dict[str, Any] = answer.json()
        return told

    def ask(self, token: str, path: str = "/user") -> httpx.Response:
        return self.browser.get(f"/api/v3{path}", headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    forge = StandInForge(tmp_path)
    acme(forge)
    application = forge.applications.register("Handover", CALLBACK, kind="github app")
    with httpx.Client(base_url=on_stage(forge)) as browser:
        yield Play(forge, application, browser)


@pytest.fixture
def classic(play: Play) -> Play:
    """The same, with a classic OAuth App."""
    play.application = play.forge.applications.register("Old <Handover>", CALLBACK, kind="oauth app")
    return play


def test_the_consent_page_asks_who_and_whether(classic: Play) -> None:
    page = classic.browser.get(classic.address(login=LINKED))
    for part in ("Authorize Old &lt;Handover&gt;?", "Lina Linde", "handover.example.com", "Cancel"):
        assert part in page.text
    assert "form-action 'self' https://handover.example.com;" in page.headers["content-security-policy"]


def test_the_whole_way(play: Play) -> None:
    back = play.decide(code_challenge=CHALLENGE, code_challenge_method="S256")
    assert back["state"] == "s 1&"
    told = play.tokens(code=back["code"], redirect_uri=CALLBACK, code_verifier=VERIFIER)
    assert (told["access_token"][:4], told["refresh_token"][:4]) == ("ghu_", "ghr_")
    assert (told["expires_in"], told["scope"], told["token_type"]) == (28_800, "", "bearer")
    whose = play.ask(told["access_token"])
    assert whose.json()["login"] == LINKED
    assert "x-oauth-scopes" not in whose.headers
    assert "github-authentication-token-expiration" not in whose.headers


def test_a_classic_application_gets_scopes_and_no_end(classic: Play) -> None:
    told = classic.tokens(code=classic.decide(scope="repo,read:user")["code"])
    assert set(told) == {"access_token", "scope", "token_type"}
    assert (told["access_token"][:4], told["scope"]) == ("gho_", "repo,read:user")
    assert classic.ask(told["access_token"]).headers["x-oauth-scopes"] == "repo, read:user"


def test_answers_are_form_encoded_unless_json_is_asked_for(play: Play) -> None:
    form = {"client_id": play.application.client_id, "client_secret": play.application.client_secret}
    answer = play.browser.post("/login/oauth/access_token", data={**form, "code": play.decide()["code"]})
    assert answer.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert parse_qs(answer.text)["access_token"][0].startswith("ghu_")
    refused = play.browser.post("/login/oauth/access_token", json={**form, "code": "old"})
    assert (refused.status_code, parse_qs(refused.text)["error"]) == (200, ["bad_verification_code"])


def test_denied(play: Play) -> None:
    back = play.decide("deny")
    assert (back["error"], back["state"]) == ("access_denied", "s 1&")
    assert "denied" in back["error_description"]


def test_a_callback_that_is_not_registered(play: Play) -> None:
    for wrong in ("https://evil.example.com/", f"{CALLBACK}/more", CALLBACK.replace("https", "http")):
        answer = play.browser.get(play.address(redirect_uri=wrong))
        assert answer.headers["location"].startswith(f"{CALLBACK}?error=redirect_uri_mismatch")


def test_below_the_callback_of_a_classic_application(classic: Play) -> None:
    assert classic.browser.get(classic.address(redirect_uri=f"{CALLBACK}/more")).status_code == 200
    assert classic.browser.get(classic.address(redirect_uri=f"{CALLBACK}more")).status_code == 302


def test_only_s256(play: Play) -> None:
    answer = play.browser.get(play.address(code_challenge="x", code_challenge_method="plain"))
    assert "error=invalid_request" in answer.headers["location"]


def test_an_unknown_client(play: Play) -> None:
    assert play.browser.get("/login/oauth/authorize", params={"client_id": "x"}).status_code == 404
    answer = play.browser.post("/login/oauth/access_token", data={"client_id": "x"})
    assert (answer.status_code, answer.json()) == (404, {"error": "Not Found"})


def test_a_page_elsewhere_cannot_consent(play: Play) -> None:
    form = {"login": LINKED, "decision": "allow"}
    answer = play.browser.post(play.address(), data=form, headers={"Origin": "https://evil.example.com"})
    assert answer.status_code == 403


REFUSED = {
    "a wrong secret": ({"client_secret": "wrong"}, "incorrect_client_credentials"),
    "a wrong code": ({"code": "wrong"}, "bad_verification_code"),
    "no verifier": ({"code_verifier": ""}, "bad_verification_code"),
    "a wrong verifier": ({"code_verifier": "x" * 50}, "bad_verification_code"),
    "another callback": ({"redirect_uri": "https://evil.example.com/"}, "redirect_uri_mismatch"),
    "another grant": ({"grant_type": "password"}, "unsupported_grant_type"),
    "a wrong refresh token": ({"grant_type": "refresh_token", "refresh_token": "ghr_x"}, "bad_refresh_token"),
    "no refresh token": ({"grant_type": "refresh_token"}, "bad_refresh_token"),
}


@pytest.mark.parametrize(("change", "error"), REFUSED.values(), ids=REFUSED)
def test_refused_with_status_200(play: Play, change: dict[str, str], error: str) -> None:
    code = play.decide(code_challenge=CHALLENGE)["code"]
    told = play.tokens(**{"code": code, "code_verifier": VERIFIER, "redirect_uri": CALLBACK, **change})
    assert told["error"] == error
    assert told["error_description"]


def test_a_code_is_good_once(play: Play) -> None:
    code = play.decide()["code"]
    assert "access_token" in play.tokens(code=code)
    assert play.tokens(code=code)["error"] == "bad_verification_code"


def test_a_refresh_kills_the_old_pair(play: Play) -> None:
    first = play.tokens(code=play.decide()["code"])
    second = play.tokens(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert play.ask(first["access_token"]).status_code == 401
    assert play.ask(second["access_token"]).json()["login"] == LINKED
    again = play.tokens(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert again["error"] == "bad_refresh_token"
    assert play.ask(second["access_token"]).status_code == 200


def test_anothers_refresh_token(play: Play) -> None:
    first = play.tokens(code=play.decide()["code"])
    play.application = play.forge.applications.register("Other", CALLBACK, kind="github app")
    told = play.tokens(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert told["error"] == "bad_refresh_token"


def test_an_ended_token_is_refreshed_still(play: Play) -> None:
    play.application.seconds = -1
    ended = play.tokens(code=play.decide()["code"])
    assert play.ask(ended["access_token"]).status_code == 401
    play.application.seconds = 100
    fresh = play.tokens(grant_type="refresh_token", refresh_token=ended["refresh_token"])
    assert play.ask(fresh["access_token"]).status_code == 200


@pytest.fixture(scope="module")
def github() -> Description:
    return Description(DESCRIPTION)


def test_revoked(play: Play, github: Description) -> None:
    told = play.tokens(code=play.decide()["code"])
    address = f"/api/v3/applications/{play.application.client_id}/token"
    path, body = "/applications/{client_id}/token", {"access_token": told["access_token"]}
    own = (play.application.client_id, play.application.client_secret)
    wrongs = [(("x", own[1]), body, 401), ((own[0], "x"), body, 401), (own, {}, 422), (own, {"access_token": "x"}, 422)]
    for basic, wrong, status in wrongs:
        refused = play.browser.request("DELETE", address, json=wrong, auth=basic)
        assert refused.status_code == status
    github.check_answer(refused, path)
    assert play.ask(told["access_token"]).status_code == 200
    gone = play.browser.request("DELETE", address, json=body, auth=own)
    assert gone.status_code == 204
    assert play.ask(told["access_token"]).status_code == 401
    fresh = play.tokens(grant_type="refresh_token", refresh_token=told["refresh_token"])
    assert fresh["error"] == "bad_refresh_token"


def test_what_the_headers_say(play: Play) -> None:
    classic = play.ask(play.forge.token_for(LINKED, scopes=("repo", "workflow"), seconds=3600))
    assert classic.headers["x-oauth-scopes"] == "repo, workflow"
    assert classic.headers["github-authentication-token-expiration"].endswith(" UTC")
    assert play.ask(play.forge.token_for(LINKED, scopes=())).headers["x-oauth-scopes"] == ""
    fine = play.ask(play.forge.token_for(LINKED, kind="fine-grained"))
    assert "x-oauth-scopes" not in fine.headers


def test_an_ended_token(play: Play) -> None:
    assert play.ask(play.forge.token_for(LINKED, seconds=-1)).status_code == 401


def test_without_the_scope_private_code_is_not_there(play: Play) -> None:
    path = f"/repos/{WEB_APP}"
    assert play.ask(play.forge.token_for(LINKED, scopes=("user",)), path).status_code == 404
    assert play.ask(play.forge.token_for(LINKED, kind="fine-grained", writes=False), path).status_code == 200


def test_addresses_need_their_scope_and_hidden_ones_are_marked(play: Play) -> None:
    assert play.ask(play.forge.token_for(LINKED, scopes=("repo",)), "/user/emails").status_code == 404
    lina = play.forge.user(LINKED)
    assert lina
    lina.hides_email = True
    token = play.forge.token_for(LINKED)
    assert play.ask(token).json()["email"] is None
    own, given = play.ask(token, "/user/emails").json()
    assert (own["visibility"], given["email"]) == ("private", f"{lina.id}+{LINKED}@users.noreply.127.0.0.1")


def test_a_token_that_may_not_write_is_refused_at_the_push(play: Play) -> None:
    for kind, writes, status in (("fine-grained", False, 403), ("fine-grained", True, 200), ("classic", True, 200)):
        token = play.forge.token_for(LINKED, kind=kind, writes=writes)  # type: ignore[arg-type]
        address = f"/{WEB_APP}.git/info/refs?service=git-receive-pack"
        assert play.browser.get(address, auth=("x", token)).status_code == status
    strange = play.forge.token_for(ATTACKER)
    assert play.browser.get(address, auth=("x", strange)).status_code == 404


def test_below_a_context_path(play: Play) -> None:
    with Served(Starlette(routes=[Mount("/git", play.forge.app)])) as served:
        token = play.forge.token_for(LINKED)
        answer = httpx.get(f"{served.url}/git/api/v3/repos/{WEB_APP}", headers={"Authorization": f"Bearer {token}"})
        assert answer.json()["html_url"] == f"{served.url}/git/{WEB_APP}"
        page = httpx.get(f"{served.url}/git{play.address()}")
        assert '<link rel="stylesheet" href="/git/forge.css">' in page.text
