"""Signing in with a real OpenID Connect provider: who comes in, to which account, and with which rights."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from handover.configuration.vault import vault
from handover.members import administrators, invitations
from handover.members.models import Invitation, Member
from standins.authority import Authority
from standins.serving import Served
from tests.configured import configured
from tests.oidc.provider import RealProvider, at_the_provider, begun, running, signed_in

ADDRESS = "lina@acme.example"
LINA = {"email": ADDRESS, "email_verified": True, "name": "Lina Linde", "preferred_username": "lina"}
PASSWORD = "a good long one"


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def member(name: str, *, email: str = "", verified: bool = False, **fields: Any) -> Member:
    made = Member.objects.create_user(name, email=email, password=PASSWORD, **fields)
    if email:
        EmailAddress.objects.create(user=made, email=email, verified=verified, primary=True)
    return made


def test_a_first_sign_in_makes_an_account(acme: RealProvider) -> None:
    acme.say(lina=LINA)
    browser = Client()
    assert signed_in(browser, "lina").headers["Location"] == "/"
    made = Member.objects.get()
    assert (made.username, made.email, made.first_name, made.is_superuser) == ("lina", ADDRESS, "Lina", False)
    assert made.has_usable_password() is False
    assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [(ADDRESS, True, True)]
    assert browser.get("/account").status_code == 200
    assert UserSession.objects.filter(user=made).count() == 1


def test_a_further_sign_in_is_the_same_account(acme: RealProvider) -> None:
    acme.say(lina=LINA)
    signed_in(Client(), "lina")
    acme.say(lina={**LINA, "email": "lina.linde@acme.example"})
    signed_in(Client(), "lina")
    assert Member.objects.count() == SocialAccount.objects.count() == 1


def test_without_sign_up_nobody_new_comes_in(acme: RealProvider) -> None:
    configured(oidc=[acme.entry(sign_up=False)])
    acme.say(lina=LINA)
    browser = Client()
    assert "Handover is by invitation" in text_of(signed_in(browser, "lina"))
    assert Member.objects.count() == 0
    assert browser.get("/account").status_code == 302


def test_the_request_has_pkce_a_state_and_only_what_is_needed(acme: RealProvider) -> None:
    asked = parse_qs(urlsplit(begun(Client(), scope="admin", auth_params="prompt=none")).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["state"][0]) >= 16 and len(asked["code_challenge"][0]) >= 43
    assert set(asked["scope"][0].split()) == {"openid", "profile", "email"}
    assert asked["redirect_uri"] == ["http://127.0.0.1:8080/sign-in/with/acme/callback"]
    assert "prompt" not in asked


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:9"])
def test_the_way_back_is_our_public_address_whatever_host_is_named(acme: RealProvider, host: str) -> None:
    address = begun(Client(headers={"Host": host}))
    assert "redirect_uri=http%3A%2F%2F127.0.0.1%3A8080%2F" in address


@pytest.mark.parametrize("said", [True, "true"])
def test_an_address_that_both_have_verified_joins_the_account(acme: RealProvider, said: object) -> None:
    ours = member("lina", email=ADDRESS, verified=True)
    acme.say(l2={**LINA, "email_verified": said})
    browser = Client()
    signed_in(browser, "l2")
    assert list(Member.objects.all()) == [ours]
    assert SocialAccount.objects.get().user == ours
    ours.refresh_from_db()
    assert ours.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("theirs", "ours"), [(False, True), ("false", True), (None, True), (True, False), (False, False)]
)
def test_an_address_that_one_side_has_not_verified_joins_nothing(
    acme: RealProvider, theirs: object, ours: bool
) -> None:
    local = member("lina", email=ADDRESS, verified=ours)
    acme.say(mallory={**LINA, "email_verified": theirs})
    browser = Client()
    answer = signed_in(browser, "mallory")
    assert answer.status_code == 403
    assert "it is not verified on both sides that it is yours" in text_of(answer)
    assert list(Member.objects.all()) == [local]
    assert SocialAccount.objects.count() == 0
    assert browser.get("/account").status_code == 302


@pytest.mark.parametrize("said", [True, False])
def test_nobody_keeps_a_colleague_out_by_adding_their_address(acme: RealProvider, said: bool) -> None:
    mallory = member("mallory", email="mallory@acme.example", verified=True)
    EmailAddress.objects.create(user=mallory, email=ADDRESS)
    acme.say(lina={**LINA, "email_verified": said})
    browser = Client()
    assert signed_in(browser, "lina").headers["Location"] == "/"
    lina = Member.objects.get(username="lina")
    assert (lina.email, EmailAddress.objects.get(user=lina, primary=True).verified) == (ADDRESS, said)
    assert SocialAccount.objects.get().user == lina and browser.get("/account").status_code == 200
    if said:
        assert EmailAddress.objects.get(user=mallory, email=ADDRESS).can_set_verified() is False


def test_an_account_of_before_that_has_the_address_keeps_it(acme: RealProvider) -> None:
    Member.objects.create_user("lina", email=ADDRESS.title(), password=PASSWORD)
    acme.say(l2=LINA)
    assert signed_in(Client(), "l2").status_code == 403
    assert Member.objects.count() == 1


def test_an_unverified_address_is_never_marked_verified(acme: RealProvider) -> None:
    acme.say(lina={**LINA, "email_verified": "false"})
    signed_in(Client(), "lina")
    signed_in(Client(), "lina")
    assert list(EmailAddress.objects.values_list("verified", flat=True)) == [False]


def test_a_name_that_is_taken_or_an_address_becomes_another(acme: RealProvider) -> None:
    member("lina")
    acme.say(l2=LINA, l3={"email": "l3@acme.example", "email_verified": True, "preferred_username": "l3@acme.example"})
    signed_in(Client(), "l2")
    signed_in(Client(), "l3")
    names = set(Member.objects.values_list("username", flat=True))
    assert len(names) == 3 and not any("@" in name for name in names)


def test_the_group_makes_administrators_and_takes_the_right_away(acme: RealProvider) -> None:
    member("ada", is_superuser=True)
    configured(oidc=[acme.entry(sign_up=True, administrators_group="admins")])
    acme.say(lina={**LINA, "groups": ["staff", "admins"]})
    signed_in(Client(), "lina")
    assert Member.objects.get(username="lina").is_superuser is True
    acme.say(lina={**LINA, "groups": ["staff"]})
    signed_in(Client(), "lina")
    assert Member.objects.get(username="lina").is_superuser is False
    assert Member.objects.get(username="ada").is_superuser is True


@pytest.mark.parametrize("groups", [None, [], "admin", ["Admins"], {"admins": 1}])
def test_who_is_not_in_the_group_is_no_administrator(acme: RealProvider, groups: object) -> None:
    configured(oidc=[acme.entry(sign_up=True, administrators_group="admins")])
    acme.say(lina={**LINA, "groups": groups})
    signed_in(Client(), "lina")
    assert Member.objects.get().is_superuser is False


def test_the_last_administrator_stays_one(acme: RealProvider) -> None:
    configured(oidc=[acme.entry(sign_up=True, administrators_group="admins")])
    acme.say(lina={**LINA, "groups": ["admins"]})
    signed_in(Client(), "lina")
    acme.say(lina=LINA)
    signed_in(Client(), "lina")
    assert administrators.administrators().count() == 1


def test_a_provider_without_a_group_changes_no_right(acme: RealProvider) -> None:
    member("lina", email=ADDRESS, verified=True, is_superuser=True)
    member("ada", is_superuser=True)
    acme.say(lina={**LINA, "groups": []})
    signed_in(Client(), "lina")
    assert Member.objects.get(username="lina").is_superuser is True


def test_a_closed_account_stays_closed(acme: RealProvider) -> None:
    acme.say(lina=LINA)
    signed_in(Client(), "lina")
    Member.objects.update(is_active=False)
    browser = Client()
    assert signed_in(browser, "lina").headers["Location"] == "/sign-in/closed"
    assert "An administrator has closed it" in text_of(browser.get("/sign-in/closed"))
    assert browser.get("/account").status_code == 302


def test_a_closed_account_is_not_joined_anew(acme: RealProvider) -> None:
    member("lina", email=ADDRESS, verified=True, is_active=False)
    acme.say(l2=LINA)
    assert signed_in(Client(), "l2").headers["Location"] == "/sign-in/closed"
    assert Member.objects.count() == 1


def test_another_browsers_callback_is_refused(acme: RealProvider) -> None:
    acme.say(lina=LINA)
    back = at_the_provider(begun(Client()), "lina")
    victim = Client()
    answer = victim.get(back)
    assert answer.status_code == 401
    assert "begun in another browser" in text_of(answer)
    assert victim.get("/account").status_code == 302
    assert Member.objects.count() == 0


def test_a_state_serves_once(acme: RealProvider) -> None:
    acme.say(lina=LINA)
    browser = Client()
    back = at_the_provider(begun(browser), "lina")
    assert browser.get(back).status_code == 302
    again = browser.get(back)
    assert (again.status_code, "Begin again" in text_of(again)) == (401, True)


def test_a_sign_in_begins_with_a_click_here(acme: RealProvider) -> None:
    browser = Client(enforce_csrf_checks=True)
    assert browser.post("/sign-in/with/acme").status_code == 403
    page = text_of(browser.get("/sign-in/with/acme"))
    assert "Go to Acme" in page and "http-equiv" not in page


def test_whoever_cancels_is_told_that_nothing_changed(acme: RealProvider) -> None:
    browser = Client()
    answer = browser.get(at_the_provider(begun(browser), "lina", deed="cancel"))
    assert answer.headers["Location"] == "/sign-in/cancelled"
    assert "Nothing was changed" in text_of(browser.get("/sign-in/cancelled"))


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_signing_in_never_leads_to_another_host(acme: RealProvider, target: str) -> None:
    acme.say(lina=LINA)
    assert signed_in(Client(), "lina", next=target).headers["Location"] == "/"


def test_signing_in_leads_to_where_one_was_going(acme: RealProvider) -> None:
    acme.say(lina=LINA)
    assert signed_in(Client(), "lina", next="/account/sessions").headers["Location"] == "/account/sessions"


def test_no_token_of_the_provider_is_kept(acme: RealProvider) -> None:
    acme.say(lina={**LINA, "groups": ["admins", "staff"]})
    signed_in(Client(), "lina")
    assert SocialToken.objects.count() == 0
    kept = " ".join(str(session.get_decoded()) for session in Session.objects.all())
    assert not re.search(r"access_token|id_token|eyJ|'token'", kept)
    assert set(SocialAccount.objects.get().extra_data) == {"name", "email", "preferred_username", "administrator"}


def test_a_second_factor_is_asked_for_here_too_and_the_waiting_session_holds_no_token(acme: RealProvider) -> None:
    acme.say(lina=LINA)
    signed_in(Client(), "lina")
    sealed = vault().seal("JBSWY3DPEHPK3PXP", address="second factor")
    Authenticator.objects.create(user=Member.objects.get(), type="totp", data={"secret": sealed})
    browser = Client()
    assert signed_in(browser, "lina").headers["Location"] == "/sign-in/code"
    assert browser.get("/account").status_code == 302
    waiting = str(browser.session.items())
    assert "sociallogin" in waiting and not re.search(r"'token'|access_token|id_token|eyJ", waiting)
    assert browser.get("/sign-in/code").status_code == 200


def test_the_same_number_at_another_issuer_is_another_person(acme: RealProvider, tmp_path: Path) -> None:
    acme.say(lina=LINA)
    signed_in(Client(), "lina")
    with running(tmp_path) as other:
        other.say(lina={"email": "other@elsewhere.example", "email_verified": True})
        configured(oidc=[other.entry(sign_up=True)])
        signed_in(Client(), "lina")
    assert Member.objects.count() == 2


def test_several_providers_each_have_a_button(acme: RealProvider, tmp_path: Path) -> None:
    with running(tmp_path, slug="works") as other:
        configured(oidc=[acme.entry(sign_up=True), other.entry(sign_up=True, name="Works council")])
        page = text_of(Client().get("/sign-in"))
        assert "Sign in with Acme" in page and "Sign in with Works council" in page
        other.say(olga={"email": "olga@works.example", "email_verified": True, "preferred_username": "olga"})
        signed_in(Client(), "olga", "works")
        # A state of one provider is worth nothing at the other.
        browser = Client()
        back = at_the_provider(begun(browser, "works"), "olga")
        assert browser.get(back.replace("/works/", "/acme/")).status_code == 401
    assert Member.objects.get().username == "olga"


def test_a_provider_under_a_private_ca(acme: RealProvider, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "ca")
    with running(tmp_path, tls=authority.identity()) as private:
        private.say(lina=LINA)
        configured(oidc=[private.entry(sign_up=True)])
        refused = Client().post("/sign-in/with/acme")
        assert (refused.status_code, "Acme does not answer" in text_of(refused)) == (401, True)
        configured(trust={"certificates": authority.root_pem})
        browser = Client()
        import ssl

        context = ssl.create_default_context(cadata=authority.root_pem)
        browser.get(at_the_provider(begun(browser), "lina", verify=context))
        assert browser.get("/account").status_code == 200
    configured(trust={"certificates": ""})


def test_a_provider_that_is_away_is_told(acme: RealProvider) -> None:
    configured(oidc=[acme.entry(base_url="http://127.0.0.1:1")])
    answer = Client().post("/sign-in/with/acme")
    assert (answer.status_code, "Acme does not answer as it should" in text_of(answer)) == (401, True)


def test_an_issuer_that_is_spelled_otherwise_is_told(acme: RealProvider) -> None:
    configured(oidc=[acme.entry(base_url=acme.issuer.replace("127.0.0.1", "localhost"))])
    answer = Client().post("/sign-in/with/acme")
    assert (answer.status_code, "did not confirm who you are" in text_of(answer)) == (401, True)


ENDPOINTS = ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"]


@pytest.mark.parametrize(
    ("endpoint", "said"), [("http://login.example/there", "is not https"), ("https://[::", "is no address")]
)
@pytest.mark.parametrize("name", ENDPOINTS)
def test_an_issuer_at_https_leads_to_no_address_in_clear_nor_to_none(
    acme: RealProvider, tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, endpoint: str, said: str
) -> None:
    authority = Authority(tmp_path)
    about = {"client_id": "x", "client_secret": "y"}
    with Served(described(**{name: endpoint}), tls=authority.identity()) as served:
        configured(
            oidc=[{"name": "Acme", "slug": "acme", "base_url": served.url, **about}],
            trust={"certificates": authority.root_pem},
        )
        answer = Client().post("/sign-in/with/acme")
    configured(trust={"certificates": ""})
    assert (answer.status_code, "did not confirm who you are" in text_of(answer)) == (401, True)
    assert f"names {endpoint} as its {name}, which {said}" in caplog.text


def test_an_endpoint_may_be_at_another_host(acme: RealProvider, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    about = {"client_id": "x", "client_secret": "y"}
    elsewhere = {name: f"https://login.example/{name}" for name in ENDPOINTS}
    with Served(described(**elsewhere), tls=authority.identity()) as served:
        configured(
            oidc=[{"name": "Acme", "slug": "acme", "base_url": served.url, **about}],
            trust={"certificates": authority.root_pem},
        )
        assert begun(Client()).startswith("https://login.example/authorization_endpoint?")
    configured(trust={"certificates": ""})


def described(**endpoints: str) -> Starlette:
    """What answers with a provider's description alone; these endpoints are elsewhere."""

    async def describe(request: Request) -> JSONResponse:
        issuer = str(request.base_url).rstrip("/")
        return JSONResponse({"issuer": issuer, **{name: f"{issuer}/{name}" for name in ENDPOINTS}, **endpoints})

    return Starlette(routes=[Route("/.well-known/openid-configuration", describe)])


