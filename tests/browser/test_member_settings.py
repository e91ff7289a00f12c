"""A member's settings in a real browser: without a link, linking by OAuth and by e-mail, and the forge."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.asgi import get_asgi_application
from playwright.sync_api import Page, expect

from handover import settings
from handover.lib import clock
from handover.members.models import JiraLink, Member
from standins.forge.cast import LINKED
from standins.jira.records import User
from standins.serving import Served
from tests.browser.test_pages import meanwhile
from tests.browser.windows import PHONE, Windows, chromium, press, session_of, sideways
from tests.unit.forge_accounts_world import AccountsWorld
from tests.unit.jira_link_world import PAGE, Played, a_member, connected

pytestmark = pytest.mark.browser
ADDRESS = "lina.linde@acme.example"
BOTH_YOURS = "Are both of these yours?"


@dataclass
class World:
    """Lina is a member whose address is verified, uwe is one without; ada administers. One Jira and one forge."""

    jira: Played
    forge: AccountsWorld
    windows: Windows

    def window(self, name: str = "lina", address: str = PAGE, **options: Any) -> Page:
        """This person's window, at this address. In Jira they are signed in as whoever `in_jira` says."""
        page = self.windows.of(name, **options)
        page.goto(address)
        return page

    def in_jira(self, page: Page, user: User) -> None:
        """Sign in to Jira in this browser."""
        page.context.add_cookies([{"name": "you_are", "value": user.key, "url": self.jira.base_url}])

    def connect(self, page: Page, *, by: User, button: str = "Connect", decision: str = "Allow") -> None:
        """Go to Jira, and decide there."""
        self.in_jira(page, by)
        press(page, button)
        expect(page.get_by_role("heading", name="Handover wants to act for you")).to_be_visible()
        press(page, decision)

    def link(self, page: Page, *, by: User, button: str = "Connect") -> None:
        """The whole way."""
        self.connect(page, by=by, button=button)
        press(page, "Yes, link them")
        expect(standing(page)).to_have_text("Linked")

    def configure(self, **changes: Any) -> None:
        meanwhile(lambda: self.jira.configure(**changes))

    def links(self) -> list[JiraLink]:
        return meanwhile(lambda: list(JiraLink.objects.all()))

    @property
    def holding(self) -> int:
        """How many people's tokens hold at Jira."""
        return sum(bool(grant.access) for grant in self.jira.jira.oauth.grants)


