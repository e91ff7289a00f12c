"""Filters for text and time."""

from datetime import UTC, datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from handover.configuration.store import current
from handover.lib import clock
from handover.runs import rendering

register = template.Library()


@register.filter
def seen(text: str) -> str:
    """The text with deceiving characters made visible; the template escapes it."""
    return rendering.seen(text)


@register.filter
def parted(text: str) -> rendering.Parted:
    """A long text's beginning and rest."""
    return rendering.parted(text)


@register.filter
def moment(at: datetime) -> SafeString:
    """Date and time to the minute, with the zone."""
    return _time(at, f"{at.astimezone(UTC):%-d %b %Y, %H:%M} UTC")


@register.filter
def second(at: datetime) -> SafeString:
    """The time of day to the second, with the zone; the date is in the title."""
    return _time(at, f"{at.astimezone(UTC):%H:%M:%S} UTC")


@register.filter
def lasted(begin: datetime, end: datetime | None) -> str:
    """How long from `begin` to `end`, or until now: "2 h 5 min", "4 min 12 s", "9 s"."""
    seconds = max(0, int(((end or clock.now()) - begin).total_seconds()))
    minutes, hours = seconds // 60, seconds // 3600
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"


@register.filter
def grouped(number: int) -> str:
    """12345 as 12,345."""
    return f"{number:,}"


@register.simple_tag
def without_sandbox() -> bool:
    """Whether agents run unprotected on this machine."""
    return bool(current().agents.sandbox == "none")


def _time(at: datetime, written: str) -> SafeString:
    exact = at.astimezone(UTC)
    title = f"{exact:%-d %b %Y, %H:%M:%S} UTC"
    machine = exact.isoformat(timespec="seconds")
    return format_html('<time datetime="{}" title="{}">{}</time>', machine, title, written)
