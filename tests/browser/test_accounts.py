"""Accounts in a real browser: the first administrator, an invitation, a second factor, a real provider."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.asgi import get_asgi_application
from playwright.sync_api import Browser, Page, expect, sync_playwright

from handover import settings
from handover.members import invitations
from handover.members.models import Member
from scripts.pictures import CHROMIUM, QUIET_CHROMIUM
from scripts.pretence import PASSWORD, pretend
from scripts.pretence_people import pretend_people
from standins.serving import Served
from tests.browser.test_pages import meanwhile
from tests.configured import configured
from tests.oidc.provider import running

pytestmark = pytest.mark.browser
NARROW = 360


@pytest.fixture
def people(django_db: Path) -> Iterator[dict[str, str]]:
    """Invented people. The address of each page, those for whoever is signed out among them."""
    pretend()
    outside, inside = pretend_people()
    yield {**outside, **inside}
    configured(oidc=[], mail={})


@pytest.fixture
def url(people: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with Served(get_asgi_application()) as served:
        monkeypatch.setattr(settings, "PUBLIC_URL", served.url)
        yield served.url


@pytest.fixture
def browser(url: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET_CHROMIUM)
        yield browser
        browser.close()


def opened(browser: Browser, url: str, **options: object) -> Page:
    page = browser.new_context(base_url=url, **options).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(10_000)
    return page


def sign_in(page: Page, name: str = "ada", password: str = PASSWORD) -> None:
    page.goto("/sign-in")
    page.get_by_label("Username or e-mail").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_an_invitation_from_its_page_to_the_first_look(browser: Browser, url: str) -> None:
    meanwhile(lambda: configured(mail={}))
    ada = opened(browser, url, permissions=["clipboard-read", "clipboard-write"])
    sign_in(ada)
    ada.get_by_role("link", name="Console").click()
    ada.get_by_role("link", name="People").click()
    ada.get_by_label("E-mail", exact=True).fill("otto@acme.example")
    ada.get_by_role("button", name="Invite").click()
    ada.get_by_role("button", name="Copy the link").click()
    expect(ada.get_by_role("button", name="Copied")).to_be_visible()
    link = str(ada.evaluate("navigator.clipboard.readText()"))
    assert link == ada.locator("#link").inner_text()

    otto = opened(browser, url)
    otto.goto(link)
    expect(otto.get_by_text("ada has invited you")).to_be_visible()
    otto.get_by_label("Username").fill("otto")
    otto.get_by_label("Password", exact=True).fill("short")
    otto.get_by_label("Password, once more").fill("short")
    otto.get_by_role("button", name="Make the account").click()
    expect(otto.get_by_label("Password", exact=True)).to_have_accessible_description(re.compile("too short"))
    otto.get_by_label("Password", exact=True).fill("a good long one")
    otto.get_by_label("Password, once more").fill("a good long one")
    otto.get_by_role("button", name="Make the account").click()
    expect(otto.get_by_role("heading", name="You have no runs yet")).to_be_visible()
    expect(otto.get_by_role("link", name="Console")).to_have_count(0)


def test_a_second_factor_from_its_page_to_the_next_sign_in(browser: Browser, url: str) -> None:
    page = opened(browser, url)
    sign_in(page, "newcomer")
    page.get_by_role("link", name="newcomer").click()
    page.get_by_role("link", name="Second factor").last.click()
    page.get_by_role("link", name="Turn on").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    secret = page.locator("#secret").inner_text()
    assert page.locator(".qr svg").bounding_box() is not None
    page.get_by_label("Code from the app").fill(code(secret, steps=-1))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.locator("#codes")).to_contain_text(re.compile(r"(\d{8}\s*){10}"))
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("10 left")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, "newcomer")
    page.get_by_label("Code").fill(code(secret))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_visible()


def test_a_real_provider_signs_in_under_the_policy_of_contents(browser: Browser, url: str, tmp_path: Path) -> None:
    with running(tmp_path) as acme:
        acme.say(nora={"email": "nora@acme.example", "email_verified": True, "preferred_username": "nora"})
        meanwhile(lambda: configured(oidc=[acme.entry(sign_up=True)]))
        page = opened(browser, url)
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.goto("/account")
        page.get_by_role("button", name="Sign in with Acme").click()
        page.get_by_label("Name").fill("nora")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Account")).to_be_visible()
        expect(page.get_by_text("1 connected.")).to_be_visible()
        assert [text for text in said if "Security Policy" in text] == []


def test_a_session_is_ended_from_the_list(browser: Browser, url: str) -> None:
    page = opened(browser, url)
    sign_in(page)
    page.goto("/account/sessions")
    expect(page.get_by_text("This browser", exact=True)).to_have_count(1)
    page.get_by_role("button", name="Sign out Firefox on Linux").click()
    expect(page.get_by_text("That browser is signed out.")).to_be_visible()
    expect(page.get_by_text("Firefox on Linux")).to_have_count(0)


@pytest.mark.parametrize("width", [NARROW, 768, 1280])
def test_no_page_scrolls_sideways_or_breaks_the_policy(
    browser: Browser, url: str, people: dict[str, str], width: int
) -> None:
    page, said = opened(browser, url, viewport={"width": width, "height": 800}), []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    wide = {}
    for signed_in in (False, True):
        if signed_in:
            sign_in(page)
        for name, address in people.items():
            page.goto(address)
            for summary in page.locator("summary").all():
                summary.click()
            wide[name] = page.evaluate("document.documentElement.scrollWidth")
            assert wide[name] <= width, name
    assert [text for text in said if "409" not in text] == []


def test_every_field_has_a_name(browser: Browser, url: str, people: dict[str, str]) -> None:
    page = opened(browser, url)
    sign_in(page)
    nameless = []
    for address in people.values():
        page.goto(address)
        for field in page.locator("main input:not([type=hidden]), main button").all():
            named = field.evaluate("e => (e.labels?.[0]?.textContent || e.ariaLabel || e.textContent).trim()")
            nameless += [] if named else [f"{address}: {field.evaluate('e => e.outerHTML')}"]
    assert nameless == []


def test_the_first_administrators_link(browser: Browser, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    def printed() -> str:
        Member.objects.update(is_superuser=False)
        invitations.first_link()
        return capsys.readouterr().out

    path = urlsplit(meanwhile(printed).split()[-1]).path
    page = opened(browser, url)
    page.goto(path)
    page.get_by_label("Username").fill("first")
    page.get_by_label("Password", exact=True).fill("a good long one")
    page.get_by_label("Password, once more").fill("a good long one")
    page.get_by_role("button", name="Make the account").click()
    page.get_by_role("link", name="Console").click()
    expect(page.get_by_role("heading", name="Admin Console")).to_be_visible()
    other = opened(browser, url)
    other.goto(path)
    expect(other.get_by_role("heading", name="This link has ended")).to_be_visible()


def code(secret: str, *, steps: int = 0) -> str:
    """What the app shows, `steps` half minutes from now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))
