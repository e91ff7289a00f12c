"""From an empty installation to a pull request, in Chromium: an administrator's hour, a member's minutes.

Jira, forge and model answer over TLS under a private CA, Jira below a context path.
"""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from handover.demo.preparing import FORGE_CALLBACK, JIRA_CALLBACK
from handover.demo.rehearsal import Rehearsal
from scripts.pictures import CHROMIUM, QUIET_CHROMIUM
from standins.authority import Authority
from standins.forge.cast import LINKED

pytestmark = pytest.mark.browser
PASSWORD = "a good long one"
FIRST_DAY = {"HANDOVER_AGENT": "stand-in", "LLM_MODEL": "", "LLM_BASE_URL": "", "LLM_API_KEY": ""}
PATIENCE = 60_000


@dataclass
class Day:
    """The first day: an empty Handover between stand-ins, and where the pictures go."""

    rehearsal: Rehearsal
    authority: Authority
    browser: Browser
    pictures: Path

    def context(self, **options: object) -> BrowserContext:
        """A person's browser. It trusts the company's CA, as all of the company's machines do."""
        context = self.browser.new_context(base_url=self.rehearsal.at.handover, ignore_https_errors=True, **options)  # type: ignore[arg-type]
        context.set_default_timeout(20_000)
        return context

    def first_link(self) -> str:
        found = re.search(r"http\S+/welcome/\S+", self.rehearsal.log())
        assert found, self.rehearsal.log()
        return found[0]

    def picture(self, page: Page, name: str) -> None:
        page.screenshot(path=self.pictures / f"{name}.png", full_page=True)


@pytest.fixture
def day(pytestconfig: pytest.Config) -> Iterator[Day]:
    pictures = pytestconfig.rootpath / "var" / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="handover-") as folder, sync_playwright() as playwright:
        Path(folder).chmod(0o755)
        authority = Authority(Path(folder) / "authority")
        tls = authority.identity(by_intermediate=True)
        with Rehearsal(Path(folder) / "r", environment=FIRST_DAY, tls=tls, prepared=False) as rehearsal:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET_CHROMIUM)
            yield Day(rehearsal, authority, browser, pictures)
            browser.close()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def save(page: Page) -> None:
    press(page, "Save and deploy")
    expect(page.get_by_role("status").filter(has_text="is saved and holds.")).to_be_visible()


def fill(page: Page, **fields: str) -> None:
    for label, value in fields.items():
        page.get_by_label(label.replace("e_mail", "e-mail").replace("_", " "), exact=True).fill(value)


def join(page: Page, name: str) -> None:
    """Open an invitation's page to its end."""
    fill(page, Username=name, Password=PASSWORD)
    page.get_by_label("Password, once more").fill(PASSWORD)
    press(page, "Make the account")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def configure(day: Day, page: Page) -> None:
    """The Admin Console: what does not work is said, with what to do, and then it works."""
    at, jira = day.rehearsal.at, day.rehearsal.jira
    page.goto("/console")
    expect(page.get_by_text("Nothing is configured yet.")).to_be_visible()
    page.get_by_role("link", name="Jira Data Center Integration").first.click()
    page.get_by_role("link", name="Add a Jira").click()
    application = jira.register_oauth_client([at.handover + JIRA_CALLBACK])
    expect(page.get_by_text(at.handover + JIRA_CALLBACK)).to_be_visible()
    page.get_by_label("Enable the integration").check()
    expect(page.get_by_label("Members confirm an e-mail match")).to_be_hidden()
    token = jira.token_for(day.rehearsal.people.bot, days=90)
    fill(
        page,
        Base_URL="jira.acme.example",
        Service_account_e_mail=day.rehearsal.people.bot.email,
        Service_account_PAT=token,
        OAuth_client_ID=application.id,
        OAuth_client_secret=application.secret,
    )
    press(page, "Save and deploy")
    expect(page.get_by_text("Write it like https://jira.example.com.")).to_be_visible()
    fill(page, Base_URL=at.jira + "/", Service_account_PAT=token, OAuth_client_secret=application.secret)
    press(page, "Save and deploy")
    expect(page.locator(".error").filter(has_text="CN=Acme Root CA")).to_contain_text("upload")
    day.picture(page, "set-up-unknown-ca")

    page.get_by_role("link", name="Additional Trusted CA Certificates").click()
    page.get_by_label("PEM files").set_input_files(day.authority.root_file())
    save(page)
    expect(page.get_by_text("CN=Acme Root CA")).to_be_visible()

    page.goto("/console/jira/new")
    page.get_by_label("Enable the integration").check()
    fill(
        page,
        Base_URL=at.jira + "/",
        Service_account_e_mail=day.rehearsal.people.bot.email,
        Service_account_PAT=token,
        OAuth_client_ID=application.id,
        OAuth_client_secret=application.secret,
    )
    save(page)
    expect(page.get_by_text("The service account is OpenHands (openhands).")).to_be_visible()

    page.goto("/console/model")
    fill(page, Name="openai/stand-in", Base_URL=at.model, Key=day.rehearsal.credentials["model"])
    save(page)
    page.goto("/console/forges/new")
    forge = day.rehearsal.forge.applications.register("Handover", at.handover + FORGE_CALLBACK, kind="github app")
    fill(page, Base_URL=at.forge, OAuth_client_ID=forge.client_id, OAuth_client_secret=forge.client_secret)
    save(page)


