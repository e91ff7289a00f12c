"""A member's forge account in a real browser: there and back by OAuth, and by a token."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.asgi import get_asgi_application
from playwright.sync_api import Page, expect, sync_playwright

from handover import settings
from scripts.pictures import CHROMIUM, QUIET_CHROMIUM
from standins.forge.cast import ATTACKER
from standins.serving import Served
from tests.browser.test_pages import meanwhile
from tests.unit.forge_accounts_world import CALLBACK, AccountsWorld

pytestmark = pytest.mark.browser
NARROW = {"width": 360, "height": 780}


@dataclass
class Looked:
    """Lina's browser at her forge's page, and what stands behind it."""

    world: AccountsWorld
    page: Page

    def token(self, token: str) -> None:
        self.page.get_by_label("Personal access token").fill(token)
        self.page.get_by_role("button", name="Test and save").click()

    def to_the_forge(self) -> None:
        self.page.get_by_role("button", name="Connect with").click()
        self.page.wait_for_url("**/login/oauth/authorize**")
        self.page.get_by_label("Lina Linde").check()


@pytest.fixture
def looked(django_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Looked]:
    with Served(get_asgi_application()) as served, sync_playwright() as playwright:
        monkeypatch.setattr(settings, "PUBLIC_URL", served.url)
        world = meanwhile(lambda: AccountsWorld.begin(tmp_path))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET_CHROMIUM)
        page = browser.new_context(base_url=served.url).new_page()
        page.set_default_timeout(10_000)
        name = django_settings.SESSION_COOKIE_NAME
        page.context.add_cookies([{"name": name, "value": world.browser.cookies[name].value, "url": served.url}])
        page.goto(world.page)
        yield Looked(world, page)
        browser.close()


def test_there_and_back(looked: Looked) -> None:
    page = looked.page
    expect(page.get_by_text("Not connected")).to_be_visible()
    looked.to_the_forge()
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_role("heading", name="Are both of these yours?")).to_be_visible()
    assert "code=" not in page.url, "the code stays in no address that is shown"
    page.get_by_role("button", name="Yes, connect them").click()
    expect(page.get_by_text("Renewed by itself")).to_be_visible()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("has forgotten our access")).to_be_visible()


def test_denied_there(looked: Looked) -> None:
    looked.to_the_forge()
    looked.page.get_by_role("button", name="Cancel").click()
    expect(looked.page.get_by_text("it was not allowed, so nothing was connected")).to_be_visible()
    looked.page.goto(CALLBACK)
    expect(looked.page.get_by_text("was not begun in this browser")).to_be_visible()


def test_by_token_with_the_keyboard(looked: Looked) -> None:
    page = looked.page
    page.get_by_label("Personal access token").focus()
    page.keyboard.type("ghp_wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_text("does not accept the token: Bad credentials.")).to_be_visible()
    expect(page.get_by_label("Personal access token")).to_have_value("")
    looked.token(looked.world.forge.token_for(ATTACKER, seconds=5 * 86_400))
    expect(page.get_by_text("Ends soon")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_a_phone(looked: Looked, scheme: str) -> None:
    page = looked.page
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    looked.token("ghp_wrong")
    assert fits(page)
    looked.token(looked.world.forge.token_for(ATTACKER))
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    assert fits(page)
    looked.to_the_forge()
    assert fits(page)
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_text("it takes the place of Mallory")).to_be_visible()
    assert fits(page)
    page.goto("/settings")
    assert fits(page)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
