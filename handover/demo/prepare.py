"""Writes a rehearsal's rows: run as a child with the rehearsal's environment and a JSON plan on standard input."""

import json
import sys
from typing import Any

import django

import handover  # noqa: F401  puts the bundled SQLite in place first


def main() -> None:
    """Migrate the database and fill in what an administrator and the members would."""
    django.setup()
    from django.core.management import call_command

    from handover import settings

    settings.DATA.mkdir(parents=True, exist_ok=True, mode=0o711)
    call_command("migrate", verbosity=0)
    plan = json.load(sys.stdin)
    _configure(plan)
    connection = _connection(plan["jira"])
    for person in plan["members"]:
        _member(person, connection, plan["forge"]["base_url"])
    json.dump({"connection": str(connection.id), "events_path": connection.events_path}, sys.stdout)


def _connection(jira: dict[str, str]) -> Any:
    from handover.configuration.vault import vault
    from handover.connections import bots
    from handover.connections.models import Connection

    connection = Connection.objects.create(
        base_url=jira["base_url"],
        sealed_webhook_secret=vault().seal(jira["webhook_secret"], address=jira["base_url"]),
        webhook_state=Connection.Webhook.ACTIVE,
    )
    bots.known(connection, key=jira["bot_key"], name=jira["bot_name"])
    return connection


def _configure(plan: dict[str, Any]) -> None:
    from handover.configuration import plain, store

    groups = {"jira": [plan["jira"]["configuration"]], "forges": [plan["forge"]]}
    store.write(lambda before: plain.document_of(groups, before=before), by="the rehearsal")


def _member(person: dict[str, Any], connection: Any, forge_url: str) -> None:
    from allauth.account.models import EmailAddress

    from handover.configuration.vault import vault
    from handover.members.models import ForgeAccount, JiraLink, Member

    member = Member(username=person["name"], email=person["email"], is_superuser=person["administrator"])
    member.set_password(person["password"])
    member.save()
    EmailAddress.objects.create(user=member, email=person["email"], verified=True, primary=True)
    if person["jira_key"]:
        JiraLink.objects.create(
            member=member,
            connection=connection,
            user_key=person["jira_key"],
            user_name=person["name"],
            display_name=person["display_name"],
        )
    if person["forge_token"]:
        ForgeAccount.objects.create(
            member=member,
            forge_url=forge_url,
            login=person["forge_login"],
            name=person["display_name"],
            email=person["email"],
            sealed_token=vault().seal(person["forge_token"], address=forge_url),
        )


if __name__ == "__main__":
    main()
