"""The Admin Console in a real browser, with mouse and keyboard."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.asgi import get_asgi_application
from playwright.sync_api import Page, expect

from handover.configuration import store
from handover.members.models import Member
from standins.authority import Authority
from standins.jira import StandInJira
from standins.jira.cast import acme
from standins.serving import Served
from tests.browser.test_pages import meanwhile
from tests.browser.windows import DESKTOP, PHONE, Windows, chromium, press, session_of, sideways
from tests.configured import add_jira, configured

pytestmark = pytest.mark.browser
FILLED = "input:not([type=hidden]):not([type=file]), select, textarea"


@dataclass
class World:
    """A Jira to connect, a CA to trust; ada and otto are administrators, lina is a member."""

    jira: StandInJira
    base_url: str
    token: str
    authority: Authority
    windows: Windows

    def ada(self, address: str, *, width: int = DESKTOP, script: bool = True) -> Page:
        """Ada's window, at this address."""
        page = self.windows.of("ada", width=width, script=script)
        page.goto(address)
        return page


@pytest.fixture
def world(django_db: Path, tmp_path: Path) -> Iterator[World]:
    jira, authority = StandInJira(), Authority(tmp_path)
    token = jira.token_for(acme(jira).bot)
    sessions = {
        "ada": session_of(Member.objects.create_user("ada", is_superuser=True)),
        "otto": session_of(Member.objects.create_user("otto", is_superuser=True)),
        "lina": session_of(Member.objects.create_user("lina")),
    }
    with Served(jira.app) as served, Served(get_asgi_application()) as handover, chromium() as browser:
        jira.base_url = f"{served.url}/jira"
        windows = Windows(browser, handover.url, sessions)
        yield World(jira, jira.base_url, token, authority, windows)
        jira.close()
    assert windows.broken == []


def fill(page: Page, **fields: str) -> None:
    for label, value in fields.items():
        page.get_by_label(label.replace("e_mail", "e-mail").replace("_", " "), exact=True).fill(value)


def saved(page: Page) -> None:
    press(page, "Save and deploy")
    expect(page.get_by_role("status").filter(has_text="is saved and holds.")).to_be_visible()


def jira_by_email(world: World, page: Page) -> None:
    page.get_by_label("Enable the integration").click()
    page.get_by_label("User linking method").select_option("email")
    fill(
        page,
        Base_URL=world.base_url,
        Service_account_e_mail="openhands-bot@acme.example",
        Service_account_PAT=world.token,
    )


# What is filled in for each group, in the order of the console.
GROUPS: dict[str, Callable[[World, Page], object]] = {
    "jira/new": jira_by_email,
    "trust": lambda world, page: page.get_by_label("PEM files").set_input_files(world.authority.root_file()),
    "model": lambda _, page: fill(page, Name="openai/gpt-5", Base_URL="https://model.acme.example/v1", Key="sk-acme"),
    "agents": lambda _, page: fill(page, Agents_at_once="3"),
    "forges/new": lambda _, page: fill(page, Base_URL="https://git.acme.example"),
    "start": lambda _, page: fill(page, Only_these_projects="PAY, WEB"),
    "sign-in": lambda _, page: page.get_by_label("Local accounts may sign in with a password").click(),
    "oidc/new": lambda _, page: fill(
        page,
        Name="Acme",
        Short_name="acme",
        Issuer="https://login.acme.example",
        Client_ID="handover",
        Client_secret="secret-of-the-client",
    ),
    "mail": lambda _, page: fill(page, Server="mail.acme.example", Sender="handover@acme.example"),
    "limits": lambda _, page: fill(page, Cost_ceiling="2.50", Steps="80"),
}


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_every_group_is_filled_in_and_saved_with_the_mouse(world: World, width: int) -> None:
    page = world.windows.of("ada", width=width)
    for number, (slug, filled) in enumerate(GROUPS.items(), 1):
        page.goto(f"/console/{slug}")
        for field in page.locator("form.group").locator(FILLED).all():
            if field.is_visible():
                field.click(trial=True)  # nothing lies over it
        filled(world, page)
        press(page, "Save and deploy")
        expect(page.get_by_role("status").last, slug).to_have_text(f"Version {number} is saved and holds.")
    page.goto("/console")
    expect(page.get_by_text("Missing", exact=True)).to_have_count(0)
    held = meanwhile(store.refresh)
    assert (held.jira[0].base_url, held.forges[0].base_url) == (world.base_url, "https://git.acme.example")
    assert (held.agents.at_once, held.start.allowed_projects, held.sign_in.local) == (3, ("PAY", "WEB"), False)
    assert (held.oidc[0].slug, held.mail.host, held.limits.steps) == ("acme", "mail.acme.example", 80)


