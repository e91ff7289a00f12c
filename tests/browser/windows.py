"""People's browser windows on Handover's pages: signed in, and keeping what a page breaks of its own rules."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright

from handover import settings
from handover.members.models import Member
from scripts.pictures import CHROMIUM, QUIET_CHROMIUM

PHONE, DESKTOP = 360, 1280


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser. From here on Django lets this thread no longer wait for the database."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET_CHROMIUM)
        yield browser
        browser.close()


def session_of(member: Member) -> str:
    """The cookie of a member who has signed in."""
    client = Client()
    client.force_login(member)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@dataclass
class Windows:
    """Everybody's windows. `sessions` are the cookies of people by their names."""

    browser: Browser
    url: str
    sessions: dict[str, str]
    broken: list[str] = field(default_factory=list)

    def of(self, name: str, *, width: int = DESKTOP, script: bool = True, dark: bool = False) -> Page:
        """A new window of this person's."""
        context = self.browser.new_context(
            base_url=self.url,
            viewport={"width": width, "height": 800},
            java_script_enabled=script,
            color_scheme="dark" if dark else "light",
        )
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": self.sessions[name], "url": self.url}
        context.add_cookies([cookie])  # type: ignore[list-item]
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("pageerror", lambda error: self.broken.append(str(error)))
        page.on("console", lambda said: self._heard(said.type, said.text))
        return page

    def _heard(self, kind: str, text: str) -> None:
        # Of an answer such as 403 the browser complains as well, and that is as it should be.
        if kind == "error" and "the server responded with a status of" not in text:
            self.broken.append(text)


def press(page: Page, name: str) -> None:
    """Press a button with the mouse: what lies over it takes the press, and fails the test."""
    page.get_by_role("button", name=name, exact=True).click()


def sideways(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))
