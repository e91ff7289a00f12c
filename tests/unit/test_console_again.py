"""Who comes in is changed in the console by somebody who has just given the password, not by a browser left open."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from handover.configuration import store
from handover.members.models import Member
from tests.configured import configured

PASSWORD = "a good long one"
ACME = {"name": "Acme", "slug": "acme", "base_url": "https://127.0.0.1:1", "client_id": "handover"}
EVIL = {**ACME, "name": "Evil", "slug": "evil", "base_url": "https://127.0.0.1:2", "client_secret": "of-the-client"}
POSTS: dict[str, tuple[str, dict[str, str]]] = {
    "sign-in": ("/console/sign-in", {"local": ""}),
    "a provider": ("/console/oidc/1", {**ACME, "administrators_group": "everybody"}),
    "another secret": ("/console/oidc/1", {**ACME, "client_secret": "of-the-client"}),
    "one more provider": ("/console/oidc/new", EVIL),
    "one less": ("/console/oidc/1/remove", {}),
}


@pytest.fixture
def ada(django_db: Path) -> Client:
    configured(oidc=[{**ACME, "client_secret": "s"}])
    browser = Client()
    browser.force_login(Member.objects.create_user("ada", password=PASSWORD, is_superuser=True))
    return browser


def post(browser: Client, what: str) -> Any:
    address, fields = POSTS[what]
    return browser.post(address, {"after": store.current().number, **fields})


@pytest.mark.parametrize("what", POSTS)
def test_a_browser_that_was_left_open_changes_nobodys_way_in(ada: Client, what: str) -> None:
    assert ada.get(POSTS[what][0].removesuffix("/remove")).status_code == 200
    answer = post(ada, what)
    assert answer.headers["Location"] == f"/account/confirm?next={POSTS[what][0].replace('/', '%2F')}"
    assert store.current().number == 1


@pytest.mark.parametrize("what", POSTS)
def test_with_the_password_given_a_moment_ago_it_is_saved(ada: Client, what: str) -> None:
    ada.post("/account/confirm", {"password": PASSWORD})
    assert post(ada, what).headers["Location"] == f"/console/{'sign-in' if what == 'sign-in' else 'oidc'}"
    assert store.current().number == 2


@pytest.mark.parametrize("what", ["sign-in", "a provider", "one less"])
def test_what_was_asked_for_is_done_once_the_password_is_given(ada: Client, what: str) -> None:
    asked = post(ada, what).headers["Location"]
    ada.post(asked, {"password": PASSWORD, "next": POSTS[what][0]})
    assert store.current().number == 2


@pytest.mark.parametrize("what", ["another secret", "one more provider"])
def test_a_secret_waits_nowhere_in_clear(ada: Client, what: str) -> None:
    post(ada, "a provider")
    asked = post(ada, what).headers["Location"]
    assert all("of-the-client" not in str(session.get_decoded()) for session in Session.objects.all())
    assert "fill in the form once more" in ada.get(asked).content.decode()
    answer = ada.post(asked, {"password": PASSWORD, "next": POSTS[what][0]})
    assert (answer.headers["Location"], store.current().number) == (POSTS[what][0], 1)
    assert post(ada, what).headers["Location"] == "/console/oidc"


def test_other_groups_do_not_ask(ada: Client) -> None:
    answer = ada.post("/console/limits", {"after": "1", "steps": "9"})
    assert (answer.headers["Location"], store.current().limits.steps) == ("/console/limits", 9)


def test_going_back_asks_only_where_it_changes_who_comes_in(ada: Client) -> None:
    configured(limits={"steps": 7})
    configured(sign_in={"local": False})
    assert ada.post("/console/history/2/back", {"after": "3"}).headers["Location"].startswith("/account/confirm")
    assert store.current().number == 3
    configured(limits={"steps": 8})
    assert ada.post("/console/history/3/back", {"after": "4"}).headers["Location"] == "/console/history"
    assert (store.current().number, store.current().sign_in.local) == (5, False)