def test_a_wrong_client_secret_is_told(acme: RealProvider) -> None:
    acme.say(lina=LINA)
    configured(oidc=[acme.entry(sign_up=True, client_secret="another")])
    answer = signed_in(Client(), "lina")
    assert (answer.status_code, "did not confirm who you are" in text_of(answer)) == (401, True)
    assert "another" not in text_of(answer)


def test_a_code_of_somebody_else_is_worth_nothing(acme: RealProvider) -> None:
    acme.say(lina=LINA, mallory={"email": "m@evil.example", "email_verified": True})
    attacker, victim = Client(), Client()
    code = parse_qs(urlsplit(at_the_provider(begun(attacker), "mallory")).query)["code"][0]
    state = parse_qs(urlsplit(at_the_provider(begun(victim), "lina")).query)["state"][0]
    answer = victim.get("/sign-in/with/acme/callback", {"code": code, "state": state})
    assert answer.status_code == 401
    assert Member.objects.count() == 0


def test_a_provider_that_is_not_configured_is_not_there(acme: RealProvider) -> None:
    assert Client().get("/sign-in/with/other").status_code == 404
    assert Client().get("/sign-in/with/other/callback").status_code == 404


def test_whoever_is_invited_comes_in_by_a_provider_without_sign_up(acme: RealProvider) -> None:
    configured(oidc=[acme.entry(sign_up=False)])
    acme.say(lina=LINA)
    ada = member("ada", is_superuser=True)
    link = invitations.invite("lina@elsewhere.example", administrator=True, by=ada)
    browser = Client()
    page = text_of(browser.get(urlsplit(link.address).path))
    assert "Come in with Acme" in page
    signed_in(browser, "lina")
    lina = Member.objects.get(username="lina")
    assert lina.is_superuser is True
    assert Invitation.objects.get().used_at is not None
    # The link proves nothing of the invited address where somebody else's provider vouches for another.
    assert list(EmailAddress.objects.filter(user=lina).values_list("email", flat=True)) == [ADDRESS]


