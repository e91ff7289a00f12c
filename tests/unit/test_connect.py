"""Connecting with Jira by OAuth, through the pages and a stand-in over real HTTP; and the attacks on it."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.db import connection as database

from handover.jira import oauth
from handover.lib import clock
from handover.members.models import JiraLink, Member
from standins.authority import Authority
from tests.configured import configured as configure
from tests.unit.jira_link_world import CONFIRM, PAGE, Browser, Played, a_member, connected, connected_by_tls

CALLBACK = "/integration/jira-dc/callback"


@pytest.fixture
def jira(django_db: Path) -> Iterator[Played]:
    with connected() as played:
        yield played


@pytest.fixture
def lina(django_db: Path) -> Member:
    return a_member("lina", verified="lina.linde@acme.example", first_name="Lina", last_name="L.")


@pytest.fixture
def uwe(django_db: Path) -> Member:
    return a_member("uwe")


def nothing_is_linked() -> bool:
    return not JiraLink.objects.exists()


def tokens_alive(jira: Played) -> list[str]:
    """The user keys whose tokens Jira still takes."""
    return [grant.user_key for grant in jira.jira.oauth.grants if grant.access]


def test_the_whole_way(jira: Played, lina: Member) -> None:
    browser = Browser(lina)
    assert "You are not linked with this Jira yet" in browser.page()
    back = browser.come_back(jira, by=jira.people.linked)
    assert (back.status_code, back.headers["Location"]) == (302, CONFIRM)
    page = browser.page(CONFIRM)
    assert all(name in page for name in ("Lina L.", "(lina)", "Lina Linde", jira.base_url))
    assert nothing_is_linked(), "nothing is linked before the member's word"
    assert browser.decide("link").headers["Location"] == PAGE
    link = JiraLink.objects.get()
    assert (link.member, link.user_key, link.user_name, link.how) == (lina, "JIRAUSER10101", "lina", "oauth")
    assert (link.scope, link.lost_at) == ("READ", None)
    page = browser.page()
    assert "In Jira you are <b>Lina Linde</b> (lina)" in page
    assert "Linked by OAuth" in page


def test_jira_is_asked_for_no_more_than_configured(jira: Played, lina: Member) -> None:
    query = parse_qs(urlsplit(Browser(lina).begin(jira.connection)).query)
    assert (query["scope"], query["code_challenge_method"]) == (["READ"], ["S256"])
    assert query["redirect_uri"] == ["http://127.0.0.1:8080/integration/jira-dc/callback"]
    jira.configure(scope="WRITE")
    assert parse_qs(urlsplit(Browser(lina).begin(jira.connection)).query)["scope"] == ["WRITE"]


def test_no_token_is_kept_in_clear_while_it_waits(jira: Played, lina: Member) -> None:
    browser = Browser(lina)
    browser.come_back(jira, by=jira.people.linked)
    [grant] = jira.jira.oauth.grants
    assert grant.access
    with database.cursor() as cursor:
        cursor.execute("SELECT session_data FROM django_session")
        kept = [json.dumps(Session(session_data=row[0]).get_decoded()) for row in cursor.fetchall()]
    assert any("jira_connect_proposal" in text for text in kept)
    assert not any(token in text for text in kept for token in (grant.access, grant.refresh))
    browser.decide("link")
    link = JiraLink.objects.get()
    assert grant.access not in link.sealed_access_token
    assert grant.refresh not in link.sealed_refresh_token


def test_who_says_no_here_is_not_linked_and_the_token_ends(jira: Played, lina: Member) -> None:
    browser = Browser(lina)
    browser.come_back(jira, by=jira.people.linked)
    answer = browser.decide("no")
    assert "Nothing was linked" in browser.told(answer)
    assert (nothing_is_linked(), tokens_alive(jira)) == (True, [])
    assert browser.get(CONFIRM).headers["Location"] == PAGE


def test_who_denies_it_in_jira_is_told(jira: Played, lina: Member) -> None:
    browser = Browser(lina)
    back = jira.consented(browser.begin(jira.connection), by=jira.people.linked, decision="deny")
    assert "In Jira it was not allowed" in browser.told(browser.get(back))
    assert nothing_is_linked()
    assert "was used before" in browser.told(browser.get(back)), "the state is used up by the denial too"


def test_a_scope_that_jira_does_not_give_is_the_administrators(jira: Played, lina: Member) -> None:
    browser, state = Browser(lina), ""
    state = parse_qs(urlsplit(browser.begin(jira.connection)).query)["state"][0]
    told = browser.told(browser.get(f"{CALLBACK}?error=invalid_scope&state={state}&error_description=Call+0190"))
    assert "does not let Handover's client ask for the scope READ" in told
    assert "0190" not in told


def test_linking_again_with_another_jira_user_replaces_the_link(jira: Played, lina: Member) -> None:
    browser = Browser(lina)
    browser.link(jira, by=jira.people.linked)
    browser.come_back(jira, by=jira.people.unlinked)
    assert "takes the place of your link with Lina Linde (lina)" in browser.page(CONFIRM)
    browser.decide("link")
    assert JiraLink.objects.get().user_key == jira.people.unlinked.key
    assert tokens_alive(jira) == [jira.people.unlinked.key], "the former token is ended"


def test_disconnecting_ends_the_token_at_jira(jira: Played, lina: Member) -> None:
    browser = Browser(lina)
    browser.link(jira, by=jira.people.linked)
    answer = browser.post(f"{PAGE}/{jira.connection.id}/disconnect")
    assert "Disconnected from" in browser.told(answer)
    assert (nothing_is_linked(), tokens_alive(jira)) == (True, [])
    again = browser.post(f"{PAGE}/{jira.connection.id}/disconnect")
    assert "no link any more" in browser.told(again)


def test_disconnecting_while_jira_is_away_is_told(jira: Played, lina: Member) -> None:
    browser = Browser(lina)
    browser.link(jira, by=jira.people.linked)
    jira.jira.faults.add(path="/oauth2/latest/revoke", status=503)
    told = browser.told(browser.post(f"{PAGE}/{jira.connection.id}/disconnect"))
    assert "Disconnected here, but Jira did not end its token" in told
    assert "Authorized applications" in told
    assert nothing_is_linked()


# Attacks


def test_another_browser_cannot_end_what_this_one_began(jira: Played, lina: Member, uwe: Member) -> None:
    """Who gets somebody to open their own way back would have that person linked with the attacker's Jira user."""
    attacker, victim = Browser(uwe), Browser(lina)
    back = jira.consented(attacker.begin(jira.connection), by=jira.people.attacker)
    answer = victim.get(back)
    assert "was not begun in this browser" in victim.told(answer)
    assert answer.headers["Location"] == PAGE
    assert nothing_is_linked()
    assert jira.jira.oauth.answered == {}, "the code was not even shown to Jira"


