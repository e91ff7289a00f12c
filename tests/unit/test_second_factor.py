"""The second factor: an app's codes and recovery codes, from turning it on to losing the phone."""

import re
import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from cryptography.fernet import Fernet
from django.contrib.sessions.models import Session
from django.db import connection as database
from django.test import Client

from handover.configuration.vault import vault
from handover.lib.secrets import Vault
from handover.members.models import Member
from handover.members.second_factor import HERE

PASSWORD = "a good long one"

pytestmark = pytest.mark.usefixtures("django_db")


@pytest.fixture
def lina() -> Member:
    made = Member.objects.create_user("lina", email="lina@acme.example", password=PASSWORD)
    EmailAddress.objects.create(user=made, email="lina@acme.example", primary=True)
    return made


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def code(secret: str, *, steps: int = 0) -> str:
    """What the app shows, `steps` half minutes from now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def begun() -> Client:
    """A browser after the password."""
    browser = Client()
    browser.post("/sign-in", {"login": "lina", "password": PASSWORD})
    return browser


def turned_on(browser: Client) -> tuple[str, list[str]]:
    """Turn it on. The app's secret and the recovery codes."""
    browser.post("/account/confirm", {"password": PASSWORD})
    page = text_of(browser.get("/account/second-factor/app"))
    found = re.search(r'id="secret">([A-Z2-7]{16,})<', page)
    assert found
    answer = browser.post("/account/second-factor/app", {"code": code(found[1], steps=-1)})
    assert answer.headers["Location"] == "/account/second-factor/codes"
    codes = re.findall(r"^(?:.*>)?(\d{8})$", text_of(browser.get("/account/second-factor/codes")), re.MULTILINE)
    assert len(codes) == 10
    return found[1], codes


def may(browser: Client) -> bool:
    return browser.get("/account").status_code == 200


def test_signing_in_asks_for_a_code(lina: Member) -> None:
    secret, _ = turned_on(begun())
    browser = begun()
    assert not may(browser)
    assert "type the code" in text_of(browser.get("/sign-in/code"))
    assert "The code is not right." in text_of(browser.post("/sign-in/code", {"code": "000000"}))
    assert not may(browser)
    assert browser.post("/sign-in/code", {"code": code(secret)}).headers["Location"] == "/"
    assert may(browser)


def test_a_code_of_the_app_serves_once(lina: Member) -> None:
    secret, _ = turned_on(begun())
    shown = code(secret)
    first, second = begun(), begun()
    first.post("/sign-in/code", {"code": shown})
    assert "The code is not right." in text_of(second.post("/sign-in/code", {"code": shown}))
    assert (may(first), may(second)) == (True, False)


def test_a_recovery_code_serves_once(lina: Member) -> None:
    _, codes = turned_on(begun())
    first, second = begun(), begun()
    first.post("/sign-in/code", {"code": codes[3]})
    second.post("/sign-in/code", {"code": codes[3]})
    assert (may(first), may(second)) == (True, False)
    assert "9 left" in text_of(first.get("/account/second-factor"))


def test_guessing_codes_is_refused(lina: Member) -> None:
    secret, _ = turned_on(begun())
    browser = begun()
    for number in range(5):
        browser.post("/sign-in/code", {"code": f"{number:06}"})
    assert "tried too often" in text_of(begun().post("/sign-in/code", {"code": code(secret)}))


def test_recovery_codes_are_shown_once(lina: Member) -> None:
    browser = begun()
    _, codes = turned_on(browser)
    page = text_of(browser.get("/account/second-factor/codes"))
    assert "They were shown once" in page
    assert [shown for shown in codes if shown in page] == []


def test_new_recovery_codes_end_the_old_ones(lina: Member) -> None:
    browser = begun()
    _, old = turned_on(browser)
    browser.post("/account/confirm", {"password": PASSWORD})
    browser.post("/account/second-factor/codes/new")
    new = re.findall(r"(\d{8})\n", text_of(browser.get("/account/second-factor/codes")))
    assert len(new) == 10 and not set(new) & set(old)
    late = begun()
    late.post("/sign-in/code", {"code": old[0]})
    assert not may(late)


