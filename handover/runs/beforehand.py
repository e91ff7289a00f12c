"""What is still to be done before the first run, for the page on which runs will be."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse

from handover.configuration.store import current
from handover.connections.models import Connection
from handover.members.models import ForgeAccount, JiraLink, Member
from handover.members.settings_page import enabled

JIRA_PAGE = "jira-dc"


@dataclass(frozen=True)
class Step:
    """A sentence, and the page where it is done; "" where somebody else does it."""

    sentence: str
    page: str = ""


def steps_of(member: Member) -> list[Step]:
    """The next steps: the installation's, which are administrators', and the member's own."""
    jiras = enabled()
    missing = list(_missing(jiras))
    if missing and not member.is_superuser:
        missing = [Step("Handover is not fully set up yet. An administrator does that.")]
    return [*missing, *_own(member, jiras)]


def _missing(jiras: list[Connection]) -> Iterator[Step]:
    if not jiras:
        yield Step("Connect a Jira Data Center, and enable it.", _group("jira"))
    elif all(jira.webhook_state != Connection.Webhook.ACTIVE for jira in jiras):
        yield Step("Make Jira's webhook active: by it, Handover is told of comments and labels.", reverse(JIRA_PAGE))
    if not current().model.name:
        yield Step("Say which model the agents use.", _group("model"))
    if not current().forges:
        yield Step("Allow a Git host.", _group("forges"))


def _own(member: Member, jiras: list[Connection]) -> Iterator[Step]:
    if jiras and not JiraLink.objects.filter(member=member, connection__in=jiras, lost_at=None).exists():
        yield Step("Say who you are in Jira.", reverse(JIRA_PAGE))
    hosts = [forge.base_url for forge in current().forges]
    if hosts and not ForgeAccount.objects.filter(member=member, forge_url__in=hosts, lost_at=None).exists():
        yield Step("Connect your own account on a Git host.", reverse("settings"))


def _group(slug: str) -> str:
    return reverse("console-group", args=[slug])
