"""The stand-in Jira as an OAuth 2.0 provider: each trait that clients have stumbled over."""

import base64
import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from standins.jira.oauth.records import Application
from standins.jira.records import User
from tests.unit.test_standin_jira import Play, playing

BACK = "https://handover.acme.example/integration/jira-dc/callback"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@dataclass
class Clock:
    """The stand-in's time, which only moves when told."""

    now: float

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Scene:
    """A Jira that an application is linked with, and a person's browser."""

    play: Play
    clock: Clock
    application: Application

    def authorize(self, **query: str | None) -> httpx.Response:
        """The browser is sent to Jira by the application."""
        asked: dict[str, str | None] = {
            "client_id": self.application.id,
            "redirect_uri": BACK,
            "response_type": "code",
            "state": "s t&ate",
            **query,
        }
        kept = {name: value for name, value in asked.items() if value is not None}
        return self.browser().get("/rest/oauth2/latest/authorize", params=kept)

    def browser(self, user: User | None = None) -> httpx.Client:
        chosen = (user or self.play.people.linked).key
        origin = self.play.url.removesuffix("/jira")
        return self.play.client(**{"User-Agent": "Mozilla/5.0", "Origin": origin, "Cookie": f"you_are={chosen}"})

    def decide(
        self, decision: str | None = "allow", *, user: User | None = None, **query: str | None
    ) -> dict[str, str]:
        """What the application is told in the end."""
        consent = self.authorize(**query)
        assert consent.status_code == 302, consent.text
        back = self.browser(user).post(consent.headers["location"].removeprefix("/jira"), data={"decision": decision})
        assert back.headers["location"].startswith(f"{BACK}?")
        return told(back)

    def token(self, **form: str) -> httpx.Response:
        """Ask the token endpoint."""
        asked = {"client_id": self.application.id, "client_secret": self.application.secret, "redirect_uri": BACK}
        return self.play.client().post("/rest/oauth2/latest/token", data={**asked, **form})

    def exchange(self, code: str, **form: str) -> httpx.Response:
        return self.token(grant_type="authorization_code", code=code, **form)

    def refresh(self, token: str, **form: str) -> httpx.Response:
        return self.token(grant_type="refresh_token", refresh_token=token, **form)

    def tokens(self, *, user: User | None = None, **query: str | None) -> dict[str, str]:
        """The tokens of a person who allows it."""
        answer = self.exchange(self.decide("allow", user=user, **query)["code"])
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def as_bearer(self, access: str) -> httpx.Client:
        return self.play.client(Authorization=f"Bearer {access}")


def told(response: httpx.Response) -> dict[str, str]:
    """What stands in the address that a response leads to."""
    return {name: values[0] for name, values in parse_qs(urlsplit(response.headers["location"]).query).items()}


def error(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]


@pytest.fixture
def scene() -> Iterator[Scene]:
    clock = Clock(time.time())
    with playing(clock=clock) as play:
        yield Scene(play, clock, play.jira.register_oauth_client([BACK, "https://other.example/cb"]))


def test_the_whole_way(scene: Scene) -> None:
    back = scene.decide(scope="READ", code_challenge=CHALLENGE, code_challenge_method="S256")
    assert back["state"] == "s t&ate"
    answer = scene.exchange(back["code"], code_verifier=VERIFIER)
    assert answer.headers["cache-control"] == "no-store"
    tokens = answer.json()
    assert (tokens["token_type"], tokens["scope"], tokens["expires_in"]) == ("bearer", "READ", 3600)
    assert tokens["created_at"] == int(scene.clock.now)
    me = scene.as_bearer(tokens["access_token"]).get("/rest/api/2/myself")
    assert (me.json()["key"], me.headers["x-ausername"]) == ("JIRAUSER10101", "lina")


def test_the_consent_page_names_who_and_what(scene: Scene) -> None:
    address = scene.authorize(scope="READ").headers["location"].removeprefix("/jira")
    page = scene.browser(scene.play.people.unlinked).get(address)
    assert "Handover wants to act for you" in page.text
    assert "<b>Uwe Ungar</b>" in page.text
    assert "form-action 'self' https://handover.acme.example;" in page.headers["content-security-policy"]
    assert (
        scene.browser().post(address, data={"decision": "allow"}, headers={"Origin": "https://evil.example"}).is_error
    )


