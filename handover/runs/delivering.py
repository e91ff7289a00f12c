"""Delivers: the agent's work becomes one commit of ours, a branch and a pull request, with the member's own rights."""

import asyncio
from collections.abc import Sequence

from handover.configuration.store import current
from handover.engine import durable
from handover.forges.forge import Absent, ForgeCredential, ForgeRefused, ForgeUnavailable, PullRequest, Repository
from handover.forges.git import Change, Limits, Person, Work, WorkRefused, commit, receive
from handover.forges.git import push as push_branch
from handover.forges.github import GitHub
from handover.jira.client import JiraUnavailable, JiraUnreadable
from handover.members.models import ForgeAccount
from handover.members.reach import as_member
from handover.runs import replies
from handover.runs.admission import ACCOUNTS_PAGE, admit
from handover.runs.asking import TRIES, account_of, open_to
from handover.runs.endings import Ended
from handover.runs.models import Cause, Run, State
from handover.runs.records import mention_of, move, note, page_of, run_of, say
from handover.runs.working import end_if_stopped
from handover.runs.workshop import Workshop

# What is named in the comment; the pull request shows the rest.
MOST_NAMED = 12


@durable.step(tries=TRIES, again_on=(ForgeUnavailable, JiraUnavailable, JiraUnreadable))
async def push(run_id: str, report: str) -> list[str]:
    """Judge the work, make one commit of it and push it. Returns a line for each changed file.

    The same work makes the same commit, and a branch that is there already is no obstacle: done twice is done once.
    """
    run, shop = await run_of(run_id), Workshop(run_id)
    if run.state != State.DELIVERING:
        # Once the push has begun it is carried to its end: what is on the forge is not told as nothing.
        end_if_stopped(run)
        await admit(run)
    await move(run_id, State.DELIVERING, saying="Checking the work")
    work = await _judged(run, shop)
    if not work.changes:
        raise Ended(Cause.NOTHING_TO_CHANGE, replies.nothing_to_change(report=report, mention=mention_of(run)))
    account = await account_of(run)
    repository = await open_to(account, run.repository)
    made = await commit(
        shop.clone,
        tree=work.tree,
        parent=run.base_commit,
        author=Person(account.name, account.email),
        message=f"{_title(run)}\n\nBy an OpenHands agent at the request of {account.name}.\n{page_of(run_id)}\n",
        at=run.asked_at,
    )
    await _push(run, shop, account, repository, made)
    await note(run_id, commit=made)
    await say(run_id, f"Pushed {run.branch}")
    return [_line(change) for change in work.changes]


async def _judged(run: Run, shop: Workshop) -> Work:
    limits = Limits(total_bytes=current().limits.work_megabytes * 2**20)
    bundle = await asyncio.to_thread(shop.bundle_out.read_bytes)
    try:
        return await receive(shop.clone, bundle, base=run.base_commit, limits=limits)
    except WorkRefused as refusal:
        told = replies.work_refused(reason=str(refusal), mention=mention_of(run))
        raise Ended(Cause.WORK_REFUSED, told) from refusal


async def _push(run: Run, shop: Workshop, account: ForgeAccount, repository: Repository, made: str) -> None:
    try:
        async with as_member(account) as forge:
            await push_branch(
                shop.clone,
                url=repository.clone_url,
                credential=forge.git_credential(),
                commit=made,
                branch=run.branch,
                expected=Absent(),
                ca_pem=current().trust.certificates,
            )
    except ForgeCredential as error:
        told = replies.forge_credential_refused(forge_url=account.forge_url, accounts_url=ACCOUNTS_PAGE)
        raise Ended(Cause.PUSH_REFUSED, told) from error
    except ForgeRefused as refusal:
        raise Ended(Cause.PUSH_REFUSED, replies.push_refused(reason=str(refusal))) from refusal


@durable.step(tries=TRIES, again_on=(ForgeUnavailable,))
async def propose(run_id: str, report: str, changed: list[str]) -> None:
    """Open the pull request, or find the one that is there, and note it."""
    run = await run_of(run_id)
    account = await account_of(run)
    repository = await open_to(account, run.repository)
    try:
        async with as_member(account) as forge:
            proposal = await _found_or_made(forge, run, repository, report, changed)
    except ForgeRefused as refusal:
        raise Ended(Cause.PUSH_REFUSED, replies.push_refused(reason=str(refusal))) from refusal
    await note(run_id, pull_request_url=proposal.url, pull_request_number=proposal.number)
    await say(run_id, f"Opened pull request #{proposal.number}")


async def _found_or_made(
    forge: GitHub, run: Run, repository: Repository, report: str, changed: Sequence[str]
) -> PullRequest:
    found = await forge.find_pull_request(repository, run.branch, commit=run.commit)
    if isinstance(found, PullRequest):
        return found
    return await forge.create_pull_request(
        repository,
        branch=run.branch,
        base=run.base_branch,
        title=_title(run),
        body=replies.pull_request_body(
            issue_key=run.issue_key,
            issue_url=f"{run.connection.base_url}/browse/{run.issue_key}",
            run_url=page_of(str(run.id)),
            asker=run.asker_display,
            # Who may read the repository may not all read a restricted request, nor what was found for it.
            request="" if run.audience_type else run.instruction,
            report="" if run.audience_type else report,
            changed=_named(changed),
        ),
        draft=False,
    )


async def delivered(run_id: str, report: str, changed: list[str]) -> Ended:
    """The ending that everybody hopes for."""
    run = await run_of(run_id)
    told = replies.pull_request(
        url=run.pull_request_url, number=run.pull_request_number or 0, report=report, changes=_named(changed)
    )
    return Ended(Cause.PULL_REQUEST, told)


def _title(run: Run) -> str:
    return f"{run.issue_key}: {' '.join(run.summary.split())}"[:200]


def _line(change: Change) -> str:
    lines = "binary" if change.added < 0 else f"+{change.added} −{change.deleted}"
    return f"`{change.path.replace('`', chr(39))}` ({lines})"


def _named(changed: Sequence[str]) -> str:
    shown = [f"- {line}" for line in changed[:MOST_NAMED]]
    further = len(changed) - len(shown)
    return "\n".join([*shown, *([f"- and {further} more"] if further else [])])