def test_a_group_is_filled_in_with_the_keyboard_alone(world: World) -> None:
    page = world.ada("/console/jira/new")
    to(page, "Enable the integration")
    page.keyboard.press("Space")
    to(page, "Base URL")
    page.keyboard.type(world.base_url)
    to(page, "User linking method")
    page.keyboard.press("ArrowDown")
    to(page, "Service account e-mail")
    page.keyboard.type("openhands-bot@acme.example")
    to(page, "Service account PAT")
    page.keyboard.type(world.token)
    to(page, "Members confirm an e-mail match")  # the fields of OAuth between are passed over
    page.keyboard.press("Enter")
    expect(page.get_by_text("Version 1 is saved and holds.")).to_be_visible()
    assert meanwhile(store.refresh).jira[0].linking == "email"


def to(page: Page, label: str) -> None:
    """Go on by the Tab key to this field, and see it framed."""
    field = page.get_by_label(label, exact=True)
    for _ in range(40):
        if field.evaluate("field => field === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(field).to_be_focused()
    assert field.evaluate("field => getComputedStyle(field).outlineStyle") == "solid"


def test_what_is_wrong_stands_at_its_field(world: World) -> None:
    page = world.ada("/console/jira/new")
    page.get_by_label("Enable the integration").click()
    fill(page, Base_URL="jira.acme.example")
    press(page, "Save and deploy")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved")
    field = page.get_by_label("Base URL", exact=True)
    expect(field).to_have_accessible_description(re.compile("Write it like https://jira.example.com"))
    expect(field).to_have_value("jira.acme.example")
    expect(field).to_have_attribute("aria-invalid", "true")


def test_a_changed_address_asks_for_its_secrets_anew(world: World) -> None:
    meanwhile(lambda: add_jira(world.base_url, pat=world.token))
    page = world.ada("/console/jira/1")
    expect(page.get_by_text("Set. Leave empty to keep it.")).to_have_count(1)
    fill(page, Base_URL="http://127.0.0.1:1/jira")
    press(page, "Save and deploy")
    expect(page.get_by_text(f"what is stored was given for {world.base_url}")).to_be_visible()
    expect(page.get_by_text("Set. Leave empty to keep it.")).to_have_count(0)
    expect(page.get_by_label("Service account PAT")).to_have_accessible_description(re.compile("for this address"))


def test_the_fields_of_oauth_follow_the_linking_method(world: World) -> None:
    page = world.ada("/console/jira/new")
    oauth = [page.get_by_label(name, exact=True) for name in ("OAuth client ID", "OAuth client secret", "OAuth scope")]
    oauth.append(page.get_by_text("/integration/jira-dc/callback"))
    confirmation = page.get_by_label("Members confirm an e-mail match")
    for method, shown in (("oauth", True), ("email", False), ("oauth", True)):
        page.get_by_label("User linking method").select_option(method)
        for one in oauth:
            expect(one).to_be_visible(visible=shown)
        expect(confirmation).to_be_visible(visible=not shown)


def test_without_a_script_all_fields_are_there_and_are_saved(world: World) -> None:
    page = world.ada("/console/jira/new", script=False)
    for name in ("OAuth client ID", "OAuth client secret", "OAuth scope", "Members confirm an e-mail match"):
        expect(page.get_by_label(name, exact=True)).to_be_visible()
    jira_by_email(world, page)
    saved(page)
    assert meanwhile(store.refresh).jira[0].linking == "email"


def test_a_field_that_is_fixed_cannot_be_typed_into(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOVER_RUN_STEPS", "33")
    monkeypatch.setenv("HANDOVER_MODEL_KEY", "sk-of-the-environment")
    page = world.ada("/console/limits")
    steps = page.get_by_label("Steps", exact=True)
    expect(steps).to_be_disabled()
    expect(steps).to_have_css("border-style", "dashed")
    expect(steps.locator("..")).to_contain_text("Fixed by HANDOVER_RUN_STEPS")
    steps.click(force=True)
    page.keyboard.type("9")
    expect(steps).to_have_value("33")
    fill(page, Seconds="61")
    saved(page)
    held = meanwhile(store.refresh).limits
    assert (held.steps, held.seconds) == (33, 61)
    page.goto("/console/model")
    fixed = page.locator(".row").filter(has=page.get_by_text("Key", exact=True))
    expect(fixed).to_contain_text("Fixed by HANDOVER_MODEL_KEY")
    expect(page.locator("input[name=key]")).to_have_count(0)
    assert "sk-of-the-environment" not in page.content()


def test_an_authority_is_uploaded_and_removed(world: World) -> None:
    page = world.ada("/console/trust", width=PHONE)
    page.get_by_label("PEM files").set_input_files(
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no certificate"}
    )
    press(page, "Save and deploy")
    expect(page.get_by_text("This is no certificate in PEM form.")).to_be_visible()
    page.get_by_label("PEM files").set_input_files(world.authority.root_file())
    saved(page)
    certificate = page.locator(".certificate")
    expect(certificate).to_contain_text("CN=Acme Root CA")
    expect(certificate).to_contain_text("itself (a root)")
    expect(certificate.locator(".state")).to_have_text("Trusted")
    page.get_by_label("Or pasted").fill(world.authority.intermediate_pem)
    saved(page)
    expect(certificate).to_have_count(2)
    certificate.filter(has_text="CN=Acme Issuing CA").first.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Version 3 is saved and holds.")).to_be_visible()
    expect(certificate).to_have_count(1)
    assert meanwhile(store.refresh).trust.certificates == world.authority.root_pem


def test_two_administrators_at_once(world: World) -> None:
    ada, otto = world.ada("/console/limits"), world.windows.of("otto")
    otto.goto("/console/limits")
    fill(otto, Seconds="600")
    saved(otto)
    fill(ada, Steps="9")
    press(ada, "Save and deploy")
    expect(ada.get_by_role("alert")).to_contain_text("otto has saved meanwhile.")
    expect(ada.get_by_label("Steps", exact=True)).to_have_value("9")
    assert meanwhile(store.refresh).limits.steps == 100
    saved(ada)
    assert meanwhile(store.refresh).limits.steps == 9


def test_history_and_going_back(world: World) -> None:
    page = world.ada("/console/limits")
    for steps in ("9", "10"):
        fill(page, Steps=steps)
        saved(page)
    page.get_by_role("link", name="History").click()
    newest = page.locator(".version").first
    expect(newest).to_contain_text("ada")
    expect(newest.get_by_role("table")).to_have_text(re.compile(r"Limits\s*Steps\s*9\s*10"))
    press(page, "Go back to version 1")
    expect(page.get_by_role("status").filter(has_text="What version 1 said holds again.")).to_be_visible()
    expect(page.locator(".version")).to_have_count(3)
    assert meanwhile(store.refresh).limits.steps == 9


def test_an_entry_is_changed_and_removed(world: World) -> None:
    meanwhile(lambda: add_jira(world.base_url, enabled=False))
    page = world.ada("/console/jira", width=PHONE)
    page.get_by_role("link", name=world.base_url).click()
    fill(page, Mention="@agent")
    saved(page)
    page.get_by_role("link", name=world.base_url).click()
    press(page, f"Remove {world.base_url}")
    expect(page.get_by_text("No Jira is connected yet.")).to_be_visible()
    assert meanwhile(store.refresh).jira == ()


@pytest.mark.parametrize("address", ["/console", "/console/jira", "/console/history", "/console/doctor"])
def test_a_member_is_shown_out(world: World, address: str) -> None:
    page = world.windows.of("lina")
    answer = page.goto(address)
    assert answer and answer.status == 403
    expect(page.get_by_role("heading", name="Not allowed")).to_be_visible()
    expect(page.get_by_role("link", name="Console")).to_have_count(0)
    page.locator("main a.button").click()
    expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_visible()


@pytest.mark.parametrize("dark", [False, True])
def test_no_page_is_wider_than_a_phone(world: World, dark: bool) -> None:
    meanwhile(lambda: much(world))
    page = world.windows.of("ada", width=PHONE, dark=dark)
    addresses = ["console", *(f"console/{slug.partition('/')[0]}" for slug in GROUPS)]
    addresses += [f"console/{slug}/{one}" for slug in ("jira", "forges", "oidc") for one in ("1", "new")]
    wide = {}
    for address in (*addresses, "console/history"):
        page.goto(f"/{address}")
        wide[address] = sideways(page)
    assert {address: pixels for address, pixels in wide.items() if pixels} == {}


def much(world: World) -> None:
    """A configuration with the longest of everything."""
    endless = "https://" + ".".join(["a-department-with-a-long-name"] * 5) + ".example/" + "deep/" * 40
    add_jira(endless, mention="@" + "o" * 59, label="o" * 60)
    configured(
        trust={"certificates": world.authority.root_pem + world.authority.intermediate_pem},
        forges=[{"base_url": endless}],
        start={"allowed_projects": [f"PROJECT{number}" for number in range(90)], "denied_groups": ["g" * 200]},
        oidc=[{"name": "N" * 60, "slug": "s" * 40, "base_url": endless, "client_id": "c" * 300, "client_secret": "x"}],
        mail={"host": ".".join(["m" * 63] * 3), "sender": "handover@" + "m" * 50 + ".example"},
    )
