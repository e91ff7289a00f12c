"""The agent at work: a sandbox, a clone inside it, one conversation, and what it made taken out."""

import asyncio
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from handover.agent.prompt import Request, prompt
from handover.agent.server import (
    AgentRefused,
    AgentServer,
    AgentUnavailable,
    AgentUnreadable,
    Conversation,
    Model,
)
from handover.configuration.store import current
from handover.engine import durable
from handover.forges import clone
from handover.forges.forge import ForgeCredential, ForgeRefused, ForgeUnavailable
from handover.jira.client import Comment, Issue, Jira, JiraUnavailable
from handover.lib import clock
from handover.members.reach import as_member
from handover.runs import ledger, replies, telling
from handover.runs.admission import ACCOUNTS_PAGE, still_admitted
from handover.runs.asking import account_of
from handover.runs.endings import Ended, Watched, cause_without_work
from handover.runs.models import Cause, Run, State
from handover.runs.places import Places
from handover.runs.records import mention_of, move, note, page_of, run_of
from handover.runs.seen import as_the_asker_sees
from handover.runs.watching import Watch, deadline_of
from handover.runs.workshop import Workshop
from handover.sandboxes.open import Sandbox, SandboxFailed, open_sandbox
from handover.sandboxes.taking import NotTaken

AGENT_TROUBLE = (AgentUnavailable, AgentRefused, AgentUnreadable)
READY_SECONDS = 120
# How often a run that waits looks whether it was asked to stop.
LOOK_UP_SECONDS = 1.0
# A sandbox that is lost is opened again, and the conversation goes on in it; one that is lost so often stays lost.
TRIES_TO_WORK = 9
# Agents weigh some 350 MB each: more than these wait for their turn.
_places = Places()

# Inside, git is the agent's to bend: whatever comes of these is checked outside as a stranger's bundle.
CLONE = """set -e
rm -rf {repository}
git clone --quiet --branch {branch} {bundle} {repository}
git -C {repository} remote remove origin
git -C {repository} config user.name openhands
git -C {repository} config user.email openhands@sandbox.invalid"""
BUNDLE = """set -e
cd {repository}
rm -f .git/index.lock
git add --all
git diff --cached --quiet || git commit --quiet --no-verify --message work
git branch --force handover-work HEAD
rm -f {bundle}
[ "$(git rev-parse HEAD)" = {base} ] || git bundle create --quiet {bundle} {base}..handover-work"""


@durable.step(
    tries=TRIES_TO_WORK, pause=1.0, again_on=(ForgeUnavailable, JiraUnavailable, SandboxFailed, *AGENT_TROUBLE)
)
async def agent_works(run_id: str) -> str:
    """Let the agent work until it ends, and take out what it made. Returns the agent's report.

    Done again after a crash, it goes on: the clone and the conversation's state are kept, and the conversation's id is
    the run's, so there is never a second one.
    """
    run, shop = await run_of(run_id), Workshop(run_id)
    end_if_stopped(run)
    if not current().model.name:
        raise Ended(Cause.MODEL_UNAVAILABLE, replies.no_model(mention=mention_of(run)))
    async with _place(run_id):
        await still_admitted(await run_of(run_id))
        await move(run_id, State.STARTING, saying="Starting the agent", started_at=run.started_at or clock.now())
        async with open_sandbox(shop.blueprint(run_id)) as sandbox:
            agent = AgentServer(sandbox.agent_socket, sandbox.session_key)
            await ledger.settle_lost(run_id)
            _, base = await asyncio.gather(agent.ready(READY_SECONDS), _fetch(run, shop))
            await _furnish(run, shop, sandbox, agent, base)
            watched = await _converse(run_id, sandbox, agent)
            await _raise_unless_finished(await run_of(run_id), watched)
            await _take_out(run, shop, sandbox, agent, base, watched)
            return watched.final_text


@durable.step()
async def clear_away(run_id: str) -> None:
    """Free the disk of what the run no longer needs."""
    await asyncio.to_thread(Workshop(run_id).clear)


def end_if_stopped(run: Run) -> None:
    """Raises Ended where somebody asked the run to stop."""
    if run.stop_asked_by:
        raise Ended(Cause.STOPPED, replies.stopped(by=run.stop_asked_by, mention=mention_of(run)))


@asynccontextmanager
async def _place(run_id: str) -> AsyncIterator[None]:
    if _places.locked():
        await move(run_id, State.WAITING, saying="Waiting for a free place: all agents are at work")
    while not await _places.acquire(LOOK_UP_SECONDS):
        end_if_stopped(await run_of(run_id))
    try:
        yield
    finally:
        _places.release()


async def _fetch(run: Run, shop: Workshop) -> str:
    """Clone the repository outside, with the member's own credential. Returns the commit that the work begins on."""
    if run.base_commit and shop.bundle_in.exists():
        return run.base_commit
    account = await account_of(run)
    try:
        async with as_member(account) as forge:
            repository = await forge.repository(run.repository)
            base = await clone.clone(
                repository.clone_url,
                forge.git_credential(),
                run.base_branch,
                shop.clone,
                ca_pem=current().trust.certificates,
            )
    except ForgeCredential as error:
        raise Ended(
            Cause.REFUSED, replies.forge_credential_refused(forge_url=account.forge_url, accounts_url=ACCOUNTS_PAGE)
        ) from error
    except ForgeRefused as refusal:
        raise Ended(Cause.REFUSED, replies.forge_refused(reason=str(refusal))) from refusal
    await clone.write_bundle(shop.clone, base, shop.bundle_in)
    await note(str(run.id), base_commit=base)
    return base