@pytest.fixture
def world(django_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with Served(get_asgi_application()) as handover:
        monkeypatch.setattr(settings, "PUBLIC_URL", handover.url)
        forge = AccountsWorld.begin(tmp_path)
        EmailAddress.objects.create(user=forge.lina, email=ADDRESS, verified=True, primary=True)
        ada = Member.objects.create_user("ada", is_superuser=True)
        people = {"lina": forge.lina, "uwe": a_member("uwe"), "ada": ada}
        sessions = {name: session_of(member) for name, member in people.items()}
        with connected() as jira, chromium() as browser:
            windows = Windows(browser, handover.url, sessions)
            yield World(jira, forge, windows)
        assert windows.broken == []


def card(page: Page, title: str = "Jira Data Center") -> Any:
    """An integration's card in the settings."""
    return page.locator(".entry").filter(has_text=title)


def standing(page: Page) -> Any:
    """How the link stands, on the page of the links."""
    return page.locator(".jira-link .state")


def test_somebody_without_a_link_sees_what_to_do_and_no_set_up(world: World) -> None:
    page = world.window("uwe", "/")
    page.get_by_role("link", name="Settings").click()
    expect(card(page)).to_contain_text("Not linked")
    page.get_by_role("link", name="Jira Data Center").click()
    expect(standing(page)).to_have_text("Not linked")
    expect(page.get_by_text("what you ask for there does not start anything")).to_be_visible()
    expect(page.get_by_role("button", name="Connect", exact=True)).to_be_visible()
    for words in ("webhook", "signing secret", "Personal access token", "Console"):
        expect(page.locator("body")).not_to_contain_text(words, ignore_case=True)
    answer = page.goto(f"{PAGE}/{world.jira.connection.id}/webhook")
    assert answer and answer.status == 403


def test_an_administrator_sees_the_set_up_beside_the_own_link(world: World) -> None:
    page = world.window("ada")
    expect(standing(page)).to_have_text("Not linked")
    expect(page.get_by_role("heading", name="Webhook")).to_be_visible()


def test_with_the_integration_off_the_card_is_gone(world: World) -> None:
    world.configure(enabled=False)
    page = world.window(address="/settings")
    expect(card(page)).to_have_count(0)
    expect(page.locator(".entry")).to_have_count(1)
    answer = page.goto(PAGE)
    assert answer and answer.status == 404
    expect(page.get_by_role("heading", name="Jira Data Center is switched off here")).to_be_visible()
    page.get_by_role("link", name="Back to the settings").click()
    world.configure(enabled=True)
    page.reload()
    expect(card(page)).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_connected_by_oauth(world: World, script: bool) -> None:
    page = world.window(width=PHONE, script=script)
    world.connect(page, by=world.jira.people.linked)
    expect(page.get_by_role("heading", name=BOTH_YOURS)).to_be_visible()
    expect(page.locator("dl")).to_contain_text("lina")
    expect(page.locator("dl")).to_contain_text("Lina Linde")
    assert "code=" not in page.url, "the code stays in no address that is shown"
    assert world.links() == []
    press(page, "Yes, link them")
    expect(page.get_by_text("Linked: in Jira you are Lina Linde (lina).")).to_be_visible()
    expect(standing(page)).to_have_text("Linked")
    page.goto("/settings")
    expect(card(page)).to_contain_text("Linked")
    assert world.holding == 1


def test_denied_in_jira(world: World) -> None:
    page = world.window()
    world.connect(page, by=world.jira.people.linked, decision="Deny")
    expect(page.get_by_role("alert")).to_have_text(
        "In Jira it was not allowed, so nothing was linked. Connect again when you want to."
    )
    expect(standing(page)).to_have_text("Not linked")
    assert world.links() == []


def test_not_confirmed_here(world: World) -> None:
    page = world.window()
    world.connect(page, by=world.jira.people.linked)
    page.goto(PAGE)
    page.get_by_role("link", name="Look at it").click()
    press(page, "No, link nothing")
    expect(page.get_by_text("Nothing was linked.")).to_be_visible()
    assert (world.links(), world.holding) == ([], 0)


def test_linked_again_after_the_link_was_lost(world: World) -> None:
    page = world.window()
    world.link(page, by=world.jira.people.linked)
    meanwhile(lambda: JiraLink.objects.update(lost_at=clock.now(), sealed_access_token="", sealed_refresh_token=""))
    page.goto("/settings")
    expect(card(page)).to_contain_text("Link again")
    page.get_by_role("link", name="Jira Data Center").click()
    expect(page.get_by_text("The link no longer works")).to_be_visible()
    world.link(page, by=world.jira.people.linked, button="Link again")
    [link] = world.links()
    assert (link.lost_at, link.user_key) == (None, world.jira.people.linked.key)


def test_another_jira_user_takes_the_place(world: World) -> None:
    page = world.window()
    world.link(page, by=world.jira.people.linked)
    world.connect(page, by=world.jira.people.without_account, button="Link another Jira user")
    expect(page.get_by_text("This takes the place of your link with Lina Linde (lina).")).to_be_visible()
    press(page, "Yes, link them")
    expect(page.get_by_text("Linked: in Jira you are Olga Ohm (olga).")).to_be_visible()
    assert [link.user_name for link in world.links()] == ["olga"]
    assert world.holding == 1


def test_a_jira_user_of_somebody_else(world: World) -> None:
    world.link(world.window(), by=world.jira.people.linked)
    page = world.window("uwe")
    world.connect(page, by=world.jira.people.linked)
    expect(page.get_by_role("alert")).to_contain_text("is linked with another account of this Handover")
    assert len(world.links()) == 1


def test_disconnected(world: World) -> None:
    page = world.window(width=PHONE)
    world.link(page, by=world.jira.people.linked)
    press(page, "Disconnect")
    expect(page.get_by_text(f"Disconnected from {world.jira.base_url}.")).to_be_visible()
    expect(standing(page)).to_have_text("Not linked")
    assert (world.links(), world.holding) == ([], 0)


def test_found_by_e_mail_and_confirmed(world: World) -> None:
    world.configure(linking="email")
    page = world.window(width=PHONE)
    expect(page.get_by_text("You confirm that it is you.")).to_be_visible()
    page.get_by_role("link", name="Find my Jira user").click()
    expect(page.get_by_role("heading", name=BOTH_YOURS)).to_be_visible()
    expect(page.get_by_text("an address in Jira alone proves nothing")).to_be_visible()
    assert world.links() == []
    press(page, "Yes, link them")
    expect(page.get_by_text("Linked by your e-mail address")).to_be_visible()
    press(page, "Disconnect")
    expect(standing(page)).to_have_text("Not linked")


def test_no_match_by_e_mail_is_explained(world: World) -> None:
    world.configure(linking="email")
    page = world.window()
    traits = world.jira.jira.settings
    for visibility, words in (("hide", "hides e-mail addresses"), ("mask", "masks e-mail addresses")):
        traits.email_visibility = visibility  # type: ignore[assignment]
        page.get_by_role("link", name="Find my Jira user").click()
        expect(page.get_by_role("alert")).to_contain_text(words)
        expect(page.get_by_role("alert")).to_contain_text("User email visibility")
    page = world.window("uwe")
    page.get_by_role("link", name="Find my Jira user").click()
    expect(page.get_by_role("alert")).to_contain_text("No e-mail address of yours is verified here")
    assert world.links() == []


def test_the_card_of_the_forge(world: World) -> None:
    page = world.window(address="/settings")
    forge = card(page, world.forge.url.removeprefix("http://"))
    expect(forge).to_contain_text("Not connected")
    forge.get_by_role("link").click()
    page.get_by_label("Personal access token").fill(world.forge.forge.token_for(LINKED))
    press(page, "Test and save")
    expect(page.get_by_text("You are connected")).to_be_visible()
    page.goto("/settings")
    expect(forge.locator(".state")).to_have_text("Connected")


@pytest.mark.parametrize("dark", [False, True])
def test_no_page_is_wider_than_a_phone(world: World, dark: bool) -> None:
    long = world.jira.jira.change_user(
        world.jira.people.linked, display_name="Lina-" + "Linde-" * 30, email="l" * 60 + "@" + "acme." * 20 + "example"
    )
    page = world.window(address="/settings", width=PHONE, dark=dark)
    wide = [sideways(page)]
    page.goto(PAGE)
    wide.append(sideways(page))
    world.connect(page, by=long)
    wide.append(sideways(page))
    press(page, "Yes, link them")
    wide.append(sideways(page))
    meanwhile(lambda: JiraLink.objects.update(lost_at=clock.now()))
    page.reload()
    assert [*wide, sideways(page)] == [0, 0, 0, 0, 0]
