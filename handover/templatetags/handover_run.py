"""What pages show of a run."""

from urllib.parse import quote

from django import template
from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from handover.runs import rendering, standing
from handover.runs.models import Run, RunEvent

register = template.Library()


@register.filter
def word(run: Run) -> str:
    """Its standing in a word or two."""
    return standing.word(run)


@register.filter
def tone(run: Run) -> str:
    """Its standing as a colour."""
    return standing.tone(run).value


@register.filter
def asker(run: Run) -> str:
    """Who asked, by the best name known."""
    return rendering.seen(run.asker_display or run.asker_name or run.asker_key) or "somebody unknown"


@register.filter
def issue_address(run: Run) -> str:
    """The issue in Jira; "" while its key is not known."""
    return f"{run.connection.base_url}/browse/{quote(run.issue_key, safe='')}" if run.issue_key else ""


@register.filter
def repository_address(run: Run) -> str:
    """The repository on its forge; "" while it is not known."""
    return f"{run.forge_url}/{quote(run.repository)}" if run.forge_url and run.repository else ""


@register.filter
def pull_request_address(run: Run) -> str:
    """The pull request, where its address is on the forge that the run works on; else ""."""
    return run.pull_request_url if rendering.below(run.pull_request_url, [run.forge_url]) else ""


@register.filter
def detail(event: RunEvent) -> str:
    """What the event has to tell beyond its title; "" where that is nothing."""
    text = event.text.strip("\n")
    return "" if not text.strip() or event.title.removeprefix("$ ") == text else text


@register.filter
def ending(run: Run) -> SafeString:
    """The ending as it was told, as HTML. Only our own pages, the forge and Jira are linked."""
    trusted = [address for address in (settings.PUBLIC_URL, run.forge_url, run.connection.base_url) if address]
    return mark_safe(rendering.to_html(run.told, trusted=trusted))  # noqa: S308  the renderer escaped it