async def _furnish(run: Run, shop: Workshop, sandbox: Sandbox, agent: AgentServer, base: str) -> None:
    """Put the clone into the sandbox, without remotes, unless it is there from before a crash."""
    if await agent.exists(str(run.id)):
        return
    await asyncio.to_thread(sandbox.put, shop.bundle_in.name, shop.bundle_in)
    script = CLONE.format(
        repository=shlex.quote(_repository(sandbox)),
        branch=shlex.quote(run.base_branch),
        bundle=shlex.quote(f"{sandbox.inbox}/{shop.bundle_in.name}"),
    )
    done = await agent.execute(script, cwd=sandbox.workspace, seconds=300)
    if done.exit_code != 0:
        raise SandboxFailed(f"The clone could not be put into the sandbox: {done.output[-300:]}")


async def _converse(run_id: str, sandbox: Sandbox, agent: AgentServer) -> Watched:
    run = await run_of(run_id)
    if await agent.exists(run_id):
        await agent.go_on(run_id)
    else:
        await agent.create(await _conversation(run, sandbox))
    await _resume_after_our_own_fall(run_id, agent)
    if await move(run_id, State.WORKING, saying=f"The agent is at work on {run.repository}"):
        await telling.say_working(run_id)
    return await Watch(run_id, sandbox, agent, run_id, deadline_of(run)).until_it_ends()


async def _resume_after_our_own_fall(run_id: str, agent: AgentServer) -> None:
    """An agent may outlive us by a moment, and take the gateway that fell with us for a model that is down."""
    standing = await agent.standing(run_id)
    model_failed = standing.status == "error" and standing.error_code.startswith("LLM")
    if model_failed and not await ledger.last_trouble(run_id):
        await agent.resume(run_id, standing)


async def _conversation(run: Run, sandbox: Sandbox) -> Conversation:
    issue, comments = await as_the_asker_sees(run, lambda jira: _issue_and_comments(jira, run.issue_id))
    # What only some may read would come back in a report that all may read; and the bot's own words tell nothing new.
    open_to_all = [one for one in comments if one.visibility is None and one.author.key != run.connection.bot_key]
    text = prompt(Request.of(run.instruction, issue, open_to_all, repository=_repository(sandbox)))
    configured = current()
    model = Model(
        name=configured.model.name,
        base_url=sandbox.model_url,
        token=ledger.token_of(run.id),
        input_price=configured.model.input_price,
        output_price=configured.model.output_price,
    )
    return Conversation(
        id=str(run.id), text=text, working_dir=_repository(sandbox), model=model, steps=configured.limits.steps
    )


async def _issue_and_comments(jira: Jira, issue_id: str) -> tuple[Issue, list[Comment]]:
    return await jira.issue(issue_id), await jira.comments(issue_id)


async def _raise_unless_finished(run: Run, watched: Watched) -> None:
    cause = cause_without_work(watched)
    if cause not in (Cause.NOTHING_TO_CHANGE, Cause.ASKS):
        spent = await ledger.spent(str(run.id))
        told = replies.of_cause(
            cause,
            spent=spent.cost,
            stopped_by=run.stop_asked_by,
            run_url=page_of(str(run.id)),
            mention=mention_of(run),
        )
        raise Ended(cause, told)


async def _take_out(
    run: Run, shop: Workshop, sandbox: Sandbox, agent: AgentServer, base: str, watched: Watched
) -> None:
    """Have the work bundled inside and keep the bundle outside. Raises Ended where there is none."""
    repository = _repository(sandbox)
    script = BUNDLE.format(
        repository=shlex.quote(repository), base=base, bundle=shlex.quote(f"{sandbox.outbox}/{shop.bundle_out.name}")
    )
    done = await agent.execute(script, cwd=repository, seconds=300)
    if done.exit_code != 0:
        told = replies.work_refused(reason=f"git could not take it up. {done.output[-300:]}", mention=mention_of(run))
        raise Ended(Cause.WORK_REFUSED, told)
    most = current().limits.work_megabytes * 2**20
    try:
        bundle = await asyncio.to_thread(sandbox.take, shop.bundle_out.name, most_bytes=most)
    except NotTaken as refusal:
        raise Ended(Cause.WORK_REFUSED, replies.work_refused(reason=str(refusal), mention=mention_of(run))) from refusal
    if bundle is None:
        raise _nothing_made(run, watched)
    await asyncio.to_thread(shop.keep, bundle)


def _nothing_made(run: Run, watched: Watched) -> Ended:
    if watched.asks:
        return Ended(Cause.ASKS, replies.asks(question=watched.final_text, mention=mention_of(run)))
    told = replies.nothing_to_change(report=watched.final_text, mention=mention_of(run))
    return Ended(Cause.NOTHING_TO_CHANGE, told)


def _repository(sandbox: Sandbox) -> str:
    return f"{sandbox.workspace}/repository"
