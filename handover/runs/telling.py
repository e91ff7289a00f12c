"""Tells on the issue how a run stands: a reaction, one status comment edited in place, and a remote link."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from handover.agent.server import AgentRefused, AgentUnavailable, AgentUnreadable
from handover.connections.reach import as_bot
from handover.engine import durable
from handover.forges.forge import ForgeUnavailable
from handover.jira.client import (
    Absent,
    Comment,
    Jira,
    JiraError,
    JiraMissing,
    JiraRefused,
    JiraUnavailable,
    JiraUnreadable,
    Visibility,
)
from handover.jira.fitting import fits
from handover.jira.markup import to_wiki
from handover.runs import replies
from handover.runs.endings import Ended
from handover.runs.models import Cause, Run, RunEvent, State
from handover.runs.records import mention_of, move, note, page_of, run_of, say
from handover.sandboxes.open import SandboxFailed

THUMBS_UP = "1f44d"
# The comment's property that says whose status comment it is: found by it after a crash, before one is written anew.
MARK = "handover.status"
# Jira's clock may be behind ours; the mark decides.
CLOCKS_APART = timedelta(hours=1)
# The ending is told for as long as Jira may be away: pauses double from a second to an hour, for more than a day.
TRIES_TO_TELL = 36
# A comment lives in the thread of people; a long report is on the run's page.
MOST_CHARACTERS = 12_000


async def say_accepted(run_id: str) -> None:
    """Write the status comment, once. Raises JiraUnavailable, to be tried again."""
    await _say(run_id, replies.accepted(run_url=page_of(run_id)))


async def say_working(run_id: str) -> None:
    """Say on which repository the agent works. The run's page has it too: where Jira is away, the work goes on."""
    run = await run_of(run_id)
    text = replies.working(repository=run.repository, base_branch=run.base_branch, run_url=page_of(run_id))
    with suppress(JiraUnavailable, JiraUnreadable):
        await _say(run_id, text)


@durable.step(tries=TRIES_TO_TELL, pause=1.0, again_on=(JiraUnavailable, JiraUnreadable))
async def say_ending(run_id: str, cause: Cause, told: str) -> None:
    """Say on the issue what became of the run. What was withdrawn before anybody was answered stays unanswered."""
    run = await run_of(run_id)
    unanswered = run.quiet or cause is Cause.WITHDRAWN
    if run.status_comment_id or not unanswered:
        await _say(run_id, told)
    if run.pull_request_url:
        await _link(run)


@durable.step()
async def end(run_id: str, cause: Cause, told: str) -> None:
    """End the run. Its page says how, whether Jira could be told or not."""
    await move(run_id, State.ENDED, saying=f"Ended: {cause.label}", cause=cause, told=told)


async def unavailable(run_id: str, error: Exception) -> Ended:
    """The ending of a run whose step was tried in vain."""
    run = await run_of(run_id)
    match error:
        case ForgeUnavailable():
            told = replies.forge_unavailable(forge_url=run.forge_url, branch=run.branch if run.commit else "")
            return Ended(Cause.FORGE_UNAVAILABLE, told)
        case JiraUnavailable() | JiraUnreadable():
            return Ended(Cause.JIRA_UNAVAILABLE, replies.jira_unavailable(mention=mention_of(run)))
        case SandboxFailed() | AgentUnavailable() | AgentRefused() | AgentUnreadable():
            lost = isinstance(error, SandboxFailed | AgentUnavailable)
            cause = Cause.SANDBOX_FAILED if lost else Cause.AGENT_FAILED
            await say(run_id, cause.label, text=str(error), kind=RunEvent.Kind.ERROR)
            return Ended(cause, replies.agent_trouble(cause, run_url=page_of(run_id), mention=mention_of(run)))
    return await fault(run_id)


async def refused(run_id: str, error: JiraError) -> Ended:
    """The ending of a run that Jira would not let go on."""
    run = await run_of(run_id)
    return Ended(Cause.JIRA_REFUSED, replies.jira_refused(reason=str(error), mention=mention_of(run)))


async def fault(run_id: str) -> Ended:
    """The ending of a run in which Handover itself failed."""
    run = await run_of(run_id)
    return Ended(Cause.FAULT, replies.fault(run_url=page_of(run_id), mention=mention_of(run)))


async def _say(run_id: str, text: str) -> None:
    run = await run_of(run_id)
    mention = f"[~{run.asker_name}] " if run.asker_name else ""
    wiki = await asyncio.to_thread(to_wiki, text[:MOST_CHARACTERS])
    body = fits(mention + wiki, limit=MOST_CHARACTERS)
    async with as_bot(run.connection) as jira:
        try:
            await _write(jira, run, body)
        except JiraMissing:
            return  # the issue is gone, and with it whoever read there
        except JiraRefused as refusal:
            await say(run_id, "Jira did not take the status comment", text=str(refusal), kind=RunEvent.Kind.ERROR)


async def _write(jira: Jira, run: Run, body: str) -> None:
    found = await _status_comment(jira, run)
    # Who may not read the request may not read the answer, in a comment that is written anew either.
    audience = Visibility(run.audience_type, run.audience_value) if run.audience_type else None
    if found is None:
        await _add(jira, run, body, audience)
    elif found.body != body:
        await _edit(jira, run, found, body, audience)


async def _edit(jira: Jira, run: Run, found: Comment, body: str, audience: Visibility | None) -> None:
    try:
        await jira.edit_comment(run.issue_id, found.id, body, visible_to=audience)
    except JiraMissing:
        raise
    except JiraRefused:
        # A bot that may not edit its own comments still says how it ended.
        await _add(jira, run, body, audience)


async def _add(jira: Jira, run: Run, body: str, audience: Visibility | None) -> None:
    mark = {MARK: {"run": str(run.id)}}
    try:
        written = await jira.add_comment(run.issue_id, body, visible_to=audience, properties=mark)
    except JiraRefused as refusal:
        if refusal.status != 400:
            raise
        # Most likely too long for this Jira: the page has it all.
        short = to_wiki(replies.on_the_page(run_url=page_of(str(run.id))))
        written = await jira.add_comment(run.issue_id, short, visible_to=audience, properties=mark)
    await note(str(run.id), status_comment_id=written.id)


async def _status_comment(jira: Jira, run: Run) -> Comment | None:
    """Our comment of this run, by its id or else by its mark."""
    if run.status_comment_id:
        try:
            return await jira.comment(run.issue_id, run.status_comment_id)
        except JiraMissing:
            return None  # deleted by somebody: it is written anew
    for comment in await jira.comments(run.issue_id):
        if comment.author.key == run.connection.bot_key and comment.created >= run.asked_at - CLOCKS_APART:
            mark = await jira.comment_property(comment.id, MARK)
            if not isinstance(mark, Absent) and mark == {"run": str(run.id)}:
                await note(str(run.id), status_comment_id=comment.id)
                return comment
    return None


async def _link(run: Run) -> None:
    path = f"{run.forge_url}/{run.repository}/pull/{run.pull_request_number}"
    async with as_bot(run.connection) as jira:
        try:
            await jira.link(
                run.issue_id,
                global_id=f"handover:{path}",
                url=run.pull_request_url,
                title=f"Pull request #{run.pull_request_number}",
                summary=f"{run.repository}: {run.branch}",
                resolved=False,
            )
        except (JiraRefused, JiraUnreadable):
            return  # linking is off, or the bot may not: the comment has the address
