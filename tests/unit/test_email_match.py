"""Which Jira user has a member's address: what is proposed, what is confirmed, and what proves nothing."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from click.testing import CliRunner, Result

from handover.jira.client import User
from handover.members.commands import member as command
from handover.members.email_match import Match, Unmatched, judged, match_for_mention
from handover.members.models import JiraLink, Member
from tests.unit.jira_link_world import PAGE, Browser, Played, a_member, connected

ADDRESS = "lina.linde@acme.example"
BOT = User("b", "openhands", "OpenHands", "bot@acme.example")


def a_user(key: str, email: str | None) -> User:
    return User(key, key, key.title(), email)


@pytest.mark.parametrize(
    ("found", "bot_email", "expected"),
    [
        pytest.param([a_user("lina", ADDRESS)], "bot@x", "lina", id="exactly one"),
        pytest.param([a_user("lina", "Lina.Linde@ACME.example")], "bot@x", "lina", id="in other letters"),
        pytest.param([a_user("lina", "LINA.LINDE@acme.example")], "bot@x", "lina", id="in capitals"),
        pytest.param([a_user("lina", ADDRESS)] * 2, "bot@x", "lina", id="the same one twice"),
        pytest.param([a_user("lina", ADDRESS), a_user("x", f"{ADDRESS}.org")], "bot@x", "lina", id="one begins so"),
        pytest.param([a_user("lina", ADDRESS), a_user("x", ADDRESS)], "bot@x", "2 Jira users have", id="two"),
        pytest.param([], "bot@x", f"No active Jira user has the address {ADDRESS}", id="nobody"),
        pytest.param([a_user(ADDRESS, "other@x")], "bot@x", "No active Jira user", id="a name like it"),
        pytest.param([a_user("b", ADDRESS)], "bot@x", "No active Jira user", id="the bot itself"),
        pytest.param([], None, "hides e-mail addresses", id="hidden"),
        pytest.param([a_user("lina", None)], "bot@x", "hides e-mail addresses", id="hidden from the bot"),
        pytest.param([], "bot at x", "masks e-mail addresses", id="masked"),
        pytest.param([a_user("lina", "lina dot linde at acme dot example")], None, "masks", id="masked and found"),
    ],
)
def test_what_is_found(found: list[User], bot_email: str | None, expected: str) -> None:
    match judged([ADDRESS], found, bot=User("b", "openhands", "OpenHands", bot_email)):
        case Match(user=user):
            assert user.key == expected
        case Unmatched(sentence=sentence):
            assert expected in sentence


@pytest.mark.parametrize(
    ("here", "in_jira", "same"),
    [
        ("jo@straße.example", "jo@strasse.example", False),
        ("jo@strasse.example", "JO@STRAẞE.example", False),
        ("jo@straße.example", "Jo@STRAẞE.example", True),
        ("ﬁn@acme.example", "fin@acme.example", False),
        ("ınes@acme.example", "ines@acme.example", False),
        ("jürgen@acme.example", "JÜRGEN@acme.example", True),
    ],
)
def test_letters_that_are_alike_are_two_mailboxes(here: str, in_jira: str, same: bool) -> None:
    found = judged([here], [a_user("jo", in_jira)], bot=BOT)
    assert isinstance(found, Match) is same


@pytest.fixture
def jira(django_db: Path) -> Iterator[Played]:
    with connected(linking="email") as played:
        yield played


@pytest.fixture
def lina(django_db: Path) -> Member:
    return a_member("lina", verified=ADDRESS)


def address(jira: Played) -> str:
    return f"{PAGE}/{jira.connection.id}/match"


def refusal(browser: Browser, jira: Played) -> str:
    """Why no link is proposed."""
    answer = browser.get(address(jira))
    assert answer.headers["Location"] == PAGE
    return browser.told(answer)


def test_the_match_is_confirmed_by_the_member(jira: Played, lina: Member) -> None:
    browser = Browser(lina)
    assert "Find my Jira user" in browser.page()
    page = browser.page(address(jira))
    assert all(words in page for words in ("Lina Linde", "(lina)", ADDRESS, "an address in Jira alone proves nothing"))
    assert not JiraLink.objects.exists()
    answer = browser.decide("link", at=address(jira))
    assert "in Jira you are Lina Linde (lina)" in browser.told(answer)
    link = JiraLink.objects.get()
    assert (link.member, link.user_key, link.how, link.sealed_access_token) == (lina, "JIRAUSER10101", "email", "")
    assert "Linked by your e-mail address" in browser.page()


def test_the_member_says_no(jira: Played, lina: Member) -> None:
    browser = Browser(lina)
    assert "Nothing was linked" in browser.told(browser.decide("no", at=address(jira)))
    assert not JiraLink.objects.exists()


def test_an_address_that_is_not_verified_here_is_looked_for_nowhere(jira: Played) -> None:
    uwe = a_member("uwe")
    EmailAddress.objects.create(user=uwe, email=ADDRESS, verified=False, primary=True)
    assert "No e-mail address of yours is verified here" in refusal(Browser(uwe), jira)
    assert not [one for one in jira.jira.requests if one.path.endswith("/user/search")]


def test_any_verified_address_counts(jira: Played) -> None:
    uwe = a_member("uwe", verified="uwe@home.example")
    EmailAddress.objects.create(user=uwe, email="uwe.ungar@acme.example", verified=True)
    assert "Uwe Ungar" in Browser(uwe).page(address(jira))


def test_an_address_taken_over_in_jira_links_nobody_by_itself(jira: Played, lina: Member) -> None:
    """Mallory writes lina's address into their own Jira profile."""
    jira.jira.change_user(jira.people.attacker, email=ADDRESS)
    assert "2 Jira users have the address" in refusal(Browser(lina), jira)
    jira.jira.change_user(jira.people.linked, email="lina@elsewhere.example")
    page = Browser(lina).page(address(jira))
    assert "<b>Mallory</b> (mallory)" in page, "lina sees whom she would link"
    assert "Confirm only if this Jira user is you" in page
    assert not JiraLink.objects.exists()


