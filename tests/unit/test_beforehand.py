"""What the empty page of runs says is still to be done."""

import re
from pathlib import Path

import pytest
from django.test import Client

from handover.connections.models import Connection
from handover.lib import clock
from handover.members.models import ForgeAccount, JiraLink, Member
from tests.configured import add_jira, configured

JIRA, FORGE = "https://jira.acme.example", "https://github.acme.example"
LINK = ("Say who you are in Jira.", "/settings/integrations/jira-dc")
ACCOUNT = ("Connect your own account on a Git host.", "/settings")
WEBHOOK = (
    "Make Jira&#x27;s webhook active: by it, Handover is told of comments and labels.",
    "/settings/integrations/jira-dc",
)
CONSOLE = [
    ("Connect a Jira Data Center, and enable it.", "/console/jira"),
    ("Say which model the agents use.", "/console/model"),
    ("Allow a Git host.", "/console/forges"),
]
WAIT = "Handover is not fully set up yet. An administrator does that."

pytestmark = pytest.mark.usefixtures("django_db")


@pytest.fixture
def lina(django_db: Path) -> Member:
    return Member.objects.create_user("lina")


@pytest.fixture
def ada(django_db: Path) -> Member:
    return Member.objects.create_user("ada", is_superuser=True)


def set_up(*, webhook: str = Connection.Webhook.ACTIVE) -> Connection:
    add_jira(JIRA)
    configured(model={"base_url": "https://model.acme.example/v1", "name": "m"}, forges=[{"base_url": FORGE}])
    return Connection.objects.create(base_url=JIRA, webhook_state=webhook)


def page_of(member: Member) -> str:
    client = Client()
    client.force_login(member)
    return client.get("/").content.decode()


def steps(member: Member) -> list[tuple[str, str]]:
    page = page_of(member)
    found = re.search(r'<ol class="beforehand">(.*?)</ol>', page, re.DOTALL)
    return [(said, at) for at, said in re.findall(r'<a href="([^"]+)">([^<]+)</a>', found[1])] if found else []


def test_an_administrator_is_led_to_the_console_first(ada: Member) -> None:
    assert steps(ada) == CONSOLE
    assert "Then a run starts in Jira:" in page_of(ada)


def test_a_member_waits_for_the_administrator(lina: Member) -> None:
    assert WAIT in page_of(lina) and steps(lina) == []


def test_a_jira_that_is_switched_off_is_none(ada: Member) -> None:
    set_up()
    add_jira(JIRA, enabled=False)
    assert steps(ada) == [CONSOLE[0], ACCOUNT]


@pytest.mark.parametrize("webhook", [Connection.Webhook.NONE, Connection.Webhook.PREPARED, Connection.Webhook.PAUSED])
def test_without_a_webhook_that_works_nothing_starts(ada: Member, lina: Member, webhook: str) -> None:
    set_up(webhook=webhook)
    assert steps(ada) == [WEBHOOK, LINK, ACCOUNT]
    assert WAIT in page_of(lina) and steps(lina) == [LINK, ACCOUNT]


def test_then_each_links_their_own_accounts(lina: Member) -> None:
    jira = set_up()
    assert steps(lina) == [LINK, ACCOUNT] and WAIT not in page_of(lina)
    link = JiraLink.objects.create(member=lina, connection=jira, user_key="k")
    assert steps(lina) == [ACCOUNT]
    account = ForgeAccount.objects.create(member=lina, forge_url=FORGE)
    assert steps(lina) == []
    assert "Then a run" not in (page := page_of(lina)) and "A run starts in Jira:" in page
    JiraLink.objects.filter(pk=link.pk).update(lost_at=clock.now())
    ForgeAccount.objects.filter(pk=account.pk).update(lost_at=clock.now())
    assert steps(lina) == [LINK, ACCOUNT]