def test_nor_can_a_browser_that_is_not_signed_in(jira: Played, lina: Member) -> None:
    back = jira.consented(Browser(lina).begin(jira.connection), by=jira.people.linked)
    answer = Browser().get(back)
    assert answer.headers["Location"] == PAGE
    assert "code" not in answer.headers["Location"]
    assert jira.jira.oauth.answered == {}


def test_a_state_holds_once(jira: Played, lina: Member) -> None:
    browser = Browser(lina)
    back = jira.consented(browser.begin(jira.connection), by=jira.people.linked)
    assert browser.get(back).headers["Location"] == CONFIRM
    again = browser.get(back)
    assert (again.headers["Location"], "was used before" in browser.told(again)) == (PAGE, True)
    assert jira.jira.oauth.answered == {("authorization_code", "ok"): 1}


def test_a_state_holds_ten_minutes(jira: Played, lina: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser(lina)
    url = browser.begin(jira.connection)
    later = time.time() + 601
    monkeypatch.setattr("handover.members.under_way.time.time", lambda: later)
    assert "longer than ten minutes" in browser.told(browser.get(jira.consented(url, by=jira.people.linked)))
    assert nothing_is_linked()


def test_a_proposal_waits_ten_minutes(jira: Played, lina: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser(lina)
    browser.come_back(jira, by=jira.people.linked)
    later = clock.now() + timedelta(minutes=10, seconds=1)
    monkeypatch.setattr("handover.lib.clock.now", lambda: later)
    assert "No link waits" in browser.told(browser.get(CONFIRM))


@pytest.mark.parametrize("state", ["", "unknown", "x" * 5000])
def test_a_state_that_is_none(jira: Played, lina: Member, state: str) -> None:
    browser = Browser(lina)
    browser.begin(jira.connection)
    assert "was not begun in this browser" in browser.told(browser.get(f"{CALLBACK}?code=c&state={state}"))


@pytest.mark.parametrize("query", ["", "&code=", f"&code={'c' * 5000}", "&error=%3Cscript%3E&error_description=pay"])
def test_a_way_back_without_a_code(jira: Played, lina: Member, query: str) -> None:
    browser = Browser(lina)
    state = parse_qs(urlsplit(browser.begin(jira.connection)).query)["state"][0]
    told = browser.told(browser.get(f"{CALLBACK}?state={state}{query}"))
    assert "sent you back without its permission" in told
    assert "pay" not in told
    assert jira.jira.oauth.answered == {}


def test_the_way_back_leads_to_our_own_pages_alone(jira: Played, lina: Member) -> None:
    browser = Browser(lina)
    evil = "https://evil.example/"
    url = browser.begin(jira.connection)
    back = f"{jira.consented(url, by=jira.people.linked)}&next={evil}&redirect_uri={evil}&return_to={evil}"
    assert browser.get(back).headers["Location"] == CONFIRM
    assert browser.post(f"{CONFIRM}?next={evil}", proposal="x").status_code == 200
    assert browser.decide("link").headers["Location"] == PAGE
    assert Browser(lina).get(f"{CALLBACK}?next={evil}").headers["Location"] == PAGE
    assert Browser().get(f"{CALLBACK}?next={evil}").headers["Location"] == PAGE


def test_a_code_for_another_connection(jira: Played, lina: Member) -> None:
    """A state says which Jira: a code of one Jira is never taken for another's."""
    with connected() as other:
        browser = Browser(lina)
        here = parse_qs(urlsplit(browser.begin(jira.connection)).query)["state"][0]
        back = other.consented(browser.begin(other.connection), by=other.people.attacker)
        code = parse_qs(urlsplit(back).query)["code"][0]
        told = browser.told(browser.get(f"{CALLBACK}?code={code}&state={here}"))
        assert "no longer takes the code" in told
        assert nothing_is_linked()
        assert other.jira.oauth.answered == {}


def test_two_members_never_have_one_jira_user(jira: Played, lina: Member, uwe: Member) -> None:
    Browser(lina).link(jira, by=jira.people.linked)
    browser = Browser(uwe)
    told = browser.told(browser.come_back(jira, by=jira.people.linked))
    assert "is linked with another account of this Handover" in told
    assert JiraLink.objects.get().member == lina
    assert len(tokens_alive(jira)) == 1, "the second token is ended"


def test_nor_where_both_confirm_in_the_same_moment(jira: Played, lina: Member, uwe: Member) -> None:
    first, second = Browser(lina), Browser(uwe)
    for browser in (first, second):
        assert browser.come_back(jira, by=jira.people.linked).headers["Location"] == CONFIRM
    first.decide("link")
    told = second.told(second.decide("link"))
    assert "is linked with another account" in told
    assert [link.member for link in JiraLink.objects.all()] == [lina]
    assert len(tokens_alive(jira)) == 1


def test_the_service_account_is_nobodys(jira: Played, lina: Member) -> None:
    browser = Browser(lina)
    told = browser.told(browser.come_back(jira, by=jira.people.bot))
    assert "is the service account" in told
    assert (nothing_is_linked(), tokens_alive(jira)) == (True, [])


def test_what_is_confirmed_is_what_was_shown(jira: Played, lina: Member) -> None:
    browser = Browser(lina)
    browser.come_back(jira, by=jira.people.attacker)
    shown = browser.page(CONFIRM).split('name="proposal" value="')[1].split('"')[0]
    browser.come_back(jira, by=jira.people.linked)
    answer = browser.post(CONFIRM, proposal=shown, decision="link")
    assert "Lina Linde" in answer.content.decode(), "the page is shown anew"
    assert nothing_is_linked()
    assert tokens_alive(jira) == [jira.people.linked.key], "the proposal that was replaced is ended in Jira"


def test_a_link_that_somebody_else_began_is_not_this_members(jira: Played, lina: Member, uwe: Member) -> None:
    """On a shared computer: signing in as another ends the session, and with it what was under way."""
    browser = Browser(uwe)
    back = jira.consented(browser.begin(jira.connection), by=jira.people.attacker)
    browser.client.force_login(lina)
    assert "was not begun in this browser" in browser.told(browser.get(back))


@pytest.mark.parametrize("path", ["connect", "disconnect", "match"])
def test_each_form_wants_its_token(jira: Played, lina: Member, path: str) -> None:
    jira.configure(linking="email" if path == "match" else "oauth")
    browser = Browser(lina)
    browser.client.handler.enforce_csrf_checks = True
    assert browser.post(f"{PAGE}/{jira.connection.id}/{path}").status_code == 403
    assert browser.post(CONFIRM, decision="link").status_code == 403


@pytest.mark.parametrize("path", [PAGE, "/settings", CONFIRM, f"{PAGE}/8f14e45f-ceea-4670-9bc9-0d6c3a4f2b11/match"])
def test_who_is_not_signed_in_is_asked_to(django_db: Path, path: str) -> None:
    assert Browser().get(path).headers["Location"].startswith("/sign-in?next=")


# Trouble at Jira


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        pytest.param({"status": 500}, "does not give tokens now (status 500)", id="500"),
        pytest.param(
            {"status": 200, "body": b"<html>", "headers": {"content-type": "text/html"}},
            "as an OAuth server",
            id="html",
        ),
        pytest.param({"lose": True}, "cannot be reached", id="lost"),
        pytest.param({"seconds": 3.0}, "did not answer within", id="slow"),
    ],
)
def test_the_token_endpoint_fails(
    jira: Played, lina: Member, fault: dict[str, object], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handover.lib.oauth.MOST_SECONDS", 0.5)
    jira.jira.faults.add(path="/oauth2/latest/token", **fault)  # type: ignore[arg-type]
    browser = Browser(lina)
    told = browser.told(browser.come_back(jira, by=jira.people.linked))
    assert "Nothing was linked" in told
    assert words in told
    assert nothing_is_linked()


def test_jira_does_not_say_whose_the_token_is(jira: Played, lina: Member) -> None:
    jira.jira.faults.add(path="/rest/api/2/myself", status=401)
    browser = Browser(lina)
    assert "does not accept the token" in browser.told(browser.come_back(jira, by=jira.people.linked))
    assert (nothing_is_linked(), tokens_alive(jira)) == (True, [])


def test_the_clients_secret_is_wrong(jira: Played, lina: Member) -> None:
    jira.configure(client_secret="another")
    browser = Browser(lina)
    told = browser.told(browser.come_back(jira, by=jira.people.linked))
    assert oauth.CLIENT_REFUSED in told
    assert "another" not in told.replace("another account", "")


def test_a_private_ca_holds_for_connecting(django_db: Path, lina: Member, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with connected_by_tls(authority.identity()) as jira:
        browser = Browser(lina)

        def came_back() -> str:
            """As the browser would, which trusts the CA by its own means."""
            asked = {name: text[0] for name, text in parse_qs(urlsplit(browser.begin(jira.connection)).query).items()}
            code = jira.jira.oauth.allow(jira.jira.oauth.asked(asked), jira.people.linked).code
            answer = browser.get(f"{CALLBACK}?code={code}&state={asked['state']}")
            return f"{answer.headers['Location']} {browser.told(answer)}"

        assert "certificate" in came_back()
        configure(trust={"certificates": authority.root_pem})
        assert came_back().startswith(CONFIRM)
        browser.decide("link")
        told = browser.told(browser.post(f"{PAGE}/{jira.connection.id}/disconnect"))
        assert "Disconnected from" in told
        assert tokens_alive(jira) == []


# What the pages say


def test_the_card_and_the_page_go_with_the_integration(jira: Played, lina: Member) -> None:
    browser = Browser(lina)
    assert "Jira Data Center" in browser.page("/settings")
    browser.link(jira, by=jira.people.linked)
    jira.configure(enabled=False)
    assert "Jira Data Center" not in browser.page("/settings")
    page = browser.page(status=404)
    assert "switched off" in page
    assert "Admin Console" not in page
    assert browser.post(f"{PAGE}/{jira.connection.id}/connect").status_code == 404
    assert "Admin Console" in Browser(a_member("ada", is_superuser=True)).page(status=404)
    assert JiraLink.objects.count() == 1, "links are kept"


def test_without_any_jira_the_page_says_so(lina: Member) -> None:
    configure(jira=[])
    page = Browser(lina).page(status=404)
    assert "No Jira is connected yet" in page
    assert "Admin Console" not in page
    assert "Admin Console" in Browser(a_member("ada", is_superuser=True)).page(status=404)


def test_the_webhook_is_shown_to_administrators_alone(jira: Played, lina: Member) -> None:
    hers, adas = Browser(lina).page(), Browser(a_member("ada", is_superuser=True)).page()
    assert ("Webhook" in hers, "Webhook" in adas) == (False, True)
    assert "Install automatically" in adas
    assert "Connect" in hers


def test_what_the_card_says(jira: Played, lina: Member) -> None:
    browser = Browser(lina)
    assert "Not linked" in browser.page("/settings")
    link = browser.link(jira, by=jira.people.linked)
    assert ">Linked<" in browser.page("/settings")
    with connected():
        assert "1 of 2 linked" in browser.page("/settings")
        page = browser.page()
        assert page.count("jira-link") == 2
    JiraLink.objects.filter(id=link.id).update(lost_at="2026-01-01T00:00:00Z")
    assert "Link again" in browser.page("/settings")
    page = browser.page()
    assert "no longer works" in page
    assert "@openhands" in page


def test_a_jira_that_is_linked_by_address_is_not_connected_by_oauth(jira: Played, lina: Member) -> None:
    jira.configure(linking="email")
    browser = Browser(lina)
    assert browser.post(f"{PAGE}/{jira.connection.id}/connect").status_code == 404
    assert "Find my Jira user" in browser.page()


def test_one_browser_begins_only_so_often_at_once(jira: Played, lina: Member) -> None:
    browser = Browser(lina)
    urls = [browser.begin(jira.connection) for _ in range(7)]
    assert len(browser.client.session["jira_connect_states"]) == 5
    assert browser.get(jira.consented(urls[-1], by=jira.people.linked)).headers["Location"] == CONFIRM


def test_the_page_that_leads_to_jira_is_ours_and_says_so(jira: Played, lina: Member) -> None:
    answer = Browser(lina).post(f"{PAGE}/{jira.connection.id}/connect")
    assert "form-action 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert f"Your browser goes to {jira.base_url}" in answer.content.decode()
