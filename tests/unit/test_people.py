"""Console > People: members and invitations, for administrators."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.test import Client

from handover.connections.models import Connection
from handover.lib import clock
from handover.members import administrators, invitations
from handover.members.models import Invitation, Member
from handover.runs.models import Run, State

PASSWORD = "a good long one"

pytestmark = pytest.mark.usefixtures("django_db")


@pytest.fixture
def ada() -> Member:
    return Member.objects.create_user("ada", password=PASSWORD, is_superuser=True)


@pytest.fixture
def lina() -> Member:
    return Member.objects.create_user("lina", email="lina@acme.example", password=PASSWORD)


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def console(member: Member) -> Client:
    """A browser in which the password was given again a moment ago."""
    browser = Client()
    browser.force_login(member)
    assert browser.post("/account/confirm", {"password": PASSWORD}).status_code == 302
    return browser


def a_run(of: Member, number: int, **fields: Any) -> Run:
    jira, _ = Connection.objects.get_or_create(base_url="https://jira.acme.example")
    about = {"kind": Run.Kind.MENTION, "issue_id": "1", "asked_at": clock.now(), "dedupe_key": str(number)}
    return Run.objects.create(connection=jira, member=of, **{**about, **fields})


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", "/console/people"),
        ("post", "/console/people"),
        ("post", "/console/people/1/make-administrator"),
        ("post", "/console/people/1/close"),
        ("post", "/console/invitations/1/withdraw"),
    ],
)
def test_a_member_is_no_administrator(ada: Member, lina: Member, method: str, address: str) -> None:
    address = address.replace("/1/", f"/{lina.pk}/")
    answer = getattr(console(lina), method)(address, {"email": "x@acme.example"})
    assert (answer.status_code, "You are not allowed" in text_of(answer)) == (403, True)
    lina.refresh_from_db()
    assert (lina.is_superuser, Invitation.objects.count()) == (False, 0)


def test_an_invitation_from_the_page_shows_its_link_once(ada: Member) -> None:
    browser = console(ada)
    page = text_of(browser.post("/console/people", {"email": "lina@acme.example"}))
    link = re.search(r'id="link">http://127\.0\.0\.1:8080(/welcome/[\w-]+)<', page)
    assert link and 'data-copy="link"' in page and "Hand it over" in page
    assert Client().get(link[1]).status_code == 200
    page = text_of(browser.get("/console/people"))
    assert "lina@acme.example" in page and "not mailed" in page and "/welcome/" not in page


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("", "required"),
        ("no address", "valid email"),
        ("x" * 250 + "@acme.example", "at most 254"),
        ("ada@acme.example", "account here already"),
    ],
)
def test_an_invitation_that_cannot_be_is_told_beside_the_field(ada: Member, email: str, said: str) -> None:
    EmailAddress.objects.create(user=ada, email="ada@acme.example", verified=True)
    page = text_of(console(ada).post("/console/people", {"email": email}))
    assert re.search(rf'<p class="error" id="id_email_error">[^<]*{said}', page)
    assert Invitation.objects.count() == 0


def test_withdrawing_ends_the_link(ada: Member) -> None:
    link = invitations.invite("lina@acme.example", administrator=False, by=ada)
    path, browser = urlsplit(link.address).path, console(ada)
    answer = browser.post(f"/console/invitations/{Invitation.objects.get().pk}/withdraw", follow=True)
    assert "The invitation of lina@acme.example was withdrawn" in text_of(answer)
    assert Client().get(path).status_code == 410
    assert browser.post("/console/invitations/999/withdraw").status_code == 404


def test_closing_an_account_ends_its_sessions_at_once(ada: Member, lina: Member) -> None:
    hers = Client()
    hers.post("/sign-in", {"login": "lina", "password": PASSWORD})
    browser = console(ada)
    answer = browser.post(f"/console/people/{lina.pk}/close", follow=True)
    assert "The account of lina is closed" in text_of(answer)
    assert hers.get("/account").status_code == 302
    assert hers.post("/sign-in", {"login": "lina", "password": PASSWORD}).headers["Location"] == "/sign-in/closed"
    browser.post(f"/console/people/{lina.pk}/reopen")
    assert hers.post("/sign-in", {"login": "lina", "password": PASSWORD}).headers["Location"] == "/"


def test_closing_an_account_stops_its_runs_and_no_others(ada: Member, lina: Member) -> None:
    working, accepted = a_run(lina, 1, state=State.WORKING), a_run(lina, 2)
    stopping, ended = a_run(lina, 3, stop_asked_by="lina"), a_run(lina, 4, state=State.ENDED)
    other = a_run(ada, 5, state=State.WORKING)
    answer = console(ada).post(f"/console/people/{lina.pk}/close", follow=True)
    assert "Its runs are stopped" in text_of(answer)
    asked_by = dict(Run.objects.values_list("pk", "stop_asked_by"))
    assert [asked_by[run.pk] for run in (working, accepted, stopping, ended, other)] == ["ada", "ada", "lina", "", ""]


def test_an_account_that_stays_open_keeps_its_runs(ada: Member) -> None:
    run = a_run(ada, 1, state=State.WORKING)
    console(ada).post(f"/console/people/{ada.pk}/close")
    assert Run.objects.get(pk=run.pk).stop_asked_by == ""


DEEDS = ["close", "reopen", "make-administrator", "unmake-administrator", "remove-second-factor"]


@pytest.mark.parametrize("deed", DEEDS)
def test_a_browser_that_was_left_open_gives_no_rights(ada: Member, lina: Member, deed: str) -> None:
    Authenticator.objects.create(user=lina, type=Authenticator.Type.TOTP, data={"secret": "x"})
    browser, before = Client(), Member.objects.values_list("is_active", "is_superuser").get(pk=lina.pk)
    browser.force_login(ada)
    asked = browser.post(f"/console/people/{lina.pk}/{deed}")
    assert asked.headers["Location"] == f"/account/confirm?next=%2Fconsole%2Fpeople%2F{lina.pk}%2F{deed}"
    assert Member.objects.values_list("is_active", "is_superuser").get(pk=lina.pk) == before
    assert Authenticator.objects.count() == 1


def test_what_was_asked_for_is_done_once_the_password_is_given(ada: Member, lina: Member) -> None:
    browser = Client()
    browser.force_login(ada)
    asked = browser.post(f"/console/people/{lina.pk}/make-administrator").headers["Location"]
    answer = browser.post(asked, {"password": PASSWORD, "next": f"/console/people/{lina.pk}/make-administrator"})
    assert answer.headers["Location"] == "/console/people"
    lina.refresh_from_db()
    assert lina.is_superuser is True


def test_inviting_an_administrator_asks_for_the_password_too(ada: Member) -> None:
    browser = Client()
    browser.force_login(ada)
    asked = browser.post("/console/people", {"email": "x@acme.example", "administrator": "on"})
    assert asked.headers["Location"] == "/account/confirm?next=%2Fconsole%2Fpeople"
    assert Invitation.objects.count() == 0
    page = text_of(browser.post(asked.headers["Location"], {"password": PASSWORD, "next": "/console/people"}))
    assert "x@acme.example is invited" in page and Invitation.objects.get().administrator is True


def test_rights_are_given_and_taken(ada: Member, lina: Member) -> None:
    browser = console(ada)
    browser.post(f"/console/people/{lina.pk}/make-administrator")
    lina.refresh_from_db()
    assert lina.is_superuser is True
    browser.post(f"/console/people/{lina.pk}/unmake-administrator")
    lina.refresh_from_db()
    assert lina.is_superuser is False


@pytest.mark.parametrize("deed", ["close", "unmake-administrator"])
def test_the_last_administrator_stays(ada: Member, lina: Member, deed: str) -> None:
    Member.objects.create_user("former", is_superuser=True, is_active=False)
    answer = console(ada).post(f"/console/people/{ada.pk}/{deed}", follow=True)
    assert "ada is the last administrator" in text_of(answer)
    assert list(administrators.administrators()) == [ada]


def test_an_unknown_deed_and_an_unknown_member_are_not_there(ada: Member) -> None:
    browser = console(ada)
    assert browser.post(f"/console/people/{ada.pk}/delete").status_code == 404
    assert browser.post("/console/people/999/close").status_code == 404
    assert browser.get(f"/console/people/{ada.pk}/close").status_code == 405


def test_a_lost_second_factor_is_removed(ada: Member, lina: Member) -> None:
    Authenticator.objects.create(user=lina, type=Authenticator.Type.TOTP, data={"secret": "x"})
    assert "second factor" in text_of(console(ada).get("/console/people"))
    console(ada).post(f"/console/people/{lina.pk}/remove-second-factor")
    assert Authenticator.objects.count() == 0


def test_members_are_found_and_paged(ada: Member, lina: Member) -> None:
    Member.objects.bulk_create(Member(username=f"member-{number:03}", password="!") for number in range(60))
    browser = console(ada)
    first, found = text_of(browser.get("/console/people")), text_of(browser.get("/console/people?q=LINA@acme"))
    assert "Page 1 of 2" in first and "member-059" not in first
    assert "member-059" in text_of(browser.get("/console/people?page=2"))
    assert "<b>lina</b>" in found and "<b>ada</b>" not in found
    assert "Nobody is found" in text_of(browser.get("/console/people?q=nobody-of-this-name"))