def test_an_invitation_serves_one_account(acme: RealProvider) -> None:
    configured(oidc=[acme.entry(sign_up=False)])
    acme.say(lina=LINA, olga={"email": "olga@acme.example", "email_verified": True})
    path = urlsplit(invitations.invite("x@acme.example", administrator=False, by=member("ada")).address).path
    first, second = Client(), Client()
    first.get(path), second.get(path)
    signed_in(first, "lina")
    assert "Handover is by invitation" in text_of(signed_in(second, "olga"))
    assert "was used already" in text_of(Client().get(path))


def test_connecting_and_removing_a_sign_in(acme: RealProvider) -> None:
    lina = member("lina")
    acme.say(someone={"email": "private@elsewhere.example", "email_verified": True})
    browser = Client()
    browser.post("/sign-in", {"login": "lina", "password": PASSWORD})
    asked = browser.post("/sign-in/with/acme", {"process": "connect"})
    assert asked.headers["Location"].startswith("/account/confirm")
    address = re.search(r"url=([^\"]+)", text_of(browser.post(asked.headers["Location"], {"password": PASSWORD})))
    assert address
    back = browser.get(at_the_provider(address[1].replace("&amp;", "&"), "someone"))
    assert back.headers["Location"] == "/account/connected"
    connected = SocialAccount.objects.get(user=lina)
    assert "private@elsewhere.example" in text_of(browser.get("/account/connected"))
    configured(oidc=[])
    assert "not configured any more" in text_of(browser.get("/account/connected"))
    browser.post("/account/connected", {"account": connected.pk})
    assert SocialAccount.objects.count() == 0


