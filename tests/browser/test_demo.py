"""The demo as a person does it, in Chromium: comment in Jira, watch the run, look at the pull request."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from handover.demo.preparing import PASSWORD
from handover.demo.rehearsal import Rehearsal

pytestmark = [pytest.mark.browser, pytest.mark.real]

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--no-first-run")  # fmt: skip
# A real agent-server starts in some six seconds, on a busy machine in more.
PATIENCE = 90_000


@pytest.fixture(scope="module")
def rehearsal() -> Iterator[Rehearsal]:
    with tempfile.TemporaryDirectory(prefix="handover-") as folder:
        Path(folder).chmod(0o755)
        with Rehearsal(Path(folder) / "r") as rehearsal:
            yield rehearsal


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


def sign_in(page: Page, at: str) -> None:
    page.goto(f"{at}/sign-in")
    page.get_by_label("Name").fill("lina")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_the_demo(rehearsal: Rehearsal, browser: Browser, pytestconfig: pytest.Config) -> None:
    pictures = pytestconfig.rootpath / "var" / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    handover, jira = browser.new_page(), browser.new_page()
    sign_in(handover, rehearsal.at.handover)
    jira.goto(f"{rehearsal.at.jira}/browse/PAY-1")
    jira.get_by_label("You are").select_option(label="Lina Linde")
    jira.get_by_label("Comment").fill("@openhands please fix this")
    jira.get_by_role("button", name="Comment").click()

    expect(jira.get_by_text("live run")).to_be_visible(timeout=PATIENCE)
    address = jira.get_by_role("link", name="live run").get_attribute("href")
    assert address
    handover.goto(address)
    expect(handover.get_by_text("The agent is at work on Acme/web-app")).to_be_visible(timeout=PATIENCE)
    expect(handover.get_by_text("$ ", exact=False).first).to_be_visible(timeout=PATIENCE)
    handover.screenshot(path=pictures / "demo-run.png")

    expect(jira.get_by_role("link", name="pull request #1", exact=True)).to_be_visible(timeout=PATIENCE)
    jira.screenshot(path=pictures / "demo-jira.png", full_page=True)
    expect(handover.get_by_role("link", name="#1").first).to_be_visible(timeout=PATIENCE)
    handover.screenshot(path=pictures / "demo-done.png", full_page=True)

    jira.get_by_role("link", name="pull request #1", exact=True).click()
    expect(jira.get_by_role("heading", name="PAY-1")).to_be_visible()
    expect(jira.locator("body")).to_contain_text("quantity")
    jira.screenshot(path=pictures / "demo-pull-request.png", full_page=True)
