"""Local accounts: signing in, passwords, addresses, and what an attacker tries."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.test import Client

from handover.members.models import Member
from tests.configured import configured

PASSWORD, OTHER = "a good long one", "another good long one"

pytestmark = pytest.mark.usefixtures("django_db")


@pytest.fixture
def lina() -> Member:
    made = Member.objects.create_user("lina", email="lina@acme.example", password=PASSWORD)
    EmailAddress.objects.create(user=made, email="lina@acme.example", verified=True, primary=True)
    return made


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def tried(login: str, password: str, **headers: str) -> Any:
    return Client(headers=headers).post("/sign-in", {"login": login, "password": password})


def signed_in(login: str = "lina", password: str = PASSWORD) -> Client:
    browser = Client()
    assert browser.post("/sign-in", {"login": login, "password": password}).status_code == 302
    return browser


def confirmed(browser: Client, password: str = PASSWORD) -> Client:
    """A browser in which the password was given again a moment ago."""
    assert browser.post("/account/confirm", {"password": password}).status_code == 302
    return browser


def may(browser: Client) -> bool:
    return browser.get("/account").status_code == 200


@pytest.mark.parametrize("login", ["lina", "LINA", "lina@acme.example", "Lina@ACME.example", " lina "])
def test_one_signs_in_by_name_or_address(lina: Member, login: str) -> None:
    assert may(signed_in(login))


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("lina", "wrong"),
        ("lina@acme.example", "wrong"),
        ("nobody", PASSWORD),
        ("nobody@acme.example", PASSWORD),
        ("lina", PASSWORD * 100),
        ("lina" * 100, PASSWORD),
        ("lina\x00", PASSWORD),
        ("", ""),
    ],
)
def test_what_is_wrong_is_told_without_saying_whether_the_account_exists(
    lina: Member, login: str, password: str
) -> None:
    answer = tried(login, password)
    assert answer.status_code == 200
    assert "wrong" in text_of(answer) or "error" in text_of(answer)
    if password in ("wrong", PASSWORD) and len(login) < 100 and "\x00" not in login:
        assert "The name or the password is not right." in text_of(answer)


def test_a_closed_account_is_told_so_only_to_who_knows_the_password(lina: Member) -> None:
    Member.objects.update(is_active=False)
    assert tried("lina", PASSWORD).headers["Location"] == "/sign-in/closed"
    assert "The name or the password is not right." in text_of(tried("lina", "wrong"))


def test_after_five_failures_the_right_password_is_refused_too(lina: Member) -> None:
    for _ in range(5):
        assert "not right" in text_of(tried("lina", "wrong"))
    assert "tried too often" in text_of(tried("lina", PASSWORD))
    assert may(signed_in("lina@acme.example"))  # counted by what is tried


def test_failures_are_counted_whatever_host_a_request_names(lina: Member) -> None:
    for number in range(5):
        tried("lina", "wrong", Host=f"host-{number}.example")
    assert "tried too often" in text_of(tried("lina", PASSWORD, Host="yet.another.example"))


def test_failures_over_many_accounts_from_one_place_are_refused(lina: Member) -> None:
    for number in range(30):
        tried(f"name-{number}", "wrong")
    assert "tried too often" in text_of(tried("lina", PASSWORD))


def test_signing_in_rapidly_is_refused_with_a_page(lina: Member) -> None:
    browser = Client()
    answers = [browser.post("/sign-in", {"login": "", "password": ""}) for _ in range(121)]
    assert answers[-2].status_code == 200
    assert (answers[-1].status_code, "Wait a minute" in text_of(answers[-1])) == (429, True)


def test_the_key_of_a_session_changes_at_the_sign_in(lina: Member) -> None:
    browser = Client()
    browser.get("/sign-in?next=/account")
    session = browser.session
    session["planted"] = "by an attacker"
    session.save()
    before = session.session_key
    browser.post("/sign-in", {"login": "lina", "password": PASSWORD})
    assert browser.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def test_cookies_are_closed_to_scripts_and_other_sites(lina: Member) -> None:
    browser = signed_in()
    cookie = browser.cookies["handover_session"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
@pytest.mark.parametrize("where", ["form", "address"])
def test_signing_in_never_leads_to_another_host(lina: Member, target: str, where: str) -> None:
    sent = {"login": "lina", "password": PASSWORD}
    browser = Client()
    if where == "form":
        answer = browser.post("/sign-in", {**sent, "next": target})
    else:
        answer = browser.post(f"/sign-in?next={target}", sent)
    assert answer.headers["Location"] == "/"
    out = browser.post("/sign-out", {"next": target})
    assert out.headers["Location"] == "/sign-in"


def test_signing_up_is_closed(lina: Member) -> None:
    answer = Client().post("/sign-in/no-sign-up", {"username": "new", "password1": OTHER, "password2": OTHER})
    assert "Handover is by invitation" in text_of(answer)
    assert Member.objects.count() == 1


def test_changing_the_password_ends_all_other_sessions(lina: Member) -> None:
    here, there = signed_in(), signed_in()
    answer = here.post("/account/password", {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER})
    assert answer.headers["Location"] == "/account"
    assert (may(here), may(there)) == (True, False)
    assert may(signed_in(password=OTHER))


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("wrong", OTHER, OTHER, "This is not your present password."),
        (PASSWORD, "short", "short", "too short"),
        (PASSWORD, "password12345", "password12345", "too common"),
        (PASSWORD, OTHER, PASSWORD, "same password each time"),
        (PASSWORD, OTHER * 100, OTHER * 100, "at most 1000 characters"),
    ],
)
def test_a_new_password_is_checked(lina: Member, old: str, new: str, again: str, said: str) -> None:
    answer = signed_in().post("/account/password", {"oldpassword": old, "password1": new, "password2": again})
    assert said in text_of(answer)
    lina.refresh_from_db()
    assert lina.check_password(PASSWORD)


def test_before_something_is_changed_the_password_is_asked_for_again(lina: Member) -> None:
    browser = signed_in()
    sent = {"action_add": "1", "email": "new@acme.example"}
    asked = browser.post("/account/addresses", sent)
    assert asked.headers["Location"] == "/account/confirm?next=%2Faccount%2Faddresses"
    assert "The password is not right." in text_of(browser.post(asked.headers["Location"], {"password": "wrong"}))
    assert EmailAddress.objects.count() == 1
    browser.post(asked.headers["Location"], {"password": PASSWORD})
    assert EmailAddress.objects.filter(user=lina, email="new@acme.example", verified=False).exists()


def test_guessing_the_password_in_a_stolen_session_is_limited(lina: Member) -> None:
    browser = signed_in()
    answers = [browser.post("/account/confirm", {"password": f"wrong {number}"}) for number in range(11)]
    assert answers[-1].status_code == 429 or "tried too often" in text_of(answers[-1])
    assert "tried too often" in text_of(browser.post("/account/confirm", {"password": PASSWORD})) or (
        browser.post("/account/confirm", {"password": PASSWORD}).status_code == 429
    )


def test_an_address_of_another_account_may_be_named_but_is_never_verified(lina: Member) -> None:
    olga = Member.objects.create_user("olga", password=PASSWORD)
    browser = confirmed(signed_in("olga"))
    browser.post("/account/addresses", {"action_add": "1", "email": "LINA@acme.example"})
    named = EmailAddress.objects.get(user=olga)
    assert named.verified is False and named.can_set_verified() is False
    # Whoever signs in with it is the one that has verified it.
    assert "signed in as lina" in text_of(signed_in("lina@acme.example").get("/sign-out"))


def test_only_a_verified_address_becomes_the_first_and_the_first_is_not_removed(lina: Member) -> None:
    EmailAddress.objects.create(user=lina, email="new@acme.example")
    browser = confirmed(signed_in())
    browser.post("/account/addresses", {"action_primary": "1", "email": "new@acme.example"})
    assert "Only a verified address can be the first." in text_of(browser.get("/account/addresses"))
    browser.post("/account/addresses", {"action_remove": "1", "email": "lina@acme.example"})
    assert "Make another one the first" in text_of(browser.get("/account/addresses"))
    browser.post("/account/addresses", {"action_remove": "1", "email": "new@acme.example"})
    assert list(EmailAddress.objects.values_list("email", "primary")) == [("lina@acme.example", True)]


def test_without_a_mail_server_the_pages_say_so(lina: Member) -> None:
    page = text_of(Client().get("/sign-in/forgotten"))
    assert "has no mail server" in page and "Ask an administrator" in page and "<input" not in page.split("<main")[1]
    assert "Ask an administrator" in text_of(Client().post("/sign-in/forgotten", {"email": "lina@acme.example"}))
    assert "has no mail server" in text_of(signed_in().get("/account/addresses"))


FORMS = [
    ("/sign-in", False),
    ("/sign-in/forgotten", False),
    ("/sign-in/no-sign-up", False),
    ("/sign-in/with/acme", False),
    ("/sign-out", True),
    ("/account/confirm", True),
    ("/account/addresses", True),
    ("/account/password", True),
    ("/account/second-factor/app", True),
    ("/account/second-factor/app/off", True),
    ("/account/second-factor/codes/new", True),
    ("/account/sessions/1/end", True),
    ("/account/sessions/end-others", True),
    ("/account/connected", True),
    ("/console/people", True),
    ("/console/people/1/close", True),
    ("/console/invitations/1/withdraw", True),
    ("/welcome/some-token", False),
]


@pytest.mark.parametrize(("address", "inside"), FORMS, ids=[form[0] for form in FORMS])
def test_no_form_is_taken_from_another_site(lina: Member, address: str, inside: bool) -> None:
    Member.objects.update(is_superuser=True)
    browser = Client(enforce_csrf_checks=True)
    if inside:
        browser.force_login(lina)
    answer = browser.post(address)
    assert answer.status_code == 403
    assert "load the page again" in text_of(answer)


OWN_PAGES = [
    "/account",
    "/account/addresses",
    "/account/password",
    "/account/second-factor",
    "/account/sessions",
    "/account/connected",
    "/console/people",
]


@pytest.mark.parametrize("address", OWN_PAGES)
def test_whoever_is_not_signed_in_is_asked_to(address: str) -> None:
    assert Client().get(address).headers["Location"] == f"/sign-in?next={address}"


def test_pages_load_own_files_only_and_have_nothing_inline(lina: Member) -> None:
    Member.objects.update(is_superuser=True)
    configured(
        oidc=[
            {
                "name": "Acme",
                "slug": "acme",
                "base_url": "https://login.acme.example",
                "client_id": "x",
                "client_secret": "y",
            }
        ]
    )
    browser = confirmed(signed_in())
    inside = [*OWN_PAGES, "/account/second-factor/app", "/sign-out"]
    outside = [
        "/sign-in",
        "/sign-in/forgotten",
        "/sign-in/with/acme",
        "/sign-in/closed",
        "/sign-in/cancelled",
        "/welcome/no",
    ]
    for client, addresses in ((browser, inside), (Client(), outside)):
        for address in addresses:
            answer = client.get(address)
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
            assert "data:" not in answer.headers["Content-Security-Policy"]
            assert (
                answer.headers["Cache-Control"] == "private, no-store" or "no-store" in answer.headers["Cache-Control"]
            )
            assert re.search(r"<style|<script(?![^>]* src=\"/static/)|\sstyle=|\son\w+=", text_of(answer)) is None, (
                address
            )
    configured(oidc=[])


def test_the_bar_leads_to_what_one_may_open(lina: Member) -> None:
    page = text_of(signed_in().get("/account"))
    bar = page.split('<nav class="bar"')[1].split("</header>")[0]
    assert 'href="/account"' in bar and 'href="/console"' not in bar
    Member.objects.update(is_superuser=True)
    assert 'href="/console"' in text_of(signed_in().get("/account"))


def test_a_session_is_ended_from_the_list(lina: Member) -> None:
    here, there = signed_in(), signed_in()
    entries = text_of(here.get("/account/sessions")).split("<li>")[1:]
    assert ["This browser" in entry for entry in entries] == [False, True]
    end = re.search(r'action="(/account/sessions/\d+/end)"', entries[0])
    assert end
    assert "That browser is signed out." in text_of(here.post(end[1], follow=True))
    assert (may(here), may(there)) == (True, False)


def test_ending_ones_own_session_signs_out(lina: Member) -> None:
    browser = signed_in()
    end = re.search(r'action="(/account/sessions/\d+/end)"', text_of(browser.get("/account/sessions")))
    assert end
    assert browser.post(end[1]).headers["Location"] == "/sign-in"
    assert not may(browser)


def test_all_other_sessions_are_ended_at_once(lina: Member) -> None:
    here, there, elsewhere = signed_in(), signed_in(), signed_in()
    here.post("/account/sessions/end-others")
    assert (may(here), may(there), may(elsewhere)) == (True, False, False)


def test_a_session_of_somebody_else_is_not_there(lina: Member) -> None:
    Member.objects.create_user("olga", password=PASSWORD)
    victim = signed_in()
    end = re.search(r'action="(/account/sessions/\d+/end)"', text_of(victim.get("/account/sessions")))
    assert end
    assert signed_in("olga").post(end[1]).status_code == 404
    assert may(victim)