def test_somebody_else_may_be_chosen_on_the_consent_page(scene: Scene) -> None:
    address = scene.authorize().headers["location"]
    page = scene.browser().get(address.removeprefix("/jira")).text
    assert 'name="consent"' in page
    chosen = {"key": "JIRAUSER10102", "consent": urlsplit(address).query}
    assert scene.browser().post("/you-are", data=chosen).headers["location"] == address


def test_who_denies_is_sent_back_with_an_error(scene: Scene) -> None:
    back = scene.decide("deny")
    assert (back["error"], back["state"], "code" in back) == ("access_denied", "s t&ate", False)


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({"client_id": "unknown"}, id="client"),
        pytest.param({"client_id": None}, id="no client"),
        pytest.param({"redirect_uri": f"{BACK}/"}, id="slash more"),
        pytest.param({"redirect_uri": "https://evil.example/cb"}, id="another"),
        pytest.param({"redirect_uri": None}, id="no redirect"),
    ],
)
def test_a_bad_client_or_redirect_is_an_error_page(scene: Scene, query: dict[str, str | None]) -> None:
    answer = scene.authorize(**query)
    assert (answer.status_code, "location" in answer.headers) == (400, False)
    assert "cannot be let in" in answer.text


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"scope": "read:jira-work"}, "invalid_scope"),
        ({"scope": "READ ADMIN"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": "x", "code_challenge_method": "sha256"}, "invalid_request"),
    ],
)
def test_other_mistakes_are_told_to_the_application(scene: Scene, query: dict[str, str | None], error: str) -> None:
    answer = scene.authorize(**query)
    assert answer.headers["location"].startswith(f"{BACK}?")
    assert (told(answer)["error"], told(answer)["state"]) == (error, "s t&ate")


def test_without_tls_there_is_no_oauth_where_jira_insists(scene: Scene) -> None:
    scene.play.jira.oauth.traits.https_only = True
    assert "HTTPS" in scene.authorize().text


def test_a_scope_left_out_is_the_clients(scene: Scene) -> None:
    assert scene.tokens()["scope"] == "WRITE"


def test_only_forms_are_read(scene: Scene) -> None:
    code = scene.decide()["code"]
    form = {
        "client_id": scene.application.id,
        "client_secret": scene.application.secret,
        "redirect_uri": BACK,
        "grant_type": "authorization_code",
        "code": code,
    }
    answer = scene.play.client().post("/rest/oauth2/latest/token", json=form)
    assert answer.status_code == 500
    assert "FormParam" in answer.json()["message"]
    basic = {name: value for name, value in form.items() if not name.startswith("client")}
    client = (scene.application.id, scene.application.secret)
    refused = scene.play.client().post("/rest/oauth2/latest/token", data=basic, auth=client)
    assert error(refused) == (401, "invalid_client")
    assert scene.exchange(code).status_code == 200, "neither has used the code up"


def test_a_code_is_for_once_and_using_it_again_ends_the_tokens(scene: Scene) -> None:
    code = scene.decide()["code"]
    tokens = scene.exchange(code).json()
    scene.clock.now += 60
    assert error(scene.exchange(code)) == (400, "invalid_grant")
    assert scene.as_bearer(tokens["access_token"]).get("/rest/api/2/myself").status_code == 401
    assert error(scene.refresh(tokens["refresh_token"])) == (400, "invalid_grant")


def test_a_code_that_is_dead_or_unknown(scene: Scene) -> None:
    code = scene.decide()["code"]
    scene.clock.now += 11
    assert error(scene.exchange(code)) == (400, "invalid_request")
    assert error(scene.exchange("unknown")) == (400, "invalid_request")
    assert error(scene.exchange("")) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"redirect_uri": "https://other.example/cb"}, (400, "invalid_grant")),
        ({"redirect_uri": ""}, (400, "invalid_grant")),
        ({"client_secret": "wrong"}, (401, "invalid_client")),
        ({"client_id": "unknown"}, (401, "invalid_client")),
        ({"grant_type": "password"}, (400, "unsupported_grant_type")),
    ],
)
def test_what_does_not_fit_the_code(scene: Scene, form: dict[str, str], expected: tuple[int, str]) -> None:
    asked = {"grant_type": "authorization_code", "code": scene.decide()["code"], **form}
    assert error(scene.token(**asked)) == expected


