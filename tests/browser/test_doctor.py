"""The doctor's page in a real browser, before a world that is served."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from handover import settings
from handover.connections.models import Connection
from handover.members.models import Member
from scripts.pictures import CHROMIUM, QUIET_CHROMIUM
from tests.doctor.world import World, served

pytestmark = pytest.mark.browser
T = TypeVar("T")
NARROW = 360


@pytest.fixture
def world(django_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with served(World(tmp_path), monkeypatch) as world:
        Member.objects.create_superuser("ada")
        yield world


@pytest.fixture
def browser(world: World) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET_CHROMIUM)
        yield browser
        browser.close()


def database(work: Callable[[], T]) -> T:
    """Playwright's own loop is in this thread, where Django then refuses the database."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_closing, work).result()


def _closing(work: Callable[[], T]) -> T:
    from django.db import connections

    try:
        return work()
    finally:
        connections.close_all()


def _session() -> str:
    client = Client()
    client.force_login(Member.objects.get(username="ada"))
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def opened(
    browser: Browser, *, script: bool = True, width: int = 1280, dark: bool = False, refused: bool = False
) -> Page:
    """Ada's browser. What the page complains of fails the test; of a refusal, the browser itself complains."""
    context = browser.new_context(
        java_script_enabled=script,
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        base_url=settings.PUBLIC_URL,
    )
    cookie = database(_session)
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": settings.PUBLIC_URL}])
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"The page failed: {error}"))
    page.on("console", lambda message: pytest.fail(message.text) if message.type == "error" and not refused else None)
    return page


def pause() -> None:
    Connection.objects.update(webhook_state=Connection.Webhook.PAUSED)


def test_the_checks_come_by_themselves(browser: Browser) -> None:
    page = opened(browser)
    page.goto("/console/doctor")
    expect(page.get_by_role("status")).to_contain_text("checks are well")
    closed = page.get_by_text("Jira 10.3.6.", exact=True)
    expect(closed).to_be_hidden()
    page.get_by_role("heading", name="Connection errors").click()
    expect(closed).to_be_visible()


def test_what_is_wrong_stands_open_with_what_to_do(browser: Browser) -> None:
    database(pause)
    page = opened(browser)
    page.goto("/console/doctor")
    expect(page.get_by_text("The connection is paused")).to_be_visible()
    expect(page.get_by_text("Resume it")).to_be_visible()
    others = page.locator("details.doctor[open] .rest")
    expect(others.locator(".check").first).to_be_hidden()
    others.locator("summary").click()
    expect(others.locator(".check").first).to_be_visible()


def a_fault(route: Route) -> None:
    route.fulfill(status=500, body="<h1>A fault</h1>")


def no_way(route: Route) -> None:
    route.abort()


MISSING: dict[str, tuple[Callable[[Route], None], str]] = {
    "a fault of ours": (a_fault, "something failed inside Handover, or before it (500). Look into Handover's log."),
    "no way to us": (no_way, "Handover is not reached from this browser. Load the page again."),
}


@pytest.mark.parametrize("case", MISSING)
def test_why_the_checks_did_not_come(browser: Browser, case: str) -> None:
    answer, sentence = MISSING[case]
    page = opened(browser, refused=True)
    page.route("**/console/doctor/checks", answer)
    page.goto("/console/doctor")
    expect(page.locator("[data-checks]")).to_have_text(f"The checks did not come: {sentence}")


CHANGED: dict[str, tuple[Callable[[], object], str]] = {
    "signed out": (lambda: Session.objects.all().delete(), "you are signed out. Load the page again, and sign in."),
    "no administrator": (
        lambda: Member.objects.update(is_superuser=False),
        "you are no administrator any more.",
    ),
}


@pytest.mark.parametrize("case", CHANGED)
def test_who_may_not_look_any_more_is_told(browser: Browser, case: str) -> None:
    change, sentence = CHANGED[case]
    page = opened(browser, refused=True)

    def meanwhile(route: Route) -> None:
        database(change)
        route.continue_()

    page.route("**/console/doctor/checks", meanwhile)
    page.goto("/console/doctor")
    expect(page.locator("[data-checks]")).to_have_text(f"The checks did not come: {sentence}")


def test_without_a_script(browser: Browser) -> None:
    page = opened(browser, script=False)
    page.goto("/console/doctor")
    page.get_by_role("link", name="Look at everything now").click()
    expect(page.get_by_role("status")).to_contain_text("checks are well")


def test_a_test_is_sent_and_told(browser: Browser, world: World) -> None:
    page = opened(browser)
    page.goto("/console/doctor")
    page.get_by_label("Issue", exact=True).fill("PAY-1")
    page.get_by_role("button", name="Send a test").click()
    result = page.get_by_role("region", name="The test")
    expect(result).to_contain_text("Jira delivered it after")
    expect(result).to_be_focused()
    assert world.jira.comments("PAY-1") == []


def test_an_issue_is_explained(browser: Browser) -> None:
    page = opened(browser)
    page.goto("/console/doctor")
    page.get_by_label("Issue or delivery").fill("pay-1")
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_role("region", name="PAY-1, step by step")).to_contain_text("No comment mentions @openhands")


def test_what_is_no_issue_is_told_at_the_field(browser: Browser) -> None:
    page = opened(browser, refused=True)
    page.goto("/console/doctor")
    field = page.get_by_label("Issue or delivery")
    field.fill("the one of yesterday")
    field.press("Enter")
    expect(page.get_by_label("Issue or delivery")).to_have_accessible_description(
        "An issue's key, such as PAY-1, or a delivery's number, such as 17. "
        "Write an issue's key, such as PAY-1, or a delivery's number, such as 17."
    )


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_wider_than_a_phone(browser: Browser, world: World, dark: bool) -> None:
    world.jira.hooks.all()[0].url = f"http://{'former.' * 12}acme.example{'/path' * 30}"
    database(pause)
    page = opened(browser, width=NARROW, dark=dark)
    page.goto("/console/doctor")
    expect(page.get_by_role("status")).to_contain_text("found something wrong")
    for group in page.locator("details").all():
        group.evaluate("group => { group.open = true }")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
