"""The issue as the member who asks sees it: what the agent is told is read with the member's own token of Jira.

Links by an address or by an administrator's word have none: there the bot reads.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from handover.connections.reach import as_bot
from handover.jira.client import Jira, JiraMissing
from handover.jira.oauth import JiraLinkLost
from handover.members.link_tokens import as_member_in_jira, reads_as_the_member
from handover.members.models import JiraLink
from handover.runs import replies
from handover.runs.admission import LINK_PAGE
from handover.runs.endings import Ended
from handover.runs.models import Cause, Run
from handover.runs.records import mention_of

T = TypeVar("T")


async def as_the_asker_sees(run: Run, read: Callable[[Jira], Awaitable[T]]) -> T:
    """What `read` finds. Raises Ended where the member may not see it, or has to link again; and JiraError."""
    link = await _link_of(run)
    if link is None:
        # Who read with their own eyes before is not read for with the bot's, because the link has gone.
        raise Ended(Cause.REFUSED, replies.not_linked(link_url=LINK_PAGE))
    if not reads_as_the_member(link):
        async with as_bot(run.connection) as jira:
            return await read(jira)
    try:
        return await as_member_in_jira(link, read)
    except JiraLinkLost as lost:
        told = replies.link_lost(link_url=LINK_PAGE)
        raise Ended(Cause.REFUSED, told) from lost
    except JiraMissing as missing:
        raise Ended(Cause.REFUSED, replies.issue_not_seen(mention=mention_of(run))) from missing


async def _link_of(run: Run) -> JiraLink | None:
    links = JiraLink.objects.select_related("connection")
    return await links.filter(connection=run.connection, member=run.member).afirst()
