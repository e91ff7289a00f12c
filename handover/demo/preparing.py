"""What a rehearsal is filled with: the cast, with what an administrator and the members would have set up."""

import secrets
from typing import TYPE_CHECKING

from standins.forge import cast as forge_cast
from standins.jira.records import User

if TYPE_CHECKING:
    from handover.demo.rehearsal import Rehearsal

PASSWORD = "rehearsal-only"  # noqa: S105  for sign-in on loopback, printed by the demo
JIRA_CALLBACK = "/integration/jira-dc/callback"
FORGE_CALLBACK = "/integration/forge/callback"


def credentials_of(rehearsal: "Rehearsal") -> dict[str, str]:
    """A fresh credential of each kind."""
    jira, forge = rehearsal.jira, rehearsal.forge
    return {
        "webhook": secrets.token_urlsafe(32),
        "jira of the bot": jira.token_for(rehearsal.people.bot),
        "forge of lina": forge.token_for(forge_cast.LINKED),
        "forge of mallory": forge.token_for(forge_cast.ATTACKER),
    }


def plan_of(rehearsal: "Rehearsal") -> dict[str, object]:
    """What `handover.demo.prepare` writes."""
    return {
        "jira": {
            "base_url": rehearsal.at.jira,
            "bot_name": rehearsal.people.bot.name,
            "bot_key": rehearsal.people.bot.key,
            "configuration": _jira(rehearsal),
            "webhook_secret": rehearsal.credentials["webhook"],
        },
        "forge": _forge(rehearsal),
        "members": _members(rehearsal),
    }


def _jira(rehearsal: "Rehearsal") -> dict[str, object]:
    application = rehearsal.jira.register_oauth_client([rehearsal.at.handover + JIRA_CALLBACK])
    rehearsal.credentials["OAuth client of Jira"] = application.secret
    return {
        "base_url": rehearsal.at.jira,
        "enabled": True,
        "linking": "oauth",
        "bot_email": rehearsal.people.bot.email,
        "pat": rehearsal.credentials["jira of the bot"],
        "client_id": application.id,
        "client_secret": application.secret,
    }


def _forge(rehearsal: "Rehearsal") -> dict[str, object]:
    application = rehearsal.forge.applications.register(
        "Handover", rehearsal.at.handover + FORGE_CALLBACK, kind="github app"
    )
    rehearsal.credentials["OAuth client of the forge"] = application.client_secret
    return {
        "base_url": rehearsal.at.forge,
        "client_id": application.client_id,
        "client_secret": application.client_secret,
    }


def _members(rehearsal: "Rehearsal") -> list[dict[str, object]]:
    people, credentials = rehearsal.people, rehearsal.credentials
    return [
        _member(people.administrator, administrator=True, jira_key=people.administrator.key),
        _member(
            people.linked,
            jira_key=people.linked.key,
            forge_login=forge_cast.LINKED,
            forge_token=credentials["forge of lina"],
        ),
        _member(people.unlinked),
        _member(
            people.attacker,
            jira_key=people.attacker.key,
            forge_login=forge_cast.ATTACKER,
            forge_token=credentials["forge of mallory"],
        ),
    ]


def _member(
    person: User, *, administrator: bool = False, jira_key: str = "", forge_login: str = "", forge_token: str = ""
) -> dict[str, object]:
    return {
        "name": person.name,
        "display_name": person.display_name,
        "email": person.email,
        "password": PASSWORD,
        "administrator": administrator,
        "jira_key": jira_key,
        "forge_login": forge_login,
        "forge_token": forge_token,
    }
