"""The pictures: whose page it is, and what is done before it is taken."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from playwright.sync_api import Page

from handover.connections.models import Connection
from scripts.pretence import CONNECTION
from scripts.pretence_company import JIRA, Company
from scripts.pretence_console import ill, nothing_delivered, told_by_two_processes, webhook_is, well

MY_JIRA = "/settings/integrations/jira-dc"
MOST_MILLISECONDS = 30_000  # the longest that the doctor looks


def _nothing(*_: object) -> None:
    """As it is."""


@dataclass(frozen=True)
class Look:
    """One page. `prepare` changes the world before it is opened, `act` is done on it before its picture is taken."""

    name: str
    address: str
    prepare: Callable[[], object] = _nothing
    act: Callable[[Page], object] = _nothing
    tallest: int = 1000


def looks(company: Company, outside: dict[str, str], inside: dict[str, str]) -> dict[str, list[Look]]:
    """The looks of each person, "" being whoever is signed out. `inside` are further pages of the administrator's."""

    def in_order() -> None:
        webhook_is(Connection.Webhook.ACTIVE)
        told_by_two_processes()
        well(company)

    return {
        "": [Look(name, address) for name, address in outside.items()],
        "newcomer": [Look("runs-empty", "/", prepare=in_order)],
        "uwe": [
            Look("jira-link-none", MY_JIRA),
            Look("jira-confirm", MY_JIRA, act=partial(_come_back, key=company.people.unlinked.key)),
        ],
        "lina": [
            Look("settings", "/settings"),
            Look("jira-link", MY_JIRA),
            Look("forge-account", "/settings/integrations/forges/git.acme.example"),
        ],
        "ada": [*(Look(name, address) for name, address in inside.items()), *_console(company, in_order)],
    }


def _console(company: Company, in_order: Callable[[], None]) -> list[Look]:
    def to_be_set_up() -> None:
        webhook_is(Connection.Webhook.PREPARED)
        nothing_delivered()

    def out_of_order() -> None:
        told_by_two_processes()
        ill(company)

    return [
        Look("console", "/console", prepare=in_order),
        Look("console-jira", "/console/jira/1"),
        Look("console-jira-wrong", "/console/jira/1", act=_change_the_address),
        Look("console-trust", "/console/trust"),
        Look("console-limits", "/console/limits"),
        Look("console-history", "/console/history"),
        Look("doctor", "/console/doctor", prepare=in_order, act=_looked_at),
        Look("doctor-ill", "/console/doctor", prepare=out_of_order, act=_looked, tallest=950),
        Look("jira-webhook", f"{MY_JIRA}/{CONNECTION}/webhook", prepare=to_be_set_up, tallest=1560),
    ]


def _come_back(page: Page, key: str) -> None:
    """From Jira, where it was allowed."""
    page.context.add_cookies([{"name": "you_are", "value": key, "url": f"https://{JIRA}"}])
    page.get_by_role("button", name="Connect", exact=True).click()
    page.get_by_role("button", name="Allow", exact=True).click()
    page.get_by_role("button", name="Yes, link them").wait_for()


def _change_the_address(page: Page) -> None:
    page.get_by_label("Base URL", exact=True).fill("https://tracker.acme.example/jira")
    page.get_by_role("button", name="Save and deploy").click()
    page.get_by_role("alert").wait_for()


def _looked(page: Page) -> None:
    page.locator(".verdict").wait_for(timeout=MOST_MILLISECONDS)


def _looked_at(page: Page) -> None:
    """With one group open."""
    _looked(page)
    page.get_by_role("heading", name="Deliveries do not arrive").click()
