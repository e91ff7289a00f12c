"""A member's account on a forge: by token and by OAuth, replaced, tested and removed."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from handover.lib import clock
from handover.members.models import ForgeAccount
from standins.forge.cast import ATTACKER, LINKED, WITHOUT_ACCOUNT
from tests.configured import configured
from tests.unit.forge_accounts_world import AccountsWorld, removal_of, text_of

DAY = 86_400


@pytest.fixture
def world(django_db: Path, tmp_path: Path) -> Iterator[AccountsWorld]:
    made = AccountsWorld.begin(tmp_path)
    yield made
    made.forge.faults.clear()


# By token


def test_a_good_token(world: AccountsWorld) -> None:
    token = world.forge.token_for(LINKED)
    page = world.send_token(f"  {token}\n")
    for part in (
        "You are connected",
        "Connected",
        "Lina Linde",
        LINKED,
        f"ending in {token[-4:]}",
        "Scopes: repo, user",
    ):
        assert part in page
    account = world.account
    assert (account.how, account.login, account.scopes, account.token_until) == ("token", LINKED, "repo, user", None)
    assert account.user_id.isdigit()
    assert account.token == token


def test_a_fine_grained_token_that_ends(world: AccountsWorld) -> None:
    page = world.send_token(world.forge.token_for(LINKED, kind="fine-grained", seconds=40 * DAY))
    assert "Connected" in page
    assert "Not told by the forge. It needs Contents and Pull requests, both read and write" in page
    ends = world.account.token_until
    assert ends
    assert abs(ends - clock.now() - timedelta(days=40)) < timedelta(minutes=1)


def test_a_token_that_ends_soon(world: AccountsWorld) -> None:
    page = world.send_token(world.forge.token_for(LINKED, seconds=13 * DAY))
    assert "Ends soon" in page
    assert "Replace it before then" in page
    ForgeAccount.objects.update(token_until=clock.now() - timedelta(hours=1))
    assert "Your token ended on" in text_of(world.browser.get(world.page))


def test_a_token_for_public_repositories_alone(world: AccountsWorld) -> None:
    page = world.send_token(world.forge.token_for(LINKED, scopes=("public_repo",)))
    assert "Public only" in page
    assert "reaches public repositories only" in page


REFUSED: dict[str, tuple[dict[str, object], str]] = {
    "without the scope": (
        {"scopes": ("user", "gist")},
        "only the scopes gist, user, and without the scope repo nothing",
    ),
    "without any scope": ({"scopes": ()}, "it has no scopes, and without the scope repo nothing can be pushed"),
    "ended": ({"seconds": -1}, "does not accept the token: Bad credentials."),
}


@pytest.mark.parametrize(("fields", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_token_that_is_refused(world: AccountsWorld, fields: dict[str, object], sentence: str) -> None:
    token = world.forge.token_for(LINKED, **fields)  # type: ignore[arg-type]
    response = world.browser.post(world.page, {"token": token})
    assert sentence in text_of(response)
    assert token not in response.content.decode()
    assert not ForgeAccount.objects.exists()


WRONG = {
    "nothing": ("", "Paste the token."),
    "spaces": ("ghp_one two", "A token is one word"),
    "lines": ("ghp_one\ntwo", "A token is one word"),
    "another script": ("ghp_é", "A token is one word"),
    "far too long": ("x" * 300, "It has at most 255 characters."),
    "unknown": ("ghp_unknown", "does not accept the token: Bad credentials."),
}


@pytest.mark.parametrize(("token", "sentence"), WRONG.values(), ids=WRONG)
def test_what_is_no_token(world: AccountsWorld, token: str, sentence: str) -> None:
    page = world.browser.post(world.page, {"token": token})
    assert sentence in text_of(page)
    assert 'aria-invalid="true"' in page.content.decode()
    assert not ForgeAccount.objects.exists()


TROUBLES = {
    "a page": ({"status": 200, "body": b"<html>Sign in</html>"}, "did not answer as GitHub does"),
    "broken": ({"status": 500}, "has a problem of its own (status 500)"),
    "cut": ({"lose": True}, "cannot be reached"),
    "hostile": ({"status": 403, "body": b'{"message": "<script>x</script>"}'}, "<script>x</script>"),
}


@pytest.mark.parametrize(("fault", "sentence"), TROUBLES.values(), ids=TROUBLES)
def test_a_forge_that_is_not_well(world: AccountsWorld, fault: dict[str, object], sentence: str) -> None:
    world.forge.faults.add(path="/api/v3/user$", **fault)  # type: ignore[arg-type]
    response = world.browser.post(world.page, {"token": world.forge.token_for(LINKED)})
    assert sentence in text_of(response)
    assert "<script>x" not in response.content.decode()
    assert not ForgeAccount.objects.exists()


def test_another_token_of_the_same_person_takes_the_place_at_once(world: AccountsWorld) -> None:
    world.send_token(world.forge.token_for(LINKED))
    ForgeAccount.objects.update(lost_at=clock.now())
    fresh = world.forge.token_for(LINKED)
    assert "You are connected" in world.send_token(fresh)
    assert (world.account.token, world.account.lost_at) == (fresh, None)


def test_another_persons_token_is_taken_only_when_confirmed(world: AccountsWorld) -> None:
    first, second = world.forge.token_for(LINKED), world.forge.token_for(WITHOUT_ACCOUNT)
    world.send_token(first)
    page = world.send_token(second)
    assert "another person than until now: it takes the place of Lina Linde (lina-linde)" in page
    assert world.account.token == first
    assert "An account waits for your word" in text_of(world.browser.get(world.page))
    assert "Nothing was changed" in world.confirm("drop")
    assert world.account.token == first
    world.send_token(second)
    assert f"you are {WITHOUT_ACCOUNT}" in world.confirm("keep")
    assert (world.account.token, world.account.login) == (second, WITHOUT_ACCOUNT)


def test_a_login_that_was_changed_is_the_same_person(world: AccountsWorld) -> None:
    world.send_token(world.forge.token_for(LINKED))
    ForgeAccount.objects.update(login="earlier-name")
    world.send_token(world.forge.token_for(LINKED))
    assert world.account.login == LINKED


@pytest.mark.parametrize(("login", "asks"), [("LINA-linde", False), ("somebody", True)])
def test_an_account_from_before_ids_were_kept_is_known_by_its_login(
    world: AccountsWorld, login: str, asks: bool
) -> None:
    world.send_token(world.forge.token_for(LINKED))
    ForgeAccount.objects.update(user_id="", login=login)
    assert ("Are both of these yours?" in world.send_token(world.forge.token_for(LINKED))) is asks


def test_only_what_was_shown_is_confirmed(world: AccountsWorld) -> None:
    world.send_token(world.forge.token_for(LINKED))
    world.send_token(world.forge.token_for(WITHOUT_ACCOUNT))
    page = text_of(world.browser.post(f"{world.page}/confirm", {"offered": "of another tab", "decision": "keep"}))
    assert "Are both of these yours?" in page
    assert world.account.login == LINKED


def test_nothing_waits_for_ever(world: AccountsWorld) -> None:
    world.send_token(world.forge.token_for(LINKED))
    world.send_token(world.forge.token_for(WITHOUT_ACCOUNT))
    session = world.browser.session
    session["forge_offered"] = {**session["forge_offered"], "until": 1}
    session.save()
    page = text_of(world.browser.post(f"{world.page}/confirm", {"decision": "keep"}, follow=True))
    assert "There is nothing to confirm any more" in page
    assert world.account.login == LINKED


# Tested again, lost, removed


def test_tested_again(world: AccountsWorld) -> None:
    world.send_token(world.forge.token_for(LINKED))
    ForgeAccount.objects.update(lost_at=clock.now(), checked_at=None, scopes="old", user_id="")
    page = text_of(world.browser.post(f"{world.page}/test", follow=True))
    assert "takes it." in page
    account = world.account
    assert (account.lost_at, account.scopes) == (None, "repo, user")
    assert account.checked_at
    assert account.user_id


def test_a_token_that_was_revoked_is_lost(world: AccountsWorld) -> None:
    token = world.forge.token_for(LINKED)
    world.send_token(token)
    world.forge.revoke(token)
    page = text_of(world.browser.post(f"{world.page}/test", follow=True))
    for part in ("Bad credentials", "Connect again", "no longer takes your credential"):
        assert part in page
    assert world.account.lost_at


def test_testing_what_is_not_there(world: AccountsWorld) -> None:
    assert world.browser.post(f"{world.page}/test").status_code == 302


def test_a_forge_that_does_not_answer_loses_nothing(world: AccountsWorld) -> None:
    world.send_token(world.forge.token_for(LINKED))
    world.forge.faults.add(path="/user$", status=503)
    assert "has a problem of its own" in text_of(world.browser.post(f"{world.page}/test", follow=True))
    assert world.account.lost_at is None


def test_removed(world: AccountsWorld) -> None:
    world.send_token(world.forge.token_for(LINKED))
    page = text_of(world.browser.post(removal_of(world.account), follow=True))
    assert f"Delete the token there too: {world.url}/settings/tokens" in page
    assert not ForgeAccount.objects.exists()


def test_nobody_reaches_anothers_account(world: AccountsWorld) -> None:
    token = world.forge.token_for(LINKED)
    world.send_token(token)
    assert world.other.post(removal_of(world.account)).status_code == 404
    assert "Not connected" in text_of(world.other.get(world.page))
    world.other.post(f"{world.page}/test")
    world.send_token(world.forge.token_for(ATTACKER), world.other)
    assert (world.account.token, world.account.login) == (token, LINKED)
    assert ForgeAccount.objects.get(member=world.otto).login == ATTACKER


def test_a_forge_whose_address_changed_is_sent_nothing(world: AccountsWorld) -> None:
    world.send_token(world.forge.token_for(LINKED))
    asked = len(world.forge.requests)
    configured(forges=[{"kind": "github", "base_url": "https://github.example.com"}])
    settings = text_of(world.browser.get("/settings"))
    assert "is no longer among the forges here. Nothing is sent to it." in settings
    assert world.browser.get(world.page).status_code == 404
    assert "Not connected" in text_of(world.browser.get("/settings/integrations/forges/github.example.com"))
    page = text_of(world.browser.post(removal_of(world.account), follow=True))
    assert "Nothing was sent to" in page
    assert not ForgeAccount.objects.exists()
    assert len(world.forge.requests) == asked


def test_an_account_whose_seal_is_broken(world: AccountsWorld) -> None:
    world.send_token(world.forge.token_for(LINKED))
    ForgeAccount.objects.update(sealed_token="gAAAAA-broken")
    page = text_of(world.browser.post(f"{world.page}/test", follow=True))
    assert "cannot be opened any more. Connect your account again." in page


# The cards


def test_the_cards_tell_how_one_stands(world: AccountsWorld) -> None:
    assert "Not connected" in text_of(world.browser.get("/settings"))
    world.send_token(world.forge.token_for(LINKED))
    page = world.browser.get("/settings").content.decode()
    assert "Connected" in page
    assert f'href="{world.page}"' in page
