"""A forge account by OAuth: the whole way through real HTTP, again, and away."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from handover import settings
from handover.members.models import ForgeAccount
from standins.authority import Authority
from standins.forge.cast import ATTACKER, LINKED
from standins.serving import Served
from tests.configured import configured
from tests.on_disk import stored
from tests.unit.forge_accounts_world import CALLBACK, AccountsWorld, query_of, removal_of, text_of


@pytest.fixture
def world(django_db: Path, tmp_path: Path) -> Iterator[AccountsWorld]:
    made = AccountsWorld.begin(tmp_path)
    yield made
    made.forge.faults.clear()


def test_the_whole_way(world: AccountsWorld) -> None:
    assert "Connect with" in text_of(world.browser.get(world.page))
    address = world.leave()
    asked = query_of(address)
    assert address.startswith(f"{world.url}/login/oauth/authorize?")
    assert (asked["redirect_uri"], asked["code_challenge_method"]) == (settings.PUBLIC_URL + CALLBACK, "S256")
    back = world.decide(address)
    page = world.come_back(back)
    for part in ("Are both of these yours?", "lina@handover.example", "Lina Linde", LINKED, "lina.linde@acme.example"):
        assert part in page
    assert not ForgeAccount.objects.exists(), "nothing is kept before the member's word"
    assert "You are connected" in world.confirm()
    account = world.account
    assert (account.how, account.login, account.scopes) == ("oauth", LINKED, "")
    assert account.token.startswith("ghu_")
    assert account.sealed_refresh_token
    shown = text_of(world.browser.get(world.page))
    assert f"OAuth, ending in {account.token[-4:]}" in shown
    assert "Renewed by itself" in shown


def test_an_oauth_app_without_an_end(world: AccountsWorld) -> None:
    world.application = world.forge.applications.register("Old", settings.PUBLIC_URL + CALLBACK, kind="oauth app")
    world.configure()
    assert "Connected" in world.connect()
    account = world.account
    assert (account.sealed_refresh_token, account.token_until, account.scopes) == ("", None, "repo")
    assert "Not told, or never" in text_of(world.browser.get(world.page))


def test_not_confirmed_is_forgotten_there_too(world: AccountsWorld) -> None:
    world.come_back(world.decide(world.leave()))
    assert "Nothing was changed" in world.confirm("drop")
    assert not ForgeAccount.objects.exists()
    assert world.revocations == 1
    assert "There is nothing to confirm" in text_of(world.browser.get(f"{world.page}/confirm", follow=True))


def test_begun_twice_the_first_offer_is_forgotten(world: AccountsWorld) -> None:
    world.come_back(world.decide(world.leave()))
    world.come_back(world.decide(world.leave()))
    assert world.revocations == 1
    world.confirm()
    assert ForgeAccount.objects.count() == 1


def test_connected_again_the_earlier_access_is_forgotten(world: AccountsWorld) -> None:
    world.connect()
    first = world.account.token
    world.connect()
    assert world.forge.user_of(first) is None
    assert world.forge.user_of(world.account.token)


def test_a_button_that_is_pressed_twice_at_once(world: AccountsWorld) -> None:
    world.come_back(world.decide(world.leave()))
    held = world.browser.session["forge_offered"]
    world.confirm()
    session = world.browser.session
    session["forge_offered"] = held
    session.save()
    world.confirm()
    assert world.forge.user_of(world.account.token)
    assert world.revocations == 0


def test_another_person_is_named(world: AccountsWorld) -> None:
    world.connect()
    page = world.come_back(world.decide(world.leave(), login=ATTACKER))
    assert "another person than until now: it takes the place of Lina Linde" in page
    world.confirm()
    assert world.account.login == ATTACKER


def test_removed_and_forgotten(world: AccountsWorld) -> None:
    world.connect()
    token = world.account.token
    page = text_of(world.browser.post(removal_of(world.account), follow=True))
    assert "has forgotten our access" in page
    assert world.forge.user_of(token) is None
    assert not ForgeAccount.objects.exists()


def test_removed_though_the_forge_cannot_be_told(world: AccountsWorld) -> None:
    world.connect()
    world.forge.faults.add(path="/applications/", status=500)
    page = text_of(world.browser.post(removal_of(world.account), follow=True))
    assert "could not be told" in page
    assert f"{world.url}/settings/applications" in page
    assert not ForgeAccount.objects.exists()


def test_removed_after_the_person_took_the_access_back_there(world: AccountsWorld) -> None:
    world.connect()
    world.forge.revoke(world.account.token)
    assert "has forgotten our access" in text_of(world.browser.post(removal_of(world.account), follow=True))


def test_tokens_are_nowhere_in_clear(world: AccountsWorld, django_db: Path, caplog: pytest.LogCaptureFixture) -> None:
    address = world.leave()
    pages = [world.browser.get(world.decide(address), follow=True).content.decode()]
    session = str(dict(world.browser.session))
    world.confirm()
    pages.append(world.browser.get(world.page).content.decode())
    kept = stored(django_db)
    (issued,) = world.forge.tokens.all()
    for secret in (issued.raw, issued.refresh):
        assert secret
        assert secret.encode() not in kept
        assert secret not in "".join(pages) + caplog.text + session
    assert world.account.token == issued.raw


def test_below_a_context_path_and_under_a_private_ca(world: AccountsWorld, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    with Served(Starlette(routes=[Mount("/git", world.forge.app)]), tls=authority.identity()) as served:
        world.url = f"{served.url}/git"
        world.configure()
        token = world.forge.token_for(LINKED)
        assert "certificate" in world.send_token(token)
        configured(trust={"certificates": authority.root_pem})
        assert "You are connected" in world.send_token(token)
        address = world.leave()
        assert address.startswith(f"{served.url}/git/login/oauth/authorize?")
        code = world.forge.applications.allow(
            world.application,
            LINKED,
            callback=settings.PUBLIC_URL + CALLBACK,
            challenge=query_of(address)["code_challenge"],
        )
        back = f"{CALLBACK}?{urlencode({'code': code, 'state': query_of(address)['state']})}"
        assert "Are both of these yours?" in world.come_back(back)
