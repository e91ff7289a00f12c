"""The doctor's words, with links to the places that they name."""

import re

from django import template
from django.urls import reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from handover.doctor.checks import Check
from handover.runs.rendering import seen

register = template.Library()
# Each place as the doctor's sentences write it, and the name and arguments of its address.
PLACES: dict[str, tuple[str, list[str]]] = {
    "Settings › Integrations › Jira Data Center": ("jira-dc", []),
    "Settings › Integrations": ("settings", []),
    "Console › Jira Data Center Integration": ("console-group", ["jira"]),
    "Console › Additional Trusted CA Certificates": ("console-certificates", []),
    "Console › Model": ("console-group", ["model"]),
    "Console › Forges": ("console-group", ["forges"]),
    "Console › Who may start": ("console-group", ["start"]),
    "Console › OpenID Connect": ("console-group", ["oidc"]),
    "Console › Mail": ("console-group", ["mail"]),
    "Console › People": ("people", []),
}
# The longest first: one place's name begins another's.
NAMED = re.compile("|".join(re.escape(place) for place in sorted(PLACES, key=len, reverse=True)))


@register.filter
def linked(text: str) -> SafeString:
    """The sentence, escaped, with a link wherever it names a place of ours."""
    escaped = conditional_escape(seen(text))
    return mark_safe(NAMED.sub(lambda found: _link(found[0]), escaped))  # noqa: S308  escaped before


@register.filter
def what(check: Check) -> str:
    """What was looked at."""
    return check.name.partition(": ")[0]


@register.filter
def of(check: Check) -> str:
    """Of which system, where there may be several."""
    return check.name.partition(": ")[2]


def _link(place: str) -> str:
    name, arguments = PLACES[place]
    return format_html('<a href="{}">{}</a>', reverse(name, args=arguments), place)