def install(day: Day, page: Page) -> None:
    """The webhook, by a Jira administrator's token that is used once."""
    page.goto("/settings/integrations/jira-dc")
    token = day.rehearsal.jira.token_for(day.rehearsal.people.administrator, days=1)
    page.get_by_label("Personal access token of a Jira administrator").fill(token)
    press(page, "Install automatically")
    expect(page.get_by_text("Jira has the webhook “OpenHands”")).to_be_visible()
    day.picture(page, "set-up-webhook")


def invite(day: Day, page: Page) -> str:
    """Lina is invited. Returns her link."""
    page.goto("/console/people")
    page.get_by_label("E-mail", exact=True).fill(day.rehearsal.people.linked.email)
    press(page, "Invite")
    return page.locator("#link").inner_text()


def connect(day: Day, page: Page) -> None:
    """Lina's Jira user and forge account, each by OAuth and on her word."""
    page.goto("/settings")
    expect(page.get_by_text("Jira Data Center")).to_be_visible()
    page.goto("/settings/integrations/jira-dc")
    expect(page.get_by_text("Personal access token of a Jira administrator")).to_have_count(0)
    key, jira = day.rehearsal.people.linked.key, day.rehearsal.at.jira
    page.context.add_cookies([{"name": "you_are", "value": key, "url": jira}])
    press(page, "Connect")
    press(page, "Allow")
    expect(page.get_by_role("heading", name="Are both of these yours?")).to_be_visible()
    expect(page.get_by_text("Lina Linde").first).to_be_visible()
    day.picture(page, "set-up-confirm")
    press(page, "Yes, link them")
    expect(page.get_by_text("Linked", exact=True)).to_be_visible()
    page.goto("/settings")
    page.get_by_role("link", name=re.compile("GitHub|127.0.0.1")).click()
    page.get_by_role("button", name=re.compile("^Connect with")).click()
    page.get_by_label("Lina Linde").check()
    press(page, "Authorize")
    press(page, "Yes, connect them")
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()


def test_from_an_empty_installation_to_a_pull_request(day: Day) -> None:
    ada, lina = day.context().new_page(), day.context().new_page()
    ada.goto(day.first_link())
    join(ada, "ada")
    configure(day, ada)
    install(day, ada)
    lina.goto(invite(day, ada))
    join(lina, "lina")
    connect(day, lina)

    jira = day.rehearsal.jira
    jira.comment("PAY-1", by=day.rehearsal.people.linked, text="@openhands please fix this")
    lina.goto("/")
    for _ in range(40):
        if lina.get_by_text("Pull request", exact=True).count():
            break
        lina.wait_for_timeout(500)
        lina.reload()
    expect(lina.get_by_role("link", name="PAY-1")).to_be_visible()
    lina.get_by_role("link", name="PAY-1").click()
    expect(lina.get_by_role("status").first).to_have_text("Pull request", timeout=PATIENCE)
    assert [pull.author.login for pull in day.rehearsal.forge.pull_requests("Acme/web-app")] == [LINKED]
    said = [comment for comment in jira.comments("PAY-1") if comment.author == day.rehearsal.people.bot]
    assert len(said) == 1 and "pull request #1" in said[0].body

    ada.goto("/console/doctor")
    expect(ada.get_by_role("heading", name="Deliveries return 403")).to_be_visible(timeout=PATIENCE)
    day.picture(ada, "set-up-doctor")
    ada.goto("/console")
    expect(ada.get_by_text("Missing")).to_have_count(0)
    for secret in day.rehearsal.credentials.values():
        assert secret not in day.rehearsal.log()