def test_a_code_of_another_application(scene: Scene) -> None:
    other = scene.play.jira.register_oauth_client([BACK])
    code = scene.decide()["code"]
    assert error(scene.exchange(code, client_id=other.id, client_secret=other.secret)) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("challenge", "method", "verifier", "status"),
    [
        (CHALLENGE, "S256", VERIFIER, 200),
        (CHALLENGE, "S256", "w" * 64, 400),
        (CHALLENGE, "S256", "", 400),
        (VERIFIER, None, VERIFIER, 200),
        (VERIFIER, "plain", "other", 400),
        (None, None, "", 200),
    ],
)
def test_pkce(scene: Scene, challenge: str | None, method: str | None, verifier: str, status: int) -> None:
    code = scene.decide(code_challenge=challenge, code_challenge_method=method)["code"]
    assert scene.exchange(code, code_verifier=verifier).status_code == status


def test_a_refresh_ends_the_pair_of_before(scene: Scene) -> None:
    first = scene.tokens()
    second = scene.refresh(first["refresh_token"]).json()
    assert scene.as_bearer(first["access_token"]).get("/rest/api/2/myself").status_code == 401
    assert scene.as_bearer(second["access_token"]).get("/rest/api/2/myself").status_code == 200
    assert error(scene.refresh(first["refresh_token"])) == (400, "invalid_grant")
    assert scene.play.jira.oauth.answered == {
        ("authorization_code", "ok"): 1,
        ("refresh_token", "ok"): 1,
        ("refresh_token", "invalid_grant"): 1,
    }


def test_a_refresh_compares_the_redirect_unless_told_otherwise(scene: Scene) -> None:
    token = scene.tokens()["refresh_token"]
    assert error(scene.refresh(token, redirect_uri="")) == (400, "invalid_grant")
    scene.play.jira.oauth.traits.refresh_compares_redirect = False
    assert scene.refresh(token, redirect_uri="").status_code == 200


def test_tokens_end(scene: Scene) -> None:
    tokens = scene.tokens()
    scene.clock.now += 3601
    answer = scene.as_bearer(tokens["access_token"]).get("/rest/api/2/project")
    assert (answer.status_code, answer.json(), answer.headers["x-ausername"]) == (200, [], "anonymous")
    scene.play.jira.settings.bad_token = "refused"
    assert scene.as_bearer(tokens["access_token"]).get("/rest/api/2/project").status_code == 401
    scene.clock.now += 91 * 86_400
    assert error(scene.refresh(tokens["refresh_token"])) == (400, "invalid_grant")


def test_revoking_either_token_ends_both(scene: Scene) -> None:
    client = {"client_id": scene.application.id, "client_secret": scene.application.secret}
    for name in ("access_token", "refresh_token"):
        tokens = scene.tokens()
        answer = scene.play.client().post("/rest/oauth2/latest/revoke", data={**client, "token": tokens[name]})
        assert answer.status_code == 200
        assert scene.as_bearer(tokens["access_token"]).get("/rest/api/2/myself").status_code == 401
        assert error(scene.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
    unknown = scene.play.client().post("/rest/oauth2/latest/revoke", data={**client, "token": "unknown"})
    assert unknown.status_code == 200
    nobody = scene.play.client().post("/rest/oauth2/latest/revoke", data={"token": "unknown"})
    assert error(nobody) == (401, "invalid_client")


def test_the_scope_is_a_ceiling(scene: Scene) -> None:
    issue = "/rest/api/2/issue/PAY-1/comment"
    reader = scene.as_bearer(scene.tokens(scope="READ")["access_token"])
    assert reader.get(issue).status_code == 200
    assert reader.post("/rest/api/2/search", json={"jql": "project = PAY"}).status_code == 200
    assert reader.post(issue, json={"body": "x"}).status_code == 403
    writer = scene.as_bearer(scene.tokens(scope="WRITE")["access_token"])
    assert writer.post(issue, json={"body": "x"}).status_code == 201
    ada = scene.as_bearer(scene.tokens(user=scene.play.people.administrator)["access_token"])
    assert not ada.get("/rest/api/2/mypermissions").json()["permissions"]["ADMINISTER"]["havePermission"]
    assert ada.get("/rest/jira-webhook/1.0/webhooks").status_code == 403


def test_who_is_no_longer_active_has_no_token(scene: Scene) -> None:
    tokens = scene.tokens()
    scene.play.jira.change_user(scene.play.people.linked, active=False)
    assert scene.as_bearer(tokens["access_token"]).get("/rest/api/2/myself").status_code == 401


def test_lines_before_it_have_none() -> None:
    with playing(line="8.13") as play:
        assert play.client().get("/rest/oauth2/latest/authorize").status_code == 404
