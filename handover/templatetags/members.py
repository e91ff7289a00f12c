"""What the templates of accounts need."""

import re
from typing import Any

from django import template

register = template.Library()

BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@register.simple_tag
def sign_in_ways() -> dict[str, Any]:
    """How people may sign in: the providers, and whether local accounts may."""
    from handover.configuration.store import current

    return {"providers": current().oidc, "local": current().sign_in.local}


@register.filter
def provider_name(account: Any) -> str:
    """The name of the provider of a connected sign-in, which may not be configured any more."""
    from handover.members.oidc import configured

    found = configured(account.provider)
    return found.name if found else f"{account.provider} (not configured any more)"


@register.filter
def signs_in_with(member: Any) -> str:
    """`Password, Acme, second factor`: all the ways of a member that People lists."""
    ways = ["Password"] if member.has_usable_password() else []
    ways += [provider_name(account) for account in member.socialaccount_set.all()]
    ways += ["second factor"] if member.has_second_factor else []
    return ", ".join(ways) or "No way to sign in"


@register.filter
def browser(user_agent: str) -> str:
    """`Firefox on Linux`: what a browser says of itself, in two words."""
    program = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    first = re.split(r"[\s/;(]", user_agent.strip(), maxsplit=1)[0][:40] or "Unknown browser"
    return f"{program or first} on {system}" if system else program or first
