"""A button that is pressed twice, and a link in the place of another: the pair that is kept works, all others end."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from django.test import Client

from handover.configuration.vault import vault
from handover.members.models import JiraLink, Member
from tests.unit.jira_link_world import CONFIRM, PAGE, Browser, Played, a_member, connected

WAITS = "jira_connect_proposal"


@pytest.fixture
def jira(django_db: Path) -> Iterator[Played]:
    with connected() as played:
        yield played


@pytest.fixture
def lina(django_db: Path) -> Member:
    return a_member("lina", verified="lina.linde@acme.example", first_name="Lina", last_name="L.")


def tokens_alive(jira: Played) -> list[str]:
    return [grant.refresh for grant in jira.jira.oauth.grants if grant.access]


def kept_by_the_link(jira: Played) -> str:
    return vault().open(JiraLink.objects.get().sealed_refresh_token, address=jira.base_url)


def as_if_pressed_at_once(browser: Browser, decision: str) -> None:
    """Twice: both requests have read the session before either has written it."""
    held = browser.client.session[WAITS]
    browser.decide("link")
    session = browser.client.session
    session[WAITS] = held
    session.save()
    browser.decide(decision)


@pytest.mark.parametrize("decision", ["link", "no"])
def test_what_was_just_kept_is_not_taken_back(jira: Played, lina: Member, decision: str) -> None:
    browser = Browser(lina)
    browser.come_back(jira, by=jira.people.linked)
    as_if_pressed_at_once(browser, decision)
    assert tokens_alive(jira) == [kept_by_the_link(jira)]
    assert JiraLink.objects.get().user_key == jira.people.linked.key


def test_nor_in_the_place_of_another(jira: Played, lina: Member) -> None:
    browser = Browser(lina)
    browser.link(jira, by=jira.people.unlinked)
    browser.come_back(jira, by=jira.people.linked)
    as_if_pressed_at_once(browser, "link")
    assert tokens_alive(jira) == [kept_by_the_link(jira)]


def test_the_second_press_while_jira_ends_the_former_token(jira: Played, lina: Member) -> None:
    """Jira takes its time over the revocation of the first; the second comes meanwhile."""
    browser = Browser(lina)
    browser.link(jira, by=jira.people.unlinked)
    browser.come_back(jira, by=jira.people.linked)
    found = re.search(r'name="proposal" value="([^"]+)"', browser.page(CONFIRM))
    assert found
    jira.jira.faults.add(path="/oauth2/latest/revoke", hold=True)

    def press() -> None:
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = browser.client.cookies[settings.SESSION_COOKIE_NAME].value
        client.post(CONFIRM, {"proposal": found.group(1), "decision": "link"})
        connections.close_all()

    first = threading.Thread(target=press)
    first.start()
    while not jira.jira.faults.waiting:
        assert first.is_alive()
    assert WAITS not in SessionStore(browser.client.session.session_key).load()
    second = browser.post(CONFIRM, proposal=found.group(1), decision="link")
    assert (second.headers["Location"], "connect again" in browser.told(second)) == (PAGE, True)
    jira.jira.faults.release()
    first.join()
    assert tokens_alive(jira) == [kept_by_the_link(jira)]


def test_a_no_is_kept_before_jira_ends_the_token(jira: Played, lina: Member) -> None:
    """Whatever falls in between: a proposal whose token is ended is none to say yes to."""
    browser = Browser(lina)
    browser.come_back(jira, by=jira.people.linked)
    key = browser.client.session.session_key
    jira.jira.faults.add(path="/oauth2/latest/revoke", hold=True)

    def answer() -> None:
        browser.decide("no")
        connections.close_all()

    answering = threading.Thread(target=answer)
    answering.start()
    while not jira.jira.faults.waiting:
        assert answering.is_alive()
    waits = WAITS in SessionStore(key).load()
    jira.jira.faults.release()
    answering.join()
    assert (waits, tokens_alive(jira), JiraLink.objects.count()) == (False, [], 0)


def test_a_former_token_that_jira_does_not_end_is_told(jira: Played, lina: Member) -> None:
    browser = Browser(lina)
    browser.link(jira, by=jira.people.unlinked)
    browser.come_back(jira, by=jira.people.linked)
    jira.jira.faults.add(path="/oauth2/latest/revoke", status=503)
    told = browser.told(browser.decide("link"))
    assert "Linked: in Jira you are Lina Linde" in told
    assert "Jira did not end the token of your link of before" in told
    assert "Authorized applications" in told
