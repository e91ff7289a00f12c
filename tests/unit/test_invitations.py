"""How people get an account: the first administrator's link, and invitations."""

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.db import connection as database
from django.test import Client

from handover.lib import clock
from handover.members import invitations
from handover.members.models import Invitation, Member
from tests.configured import configured

PASSWORD = "a good long one"
CHOSEN = {"username": "lina", "password1": PASSWORD, "password2": PASSWORD}

pytestmark = pytest.mark.usefixtures("django_db")


@pytest.fixture
def ada() -> Member:
    return Member.objects.create_user("ada", password=PASSWORD, is_superuser=True)


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def invited(by: Member, email: str = "lina@acme.example", *, administrator: bool = False) -> str:
    """The path of a fresh invitation's link."""
    return urlsplit(invitations.invite(email, administrator=administrator, by=by).address).path


def first_path(capsys: pytest.CaptureFixture[str]) -> str:
    """The path of the link that a start prints; "" where it prints none."""
    invitations.first_link()
    found = re.search(r"http://127\.0\.0\.1:8080(/welcome/\S+)", capsys.readouterr().out)
    return found[1] if found else ""


def written(at: datetime) -> str:
    return f"{at:%-d %b %Y, %H:%M} UTC"


def test_the_first_start_prints_a_link_that_makes_the_administrator(capsys: pytest.CaptureFixture[str]) -> None:
    path, browser = first_path(capsys), Client()
    assert "You become the first administrator." in text_of(browser.get(path))
    assert browser.post(path, {**CHOSEN, "username": "ada"}).headers["Location"] == "/"
    assert Member.objects.get().is_superuser is True
    assert browser.get("/console/people").status_code == 200
    assert first_path(capsys) == ""
    again = Client().post(path, CHOSEN)
    assert (again.status_code, "was used already" in text_of(again)) == (410, True)


def test_a_further_start_prints_another_link_and_ends_the_former(capsys: pytest.CaptureFixture[str]) -> None:
    former, newer = first_path(capsys), first_path(capsys)
    assert former != newer
    assert Client().get(former).status_code == 410
    assert Client().get(newer).status_code == 200


def test_the_first_link_ends_when_there_is_an_administrator(capsys: pytest.CaptureFixture[str]) -> None:
    path = first_path(capsys)
    Member.objects.create_user("ada", password=PASSWORD, is_superuser=True)
    answer = Client().post(path, CHOSEN)
    assert (answer.status_code, "There is an administrator already" in text_of(answer)) == (410, True)
    assert Member.objects.count() == 1


def test_no_link_is_stored_in_clear(ada: Member, capsys: pytest.CaptureFixture[str]) -> None:
    tokens = [invited(ada).rsplit("/", 1)[1]]
    ada.delete()
    tokens.append(first_path(capsys).rsplit("/", 1)[1])
    with database.cursor() as cursor:
        cursor.execute("SELECT * FROM handover_invitation")
        kept = str(cursor.fetchall())
    assert [token for token in tokens if token in kept] == []


def test_an_invitation_makes_an_account_with_a_verified_address(ada: Member) -> None:
    path, browser = invited(ada), Client()
    page = text_of(browser.get(path))
    assert "ada has invited you, <strong>lina@acme.example</strong>" in page
    assert browser.post(path, CHOSEN).headers["Location"] == "/"
    lina = Member.objects.get(username="lina")
    assert (lina.email, lina.is_superuser) == ("lina@acme.example", False)
    address = EmailAddress.objects.get(user=lina)
    assert (address.email, address.verified, address.primary) == ("lina@acme.example", True, True)
    assert browser.get("/account").status_code == 200


def test_an_invitation_may_make_an_administrator(ada: Member) -> None:
    path = invited(ada, administrator=True)
    assert "as an administrator" in text_of(Client().get(path))
    Client().post(path, CHOSEN)
    assert Member.objects.get(username="lina").is_superuser is True


def test_an_invitation_is_used_once(ada: Member) -> None:
    path = invited(ada)
    Client().post(path, CHOSEN)
    answer = Client().post(path, {**CHOSEN, "username": "second"})
    assert (answer.status_code, "was used already" in text_of(answer)) == (410, True)
    assert not Member.objects.filter(username="second").exists()


