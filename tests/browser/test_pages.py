"""The pages in a real browser."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from django.core.asgi import get_asgi_application
from playwright.sync_api import Browser, Page, expect, sync_playwright

from handover.lib import clock
from handover.runs import live
from handover.runs.models import Cause, Run, RunEvent, State
from scripts.pictures import CHROMIUM, QUIET_CHROMIUM
from scripts.pretence import PASSWORD, pretend
from standins.serving import Served

pytestmark = pytest.mark.browser
T = TypeVar("T")
ENDLESS = "0123456789abcdef" * 20
NARROW = 360


@pytest.fixture
def addresses(django_db: Path) -> dict[str, str]:
    """Invented runs; the address of each page by its name."""
    addresses = pretend()
    run = Run.objects.get(id=addresses["run-working"].removeprefix("/runs/"))
    fields = ("issue_key", "summary", "instruction", "asker_display", "repository", "branch", "base_branch")
    hostile = Run.objects.create(
        connection=run.connection,
        dedupe_key="hostile",
        asked_at=clock.now(),
        state=State.ENDED,
        cause=Cause.ASKS,
        told=f"{ENDLESS} `{ENDLESS}`\n\n```\n{ENDLESS}\n```\n\n|a|b|\n|-|-|\n|{ENDLESS}|{ENDLESS}|",
        **dict.fromkeys(fields, ENDLESS[:255]),
    )
    for kind in RunEvent.Kind:
        RunEvent.objects.create(run=hostile, at=clock.now(), kind=kind, title=ENDLESS[:200], text=ENDLESS * 9)
    return {**addresses, "run-hostile": f"/runs/{hostile.id}"}


@pytest.fixture
def server(addresses: dict[str, str]) -> Iterator[Served]:
    with Served(get_asgi_application()) as served:
        yield served


@pytest.fixture
def address(server: Served) -> str:
    return server.url


@pytest.fixture
def browser(address: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET_CHROMIUM)
        yield browser
        browser.close()


def opened(browser: Browser, address: str, *, name: str = "ada", **options: object) -> Page:
    """A page on which the member has signed in."""
    page = browser.new_context(base_url=address, **options).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(10_000)
    page.goto("/sign-in")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_visible()
    return page


def meanwhile(act: Callable[[], T]) -> T:
    """Act on the database beside the browser: its event loop is on this thread, where Django refuses to block."""
    from django.db import connections

    def act_and_close() -> T:
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(act_and_close).result(timeout=10)


def test_signing_in_and_out(browser: Browser, address: str) -> None:
    page = browser.new_context(base_url=address).new_page()
    page.goto("/")
    page.get_by_label("Username").fill("lina")
    page.get_by_label("Password").fill("not this one")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The name or the password is not right.")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("The runs that you asked for, newest first.")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.goto("/")
    expect(page.get_by_label("Password")).to_be_visible()


def test_the_page_of_a_run_fills_live(browser: Browser, address: str, addresses: dict[str, str]) -> None:
    run_id = addresses["run-working"].removeprefix("/runs/")
    page = opened(browser, address, name="lina")
    page.goto(addresses["run-working"])
    page.evaluate("window.loadedOnce = true")
    expect(page.get_by_text("Live", exact=False).and_(page.locator("#link"))).to_be_visible()

    event = {"run_id": run_id, "at": clock.now(), "kind": "acts", "title": "Run <b>one</b> command", "text": "ls -l"}
    meanwhile(lambda: RunEvent.objects.create(**event))
    expect(page.locator("#events > li").last).to_contain_text("Run <b>one</b> command")

    page.locator("summary").first.click()
    meanwhile(lambda: Run.objects.filter(id=run_id).update(state=State.DELIVERING, branch="feature/PAY-1-cents"))
    expect(page.locator(".way .now")).to_have_text("Delivering")
    expect(page.locator(".facts")).to_contain_text("feature/PAY-1-cents")
    expect(page.locator("details").first).to_have_attribute("open", "")

    url = "https://git.acme.example/Acme/web-app/pull/18"
    ended = {"state": State.ENDED, "cause": Cause.PULL_REQUEST, "told": f"Done: [it]({url})", "ended_at": clock.now()}
    meanwhile(lambda: Run.objects.filter(id=run_id).update(pull_request_url=url, pull_request_number=18, **ended))
    expect(page.get_by_role("status").first).to_have_text("Pull request")
    expect(page.get_by_role("link", name="#18")).to_have_attribute("href", url)
    expect(page.get_by_role("button", name="Stop this run")).to_have_count(0)
    expect(page.locator("#link")).to_be_hidden()
    expect(page).to_have_title("PAY-1 · Pull request · Handover")
    assert page.evaluate("window.loadedOnce") is True


def test_the_page_goes_on_after_the_server_was_away(
    browser: Browser, server: Served, addresses: dict[str, str]
) -> None:
    page = opened(browser, server.url)
    page.goto(addresses["run-working"])
    expect(page.locator("#link")).to_have_text("Live")
    live.streams_end.set()
    server.stop()
    live.streams_end.clear()
    expect(page.locator("#link")).to_have_text("Connection lost, trying again", timeout=10_000)
    run_id = addresses["run-working"].removeprefix("/runs/")
    event = {"run_id": run_id, "at": clock.now(), "kind": "move", "title": "While you were away"}
    meanwhile(lambda: RunEvent.objects.create(**event))
    with Served(get_asgi_application(), port=server.port):
        expect(page.get_by_text("While you were away")).to_have_count(1, timeout=10_000)
        expect(page.locator("#events > li")).to_have_count(11)
        page.close()


def test_a_run_is_stopped_from_its_page(browser: Browser, address: str, addresses: dict[str, str]) -> None:
    page = opened(browser, address, name="lina", viewport={"width": NARROW, "height": 800})
    page.goto(addresses["run-working"])
    page.get_by_role("button", name="Stop this run").click()
    asked, state = page.get_by_text("Asked to stop: lina."), page.get_by_role("status").first
    expect(asked).to_be_visible()
    expect(state).to_have_text("Stopping")
    left, right = state.bounding_box(), asked.bounding_box()
    assert left and right and left["x"] + left["width"] <= right["x"]


def test_all_is_there_without_scripts(browser: Browser, address: str, addresses: dict[str, str]) -> None:
    page = opened(browser, address, java_script_enabled=False)
    page.goto(addresses["run-working"])
    expect(page.locator("#events > li")).to_have_count(10)
    page.get_by_role("button", name="Stop this run").click()
    expect(page.get_by_text("Asked to stop: ada.")).to_be_visible()


@pytest.mark.parametrize("width", [NARROW, 768, 1000, 1280])
def test_no_page_scrolls_sideways(browser: Browser, address: str, addresses: dict[str, str], width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(f"{address}/sign-in")
    wide = {"sign-in": page.evaluate("document.documentElement.scrollWidth")}
    page = opened(browser, address, viewport={"width": width, "height": 800})
    for name, path in addresses.items():
        page.goto(path)
        for summary in page.locator("summary").all():
            summary.click()
        wide[name] = page.evaluate("document.documentElement.scrollWidth")
    assert {name: pixels for name, pixels in wide.items() if pixels > width} == {}


def test_pages_are_light_and_dark_as_the_reader_wants(browser: Browser, address: str) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        page = opened(browser, address, color_scheme=scheme)
        grounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(245, 246, 244)", "rgb(18, 22, 20)"]


def test_the_policy_of_contents_is_never_broken(browser: Browser, address: str, addresses: dict[str, str]) -> None:
    page = opened(browser, address)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    for path in addresses.values():
        page.goto(path)
        page.wait_for_timeout(200)
    assert [text for text in said if "404" not in text] == []


def test_a_run_is_opened_with_the_keyboard(browser: Browser, address: str) -> None:
    page = opened(browser, address)
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.className") == "whole":
            break
    outline = page.evaluate("getComputedStyle(document.activeElement, '::after').outlineStyle")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2).first).to_have_text("What was asked")
    assert outline == "solid"


def test_times_tell_the_readers_own(browser: Browser, address: str) -> None:
    page = opened(browser, address, timezone_id="Asia/Tokyo", locale="en-GB")
    when = page.locator("td.when time").first
    assert when.inner_text().endswith(" UTC")
    assert "GMT+9 (your time)" in (when.get_attribute("title") or "")