def test_taking_it_over_between_the_page_and_the_word_is_noticed(jira: Played, lina: Member) -> None:
    browser = Browser(lina)
    browser.page(address(jira))
    jira.jira.change_user(jira.people.attacker, email=ADDRESS)
    jira.jira.change_user(jira.people.linked, active=False)
    answer = browser.post(address(jira), proposal=jira.people.linked.key, decision="link")
    assert "Mallory" in answer.content.decode(), "the page is shown anew"
    assert not JiraLink.objects.exists()


def test_taking_it_over_afterwards_changes_no_link(jira: Played, lina: Member) -> None:
    browser = Browser(lina)
    browser.decide("link", at=address(jira))
    jira.jira.change_user(jira.people.linked, email="lina@elsewhere.example")
    jira.jira.change_user(jira.people.attacker, email=ADDRESS)
    assert JiraLink.objects.get().user_key == jira.people.linked.key


def test_a_jira_user_of_another_member(jira: Played, lina: Member) -> None:
    Browser(lina).decide("link", at=address(jira))
    EmailAddress.objects.all().delete()
    uwe = a_member("uwe", verified=ADDRESS)
    browser = Browser(uwe)
    assert "is linked with another account" in browser.told(browser.decide("link", at=address(jira)))
    assert JiraLink.objects.get().member == lina


@pytest.mark.parametrize(
    ("visibility", "words"), [("hide", "hides e-mail addresses"), ("mask", "masks e-mail addresses")]
)
def test_hidden_and_masked_addresses_are_said(jira: Played, lina: Member, visibility: str, words: str) -> None:
    jira.jira.settings.email_visibility = visibility  # type: ignore[assignment]
    for found in (False, True):
        jira.jira.settings.search_finds_hidden_emails = found
        told = refusal(Browser(lina), jira)
        assert words in told
        assert "User email visibility" in told


@pytest.mark.parametrize("fault", [{"status": 503}, {"lose": True}, {"status": 401}])
def test_jira_cannot_be_asked(jira: Played, lina: Member, fault: dict[str, object]) -> None:
    jira.jira.faults.add(path="/rest/api", **fault)  # type: ignore[arg-type]
    assert "Jira could not be asked" in refusal(Browser(lina), jira)


def test_by_oauth_there_is_no_match(jira: Played, lina: Member) -> None:
    jira.configure(linking="oauth")
    assert Browser(lina).get(address(jira)).status_code == 404


# At the first mention, where the confirmation is waived


def at_the_mention(jira: Played, name: str = "lina", *, key: str = "JIRAUSER10101") -> JiraLink | None:
    return asyncio.run(match_for_mention(jira.connection, user_key=key, user_name=name))


def test_with_the_confirmation_nobody_is_linked_by_a_mention(jira: Played, lina: Member) -> None:
    assert at_the_mention(jira) is None
    jira.configure(linking="oauth", confirm_email_match=False)
    assert at_the_mention(jira) is None


def test_without_it_a_mention_links(jira: Played, lina: Member) -> None:
    jira.configure(confirm_email_match=False)
    link = at_the_mention(jira)
    assert link is not None
    assert (link.member, link.user_key, link.user_name, link.how) == (lina, "JIRAUSER10101", "lina", "email")