def test_turning_it_off_needs_the_password_again(lina: Member) -> None:
    turned_on(begun())
    Session.objects.all().delete()
    secret = vault().open(Authenticator.objects.get(type="totp").data["secret"], address=HERE)
    browser = begun()
    browser.post("/sign-in/code", {"code": code(secret)})
    assert browser.post("/account/second-factor/app/off").headers["Location"].startswith("/account/confirm")
    assert Authenticator.objects.count() == 2
    browser.post("/account/confirm", {"password": PASSWORD})
    browser.post("/account/second-factor/app/off")
    assert Authenticator.objects.count() == 0
    assert may(begun())


def test_its_secrets_are_sealed_at_rest(lina: Member) -> None:
    secret, codes = turned_on(begun())
    with database.cursor() as cursor:
        cursor.execute("SELECT * FROM mfa_authenticator")
        kept = str(cursor.fetchall())
    sessions = " ".join(str(session.get_decoded()) for session in Session.objects.all())
    assert [word for word in (secret, *codes) if word in kept + sessions] == []


def test_its_secret_is_sealed_while_it_is_set_up(lina: Member) -> None:
    browser = begun()
    browser.post("/account/confirm", {"password": PASSWORD})
    found = re.search(r'id="secret">([A-Z2-7]{16,})<', text_of(browser.get("/account/second-factor/app")))
    assert found
    assert found[1] not in str([session.get_decoded() for session in Session.objects.all()])
    wrong = text_of(browser.post("/account/second-factor/app", {"code": "000000"}))
    assert "The code is not right." in wrong and f'id="secret">{found[1]}<' in wrong
    browser.post("/account/second-factor/app", {"code": code(found[1])})
    assert Authenticator.objects.filter(user=lina, type="totp").count() == 1
    assert "mfa.totp.secret" not in browser.session


@pytest.mark.parametrize(
    "held", ["", "no sealed text", Vault([Fernet.generate_key().decode()]).seal("X", address=HERE)]
)
def test_a_secret_that_no_key_opens_is_made_anew_while_it_is_set_up(lina: Member, held: str) -> None:
    browser = begun()
    browser.post("/account/confirm", {"password": PASSWORD})
    session = browser.session
    session["mfa.totp.secret"] = held
    session.save()
    page = text_of(browser.post("/account/second-factor/app", {"code": "000000"}))
    assert "The code is not right." in page and re.search(r'id="secret">[A-Z2-7]{32}<', page)


def test_secrets_that_no_key_opens_are_told(lina: Member) -> None:
    turned_on(begun())
    foreign = Vault([Fernet.generate_key().decode()]).seal("JBSWY3DPEHPK3PXP", address=HERE)
    Authenticator.objects.filter(type="totp").update(data={"secret": foreign})
    answer = begun().post("/sign-in/code", {"code": "123456"})
    assert answer.status_code == 200
    assert "the key that sealed it is not set here any more" in text_of(answer)


def test_the_picture_to_scan_is_in_the_page_itself(lina: Member) -> None:
    browser = begun()
    browser.post("/account/confirm", {"password": PASSWORD})
    answer = browser.get("/account/second-factor/app")
    page = text_of(answer)
    assert "<svg" in page and "<?xml" not in page and "data:" not in page
    assert re.search(r"\sstyle=", page) is None
    assert "no-store" in answer.headers["Cache-Control"]


def test_what_was_begun_with_a_password_alone_opens_nothing(lina: Member) -> None:
    turned_on(begun())
    browser = begun()
    for address in ("/account", "/account/second-factor", "/account/password", "/"):
        assert browser.get(address).headers["Location"].startswith("/sign-in")
    assert browser.post("/account/second-factor/app/off").status_code == 302
    assert Authenticator.objects.count() == 2


def test_whoever_changes_the_mind_at_the_code_begins_anew(lina: Member) -> None:
    turned_on(begun())
    browser = begun()
    assert browser.post("/sign-out").headers["Location"] == "/sign-in"
    assert browser.get("/sign-in").status_code == 200
