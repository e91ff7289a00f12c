"""The member's settings: a card for each system that one can link with."""

from dataclasses import dataclass
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from handover.connections.models import Connection, configured
from handover.members.models import JiraLink, Member


@dataclass(frozen=True)
class Card:
    """One system. `tone` is good, care or quiet; `word` says how it stands."""

    title: str
    detail: str
    url: str
    tone: str
    word: str


@require_safe
def settings(request: HttpRequest) -> HttpResponse:
    """All cards."""
    return render(request, "members/settings.html", {"cards": jira_cards(member_of(request))})


def member_of(request: HttpRequest) -> Member:
    """Whose settings they are. LoginRequiredMiddleware lets nobody else through."""
    return cast(Member, request.user)


def enabled() -> list[Connection]:
    """The Jiras whose integration is on."""
    return [connection for connection in configured() if connection.host.enabled]


def jira_cards(member: Member) -> list[Card]:
    """One for all Jiras; none where the integration is off."""
    connections = enabled()
    if not connections:
        return []
    links = list(JiraLink.objects.filter(member=member, connection__in=connections))
    tone, word = _standing(connections, links)
    where = ", ".join(connection.base_url for connection in connections)
    return [Card("Jira Data Center", where, reverse("jira-dc"), tone, word)]


def _standing(connections: list[Connection], links: list[JiraLink]) -> tuple[str, str]:
    if any(link.lost_at for link in links):
        return "care", "Link again"
    if not links:
        return "quiet", "Not linked"
    if len(links) < len(connections):
        return "good", f"{len(links)} of {len(connections)} linked"
    return "good", "Linked"