def test_a_mention_links_nobody_who_is_not_certain(jira: Played, lina: Member) -> None:
    jira.configure(confirm_email_match=False)
    people = jira.people
    assert at_the_mention(jira, "uwe", key=people.unlinked.key) is None, "nobody here has this address"
    assert at_the_mention(jira, "lina", key=people.attacker.key) is None, "the name is another's by now"
    assert at_the_mention(jira, "nobody") is None, "the user is gone"
    jira.jira.change_user(people.attacker, email=ADDRESS)
    assert at_the_mention(jira) is None, "two have the address"
    jira.jira.change_user(people.attacker, email="mallory@acme.example")
    lina.is_active = False
    lina.save()
    assert at_the_mention(jira) is None, "the account here is closed"
    lina.is_active = True
    lina.save()
    jira.jira.settings.email_visibility = "hide"
    assert at_the_mention(jira) is None, "addresses are hidden"
    jira.jira.settings.email_visibility = "show"
    EmailAddress.objects.update(verified=False)
    assert at_the_mention(jira) is None, "the address is not verified here"
    assert not JiraLink.objects.exists()


def test_a_mention_changes_no_link_that_is_there(jira: Played, lina: Member) -> None:
    jira.configure(confirm_email_match=False)
    JiraLink.objects.create(member=lina, connection=jira.connection, user_key="somebody")
    assert at_the_mention(jira) is None
    assert JiraLink.objects.get().user_key == "somebody"


# By an administrator's word


def link_by_word(name: str, jira_user: str) -> Result:
    return CliRunner().invoke(command, ["link", name, "--jira-user", jira_user])


def tokens_alive(jira: Played) -> list[str]:
    return [grant.user_key for grant in jira.jira.oauth.grants if grant.access]


def test_why_there_is_no_match_names_the_command(jira: Played, lina: Member) -> None:
    jira.jira.change_user(jira.people.attacker, email=ADDRESS)
    assert "“handover member link”" in refusal(Browser(lina), jira)
    assert "“handover member link”" in refusal(Browser(a_member("uwe")), jira)
    for found in ([], [a_user("x", None)], [a_user("x", "lina at acme")]):
        match = judged([ADDRESS], found, bot=BOT)
        assert isinstance(match, Unmatched)
        assert "an administrator to link you with the command “handover member link”" in match.sentence


def test_an_administrator_links_and_no_token_of_before_stays(jira: Played, lina: Member) -> None:
    jira.configure(linking="oauth")
    Browser(lina).link(jira, by=jira.people.linked)
    done = link_by_word("lina", "uwe")
    assert done.output == f"lina is Uwe Ungar (uwe) in {jira.base_url}.\n"
    link = JiraLink.objects.get()
    assert (link.user_key, link.how, link.sealed_access_token) == (jira.people.unlinked.key, "administrator", "")
    assert "Linked by an administrator" in Browser(lina).page()
    assert tokens_alive(jira) == [], "nor in Jira"


def test_an_administrators_word_moves_a_jira_user_and_says_from_whom(jira: Played, lina: Member) -> None:
    jira.configure(linking="oauth")
    Browser(lina).link(jira, by=jira.people.linked)
    uwe = a_member("uwe")
    done = link_by_word("uwe", "lina")
    assert done.output == (
        f"uwe is Lina Linde (lina) in {jira.base_url}.\nlina was Lina Linde, and is linked no longer.\n"
    )
    assert JiraLink.objects.get().member == uwe
    assert tokens_alive(jira) == []


def test_a_token_that_jira_does_not_end_is_told(jira: Played, lina: Member) -> None:
    jira.configure(linking="oauth")
    Browser(lina).link(jira, by=jira.people.linked)
    a_member("uwe")
    jira.jira.faults.add(path="/oauth2/latest/revoke", status=503)
    done = link_by_word("uwe", "lina")
    assert (done.exit_code, "Jira did not end the token of lina's earlier link" in done.stderr) == (0, True)
    assert JiraLink.objects.get().member.username == "uwe"


def test_never_the_bot(jira: Played, lina: Member) -> None:
    refused = link_by_word("lina", "openhands")
    assert (refused.exit_code, "is the service account" in refused.output) == (1, True)


def test_who_is_not_found_is_told_by_whose_fault(jira: Played, lina: Member) -> None:
    assert "shows no user nobody" in link_by_word("lina", "nobody").output
    assert "There is no member nobody" in link_by_word("nobody", "lina").output
    jira.jira.faults.add(path="/rest/api", status=503)
    told = link_by_word("lina", "lina").output
    assert (f"{jira.base_url} answers 503" in told, "shows no user" in told) == (True, False)
