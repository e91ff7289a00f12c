"""An installation of 0.1.0 keeps its connection, links, accounts and secrets."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection as database
from django.db.migrations.executor import MigrationExecutor

from handover.configuration import store
from handover.configuration.vault import vault
from handover.connections.models import Connection, configured
from handover.lib import clock
from handover.members.models import ForgeAccount, JiraLink
from handover.runs.models import Run

FIRST = ("handover", "0001_initial")


@pytest.fixture
def of_the_first(django_db: Path) -> Iterator[Any]:
    """The tables as 0.1.0 left them."""
    call_command("migrate", "handover", "0001", verbosity=0)
    yield MigrationExecutor(database).loader.project_state([FIRST]).apps
    call_command("migrate", verbosity=0)


@pytest.mark.parametrize(
    ("jira", "forge"),
    {
        "as it is spelled now": ("https://jira.acme.example/jira", "https://git.acme.example"),
        "capitals and a default port": ("https://Jira.Acme.example:443/jira", "https://Git.acme.example:443"),
    }.values(),
)
def test_all_is_kept(of_the_first: Any, jira: str, forge: str) -> None:
    lina = of_the_first.get_model("handover", "Member").objects.create(username="lina")
    row = of_the_first.get_model("handover", "Connection").objects.create(
        base_url=jira,
        bot_name="openhands",
        bot_key="JIRAUSER10001",
        sealed_bot_token=vault().seal("the-pat", address=jira),
        sealed_webhook_secret=vault().seal("hook", address=jira),
    )
    of_the_first.get_model("handover", "Forge").objects.create(kind="github", base_url=forge)
    of_the_first.get_model("handover", "JiraLink").objects.create(member=lina, connection=row, user_key="k")
    of_the_first.get_model("handover", "ForgeAccount").objects.create(
        member=lina, forge_url=forge, login="lina", name="L", email="l@x", sealed_token=vault().seal("t", address=forge)
    )
    of_the_first.get_model("handover", "Run").objects.create(
        number=1, connection=row, dedupe_key="c", kind="mention", issue_id="1", asked_at=clock.now(), forge_url=forge
    )
    call_command("migrate", verbosity=0)
    store.refresh()
    (connection,) = configured()
    assert (connection.id, connection.base_url) == (row.id, "https://jira.acme.example/jira")
    assert (connection.bot_token, connection.webhook_secret) == ("the-pat", "hook")
    assert (connection.webhook_state, connection.host.enabled) == (Connection.Webhook.ACTIVE, True)
    assert JiraLink.objects.get().connection_id == row.id
    assert ForgeAccount.objects.get().token == "t"
    assert Run.objects.get().forge_url == "https://git.acme.example"
    assert [one.base_url for one in store.current().forges] == ["https://git.acme.example"]


def test_what_cannot_be_opened_or_spelled_does_not_hold_the_upgrade_up(of_the_first: Any) -> None:
    for address in ("https://Jira.acme.example", "https://someone@jira.acme.example"):
        sealed = {"sealed_bot_token": "of another key", "sealed_webhook_secret": "of another key"}
        of_the_first.get_model("handover", "Connection").objects.create(base_url=address, bot_name="b", **sealed)
    call_command("migrate", verbosity=0)
    addresses = set(Connection.objects.values_list("base_url", flat=True))
    assert addresses == {"https://jira.acme.example", "https://someone@jira.acme.example"}
