"""The webhook's set-up in a real browser, by an administrator, against a real Jira."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from django.core.asgi import get_asgi_application
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from scripts.pictures import CHROMIUM, QUIET_CHROMIUM
from standins.serving import Served
from tests.unit.webhook_world import World, connected

pytestmark = pytest.mark.browser
T = TypeVar("T")
TOKEN = "Personal access token of a Jira administrator"
PAGE = "/settings/integrations/jira-dc"


@pytest.fixture
def world(django_db: Path) -> Iterator[World]:
    with connected() as world:
        yield world


@pytest.fixture
def cookies(world: World) -> dict[str, str]:
    return {name: cookie.value for name, cookie in world.ada.cookies.items()}


@pytest.fixture
def browser(world: World) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET_CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def address(world: World) -> Iterator[str]:
    with Served(get_asgi_application()) as served:
        yield served.url


def context_of(browser: Browser, address: str, cookies: dict[str, str], **options: object) -> BrowserContext:
    context = browser.new_context(base_url=address, **options)  # type: ignore[arg-type]
    context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
    context.set_default_timeout(10_000)
    return context


@pytest.fixture
def page(browser: Browser, address: str, cookies: dict[str, str]) -> Page:
    page = context_of(browser, address, cookies).new_page()
    page.goto(PAGE)
    return page


def meanwhile(act: Callable[[], T]) -> T:
    """Act on the database beside the browser: its event loop is on this thread, where Django refuses to block."""
    from django.db import connections

    def act_and_close() -> T:
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as beside:
        return beside.submit(act_and_close).result()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_installed_after_a_wrong_token(world: World, page: Page) -> None:
    page.get_by_label(TOKEN).fill("not-a-token")
    press(page, "Install automatically")
    expect(page.get_by_role("alert")).to_contain_text("Jira does not accept the token")
    expect(page.get_by_label(TOKEN)).to_have_value("")
    token = meanwhile(world.token)
    page.get_by_label(TOKEN).fill(token)
    press(page, "Install automatically")
    expect(page.get_by_text("Jira has the webhook “OpenHands”")).to_be_visible()
    expect(page.locator(".webhook .state")).to_have_text("Active")
    assert token not in page.content()
    assert meanwhile(lambda: world.hook.secret == world.connection.webhook_secret)


def test_set_up_by_hand_rotated_and_paused(world: World, page: Page) -> None:
    press(page, "Generate webhook details")
    secret = meanwhile(lambda: world.connection.webhook_secret)
    expect(page.get_by_text(secret)).to_be_visible()
    press(page, "I created the webhook")
    expect(page.get_by_text(secret)).to_have_count(0)
    press(page, "Pause")
    expect(page.locator(".webhook .state")).to_have_text("Paused")
    press(page, "Resume")
    page.get_by_text("Rotate the secret").click()
    press(page, "Rotate it myself")
    expect(page.get_by_role("heading", name="The secret is being rotated")).to_be_visible()
    fresh = meanwhile(lambda: world.connection.webhook_secret)
    assert fresh != secret
    expect(page.get_by_text(fresh)).to_be_visible()


def test_each_detail_is_copied(world: World, browser: Browser, address: str, cookies: dict[str, str]) -> None:
    context = context_of(browser, address, cookies, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(PAGE)
    press(page, "Generate webhook details")
    url, secret = meanwhile(lambda: (world.url, world.connection.webhook_secret))
    for name, text in (("the URL", url), ("the secret", secret), ("comment_created", "comment_created")):
        button = page.get_by_role("button", name=f"Copy {name}")
        button.click()
        expect(button).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == text
    assert page.locator(".webhook [data-copy]").count() == 8


def test_without_a_script_the_details_are_there_to_select(
    world: World, browser: Browser, address: str, cookies: dict[str, str]
) -> None:
    page = context_of(browser, address, cookies, java_script_enabled=False).new_page()
    page.goto(PAGE)
    press(page, "Generate webhook details")
    expect(page.get_by_text(meanwhile(lambda: world.connection.webhook_secret))).to_be_visible()
    expect(page.get_by_role("button", name="Copy the secret")).to_be_hidden()
    press(page, "I created the webhook")
    expect(page.locator(".webhook .state")).to_have_text("Active")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(world: World, browser: Browser, address: str, cookies: dict[str, str], scheme: str) -> None:
    context = context_of(browser, address, cookies, viewport={"width": 360, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    page.goto(PAGE)
    press(page, "Generate webhook details")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