def test_a_sign_in_of_another_account_is_not_connected(acme: RealProvider) -> None:
    acme.say(lina=LINA)
    signed_in(Client(), "lina")
    member("olga")
    browser = Client()
    browser.post("/sign-in", {"login": "olga", "password": PASSWORD})
    asked = browser.post("/sign-in/with/acme", {"process": "connect"}).headers["Location"]
    address = re.search(r"url=([^\"]+)", text_of(browser.post(asked, {"password": PASSWORD})))
    assert address
    browser.get(at_the_provider(address[1].replace("&amp;", "&"), "lina"))
    assert "belongs to another account" in text_of(browser.get("/account/connected"))
    assert SocialAccount.objects.get().user.username == "lina"


def test_the_only_sign_in_is_not_removed_from_who_has_no_password(acme: RealProvider) -> None:
    acme.say(lina=LINA)
    browser = Client()
    signed_in(browser, "lina")
    answer = browser.post("/account/connected", {"account": SocialAccount.objects.get().pk})
    assert "Set a password first" in text_of(answer)
    assert SocialAccount.objects.count() == 1


def test_where_local_accounts_may_not_sign_in_administrators_still_may(acme: RealProvider) -> None:
    configured(sign_in={"local": False})
    member("lina"), member("ada", is_superuser=True)
    page = Client().post("/sign-in", {"login": "lina", "password": PASSWORD})
    assert "Members sign in with Acme here, and not with a password." in text_of(page)
    assert Client().post("/sign-in", {"login": "ada", "password": PASSWORD}).headers["Location"] == "/"
    configured(sign_in={"local": True})
