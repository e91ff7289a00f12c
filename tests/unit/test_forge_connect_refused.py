"""A forge account by OAuth: every wrong turn on the way back ends in a sentence, and connects nothing."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from handover import settings
from handover.lib import oauth
from handover.members.models import ForgeAccount
from standins.forge.cast import ATTACKER
from tests.configured import configured
from tests.unit.forge_accounts_world import CALLBACK, AccountsWorld, query_of, text_of


@pytest.fixture
def world(django_db: Path, tmp_path: Path) -> Iterator[AccountsWorld]:
    made = AccountsWorld.begin(tmp_path)
    yield made
    made.forge.faults.clear()


# Wrong turns on the way back

NOT_BEGUN = "was not begun in this browser, or it was used before, or it took longer than ten minutes"


def test_another_browsers_way_back(world: AccountsWorld) -> None:
    """An attacker's code, brought to Lina's browser, and Lina's to the attacker's."""
    attackers = world.decide(world.leave(world.other), login=ATTACKER)
    assert NOT_BEGUN in world.come_back(attackers)
    linas = world.decide(world.leave())
    assert NOT_BEGUN in world.come_back(linas, world.other)
    assert not ForgeAccount.objects.exists()
    assert world.asked("/login/oauth/access_token") == 0


def test_a_second_browser_of_the_same_member(world: AccountsWorld) -> None:
    second = Client()
    second.force_login(world.lina)
    assert NOT_BEGUN in world.come_back(world.decide(world.leave()), second)


def test_who_signed_in_meanwhile_as_somebody_else(world: AccountsWorld) -> None:
    back = world.decide(world.leave())
    world.browser.force_login(world.otto)
    assert NOT_BEGUN in world.come_back(back)


def test_who_is_not_signed_in_takes_the_code_nowhere(world: AccountsWorld) -> None:
    back = world.decide(world.leave())
    sessions, anybody = Session.objects.count(), Client()
    answer = anybody.get(back)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/settings")
    assert Session.objects.count() == sessions, "whoever passes by leaves nothing in the database"
    assert world.asked("/login/oauth/access_token") == 0


def test_a_state_is_good_once(world: AccountsWorld) -> None:
    back = world.decide(world.leave())
    assert "Are both of these yours?" in world.come_back(back)
    world.confirm()
    assert NOT_BEGUN in world.come_back(back)
    assert world.asked("/login/oauth/access_token") == 1


def test_a_state_that_is_too_old(world: AccountsWorld) -> None:
    back = world.decide(world.leave())
    session = world.browser.session
    session["forge_connects"] = {state: {**one, "until": 1} for state, one in session["forge_connects"].items()}
    session.save()
    assert NOT_BEGUN in world.come_back(back)


def test_several_tabs(world: AccountsWorld) -> None:
    first, second = world.leave(), world.leave()
    assert "Are both of these yours?" in world.come_back(world.decide(first))
    assert "Are both of these yours?" in world.come_back(world.decide(second))
    for _ in range(10):
        world.leave()
    assert len(world.browser.session["forge_connects"]) == 5


STRANGE: dict[str, dict[str, str]] = {
    "nothing": {},
    "an empty state": {"state": "", "code": "x"},
    "a made-up state": {"state": "made-up", "code": "x"},
    "a very long state": {"state": "x" * 5000, "code": "x"},
    "an open redirect": {"state": "x", "code": "x", "next": "https://evil.example/", "url": "//evil.example"},
    "a key of the session": {"state": "_auth_user_id", "code": "x"},
}


@pytest.mark.parametrize("query", STRANGE.values(), ids=STRANGE)
def test_strange_ways_back_lead_to_the_settings_alone(world: AccountsWorld, query: dict[str, str]) -> None:
    answer = world.browser.get(f"{CALLBACK}?{urlencode(query)}")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/settings")
    assert NOT_BEGUN in text_of(world.browser.get("/settings"))


def test_denied(world: AccountsWorld) -> None:
    page = world.come_back(world.decide(world.leave(), "deny"))
    assert "it was not allowed, so nothing was connected" in page
    assert not ForgeAccount.objects.exists()


ERRORS = {
    "a callback that is not registered": ("redirect_uri_mismatch", "has another callback address on file for us"),
    "suspended": ("application_suspended", "has suspended our OAuth client"),
    "anybody's words": ("<b>Call 0900-EVIL</b>", "sent you back without its permission. Nothing was connected."),
}


@pytest.mark.parametrize(("error", "sentence"), ERRORS.values(), ids=ERRORS)
def test_sent_back_with_an_error(world: AccountsWorld, error: str, sentence: str) -> None:
    query = {"error": error, "error_description": "Call 0900-EVIL", "state": query_of(world.leave())["state"]}
    page = world.come_back(f"{CALLBACK}?{urlencode(query)}")
    assert sentence in page
    assert "EVIL" not in page


def test_a_code_of_absurd_length(world: AccountsWorld) -> None:
    query = {"code": "x" * 2000, "state": query_of(world.leave())["state"]}
    assert "without its permission" in world.come_back(f"{CALLBACK}?{urlencode(query)}")
    assert world.asked("/login/oauth/access_token") == 0


def test_a_code_of_another_way(world: AccountsWorld) -> None:
    """A code that was given to somebody else's request is of no use: PKCE."""
    stolen = query_of(world.decide(world.leave(world.other), login=ATTACKER))["code"]
    query = {"code": stolen, "state": query_of(world.leave())["state"]}
    assert "is no longer good. Begin again." in world.come_back(f"{CALLBACK}?{urlencode(query)}")
    assert not ForgeAccount.objects.exists()