def test_an_invitation_ends_after_a_week(ada: Member) -> None:
    path = invited(ada)
    Invitation.objects.update(until=clock.now() + timedelta(seconds=30))
    assert Client().get(path).status_code == 200
    ended = clock.now() - timedelta(seconds=1)
    Invitation.objects.update(until=ended)
    answer = Client().post(path, CHOSEN)
    assert (answer.status_code, f"This invitation ended on {written(ended)}." in text_of(answer)) == (410, True)
    link = invitations.invite("x@acme.example", administrator=False, by=ada)
    assert link.invitation.until - link.invitation.created_at == timedelta(days=7)


@pytest.mark.parametrize("path", ["/welcome/x", "/welcome/" + "x" * 5000, "/welcome/%00"])
def test_a_link_that_is_not_known_is_told(path: str) -> None:
    answer = Client().get(path)
    assert (answer.status_code, "not known here" in text_of(answer)) == (410, True)


def test_a_newer_invitation_ends_the_former_of_the_same_address(ada: Member) -> None:
    former, newer = invited(ada), invited(ada, "LINA@acme.example")
    assert (Client().get(former).status_code, Client().get(newer).status_code) == (410, 200)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"username": "ada"}, "has this name already"),
        ({"username": "ADA"}, "has this name already"),
        ({"username": "lina@acme.example"}, "A name has no @"),
        ({"username": "a b"}, "Enter a valid username"),
        ({"username": "x" * 151}, "at most 150 characters"),
        ({"username": ""}, "required"),
        ({"password1": "short", "password2": "short"}, "too short"),
        ({"password1": "password12345", "password2": "password12345"}, "too common"),
        ({"username": "lina-linde", "password1": "lina-linde!", "password2": "lina-linde!"}, "too similar"),
        ({"password2": "another one"}, "This is another password than the one above."),
    ],
)
def test_what_is_wrong_is_told_beside_the_field_and_the_link_still_serves(
    ada: Member, changed: dict[str, str], said: str
) -> None:
    path = invited(ada)
    page = text_of(Client().post(path, {**CHOSEN, **changed}))
    assert re.search(rf'<p class="error" id="id_\w+_error">[^<]*{re.escape(said)}', page)
    assert Client().post(path, CHOSEN).status_code == 302


def test_whoever_is_signed_in_is_asked_to_sign_out_first(ada: Member) -> None:
    path, browser = invited(ada), Client()
    browser.force_login(ada)
    answer = browser.post(path, CHOSEN)
    assert (answer.status_code, "Sign out and open the link" in text_of(answer)) == (409, True)
    assert Member.objects.count() == 1
    assert browser.post("/sign-out", {"next": path}).headers["Location"] == path


def test_an_address_that_has_an_account_is_not_invited(ada: Member) -> None:
    Client().post(invited(ada), CHOSEN)
    with pytest.raises(invitations.CannotInvite, match="has an account here already: lina"):
        invitations.invite("Lina@acme.example", administrator=False, by=ada)


def test_an_address_that_was_taken_meanwhile_is_told(ada: Member) -> None:
    path = invited(ada)
    EmailAddress.objects.create(user=ada, email="lina@acme.example", verified=True)
    answer = Client().post(path, CHOSEN)
    assert (answer.status_code, "has an account here meanwhile" in text_of(answer)) == (410, True)
    assert list(Member.objects.all()) == [ada]
    assert Invitation.objects.get().used_at is None


def test_where_passwords_are_off_the_invited_come_by_a_provider(ada: Member) -> None:
    provider = {"name": "Acme", "slug": "acme", "base_url": "https://login.acme.example", "client_id": "x"}
    configured(oidc=[{**provider, "client_secret": "y"}], sign_in={"local": False})
    page = text_of(Client().get(invited(ada)))
    assert "Come in with Acme" in page and "Password" not in page
    refused = Client().post(invited(ada), CHOSEN)
    assert (refused.status_code, "and not with a password" in text_of(refused)) == (403, True)
    assert list(Member.objects.all()) == [ada] and Invitation.objects.get().used_at is None
    page = text_of(Client().get(invited(ada, "chief@acme.example", administrator=True)))
    assert "Come in with Acme" in page and "Password" in page
    configured(oidc=[], sign_in={"local": True})