TROUBLES = {
    "a page": ({"status": 200, "body": b"<html>Sign in</html>"}, "did not answer as an OAuth server does"),
    "broken": ({"status": 500}, "does not give tokens now (status 500)"),
    "cut": ({"lose": True}, "cannot be reached"),
    "slow": ({"hold": True}, "did not answer within"),
}


@pytest.mark.parametrize(("fault", "sentence"), TROUBLES.values(), ids=TROUBLES)
def test_a_token_endpoint_that_is_not_well(
    world: AccountsWorld, fault: dict[str, object], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oauth, "MOST_SECONDS", 0.3)
    world.forge.faults.add(path="access_token$", **fault)  # type: ignore[arg-type]
    page = world.come_back(world.decide(world.leave()))
    assert sentence in page
    assert "Not connected" in page, "the page of the forge, from where one begins again"


def test_a_token_that_turns_out_too_weak_is_forgotten(world: AccountsWorld) -> None:
    world.application = world.forge.applications.register("Old", settings.PUBLIC_URL + CALLBACK, kind="oauth app")
    world.configure()
    address = world.leave().replace("scope=repo", "scope=gist")
    page = world.come_back(world.decide(address))
    assert "without the scope repo nothing can be pushed. Begin again and allow it." in page
    assert world.revocations == 1


def test_a_wrong_client_secret(world: AccountsWorld) -> None:
    back = world.decide(world.leave())
    world.configure(client_secret="wrong-secret")
    page = world.come_back(back)
    assert "does not take our OAuth client ID or its secret" in page
    assert "wrong-secret" not in page


def test_a_forge_that_went_meanwhile(world: AccountsWorld) -> None:
    back = world.decide(world.leave())
    configured(forges=[])
    assert "is no longer among the forges here" in world.come_back(back)
    assert world.asked("/login/oauth/access_token") == 0


def test_without_a_client_there_is_no_button_and_no_way(world: AccountsWorld) -> None:
    configured(forges=[{"kind": "github", "base_url": world.url}])
    assert "Connect with" not in text_of(world.browser.get(world.page))
    assert world.browser.post(f"{world.page}/connect").status_code == 404
