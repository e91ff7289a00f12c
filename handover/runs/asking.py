"""Who asks, for what, and on which repository. Nothing that a delivery said is believed before Jira says it too."""

from contextlib import suppress

from handover import settings
from handover.configuration.store import current
from handover.connections.reach import as_bot
from handover.engine import durable
from handover.forges.branches import branch_name
from handover.forges.forge import ForgeCredential, ForgeMissing, ForgeRefused, ForgeUnavailable, Repository
from handover.jira.client import (
    Jira,
    JiraMissing,
    JiraUnavailable,
    JiraUnreadable,
    LabelAdded,
    User,
    Visibility,
)
from handover.members.models import ForgeAccount
from handover.members.reach import as_member
from handover.repositories.references import Missing, Reference, Several, find
from handover.runs import replies, telling
from handover.runs.admission import ACCOUNTS_PAGE, admit
from handover.runs.endings import Ended
from handover.runs.models import Cause, Run
from handover.runs.records import mention_of, note, run_of
from handover.runs.seen import as_the_asker_sees
from handover.triggers.reading import mentions
from handover.triggers.watching import watch_of

# Doubling from half a second: about half an hour in all.
TRIES = 13


@durable.step(tries=TRIES, again_on=(JiraUnavailable, JiraUnreadable))
async def accept(run_id: str) -> None:
    """Read the request from Jira by its id, keep what it says, and answer it with a reaction and the status comment.

    Whoever cannot start an agent is answered with the reason alone.
    """
    run = await run_of(run_id)
    async with as_bot(run.connection) as jira:
        try:
            issue = await jira.issue(run.issue_id)
            asker, instruction, visibility = await _request(jira, run)
        except JiraMissing as error:
            raise Ended(Cause.WITHDRAWN, "The request was withdrawn before it was read.") from error
        await note(
            run_id,
            issue_key=issue.key,
            summary=issue.summary,
            instruction=instruction,
            asker_key=asker.key,
            asker_name=asker.name,
            asker_display=asker.display_name,
            audience_type=visibility.type if visibility else "",
            audience_value=visibility.value if visibility else "",
        )
    await admit(await run_of(run_id))
    await telling.say_accepted(run_id)
    await _react(run)


async def _react(run: Run) -> None:
    """A thumbs-up, where this Jira has them. A courtesy: nothing waits for it."""
    if run.comment_id:
        async with as_bot(run.connection) as jira:
            with suppress(JiraUnavailable):
                await jira.react(run.comment_id, telling.THUMBS_UP)


async def _request(jira: Jira, run: Run) -> tuple[User, str, Visibility | None]:
    """Who asks, the instruction, and whom the answer may be shown to. Raises Ended where Jira knows no such request."""
    if run.kind == Run.Kind.LABEL:
        return await _by_label(jira, run)
    comment = await jira.comment(run.issue_id, run.comment_id)
    instruction = mentions(comment.body, watch_of(run.connection))
    if instruction is None or comment.author.key == run.connection.bot_key:
        raise Ended(Cause.WITHDRAWN, "The comment no longer asks for anything.")
    if comment.edited_by.key != comment.author.key:
        told = replies.edited_by_another(editor=comment.edited_by.display_name, mention=mention_of(run))
        raise Ended(Cause.REFUSED, told)
    return comment.author, instruction, comment.visibility


async def _by_label(jira: Jira, run: Run) -> tuple[User, str, Visibility | None]:
    label = run.connection.host.label
    added = await jira.label_added(run.issue_id, label)
    match added:
        case LabelAdded(author=author) if author.key != run.connection.bot_key:
            return author, "", None
    raise Ended(Cause.WITHDRAWN, f"The label {label} is not on the issue.")


@durable.step(tries=TRIES, again_on=(JiraUnavailable, JiraUnreadable))
async def who_asked(run_id: str) -> None:
    """Hold the asker against the links and against who may start once more."""
    await admit(await run_of(run_id))


@durable.step(tries=TRIES, again_on=(JiraUnavailable, JiraUnreadable, ForgeUnavailable))
async def which_repository(run_id: str) -> None:
    """Find the repository that the request names, ask the forge whether the member may push to it, and note it."""
    run = await run_of(run_id)
    path = await _named(run)
    account = await account_of(run)
    repository = await open_to(account, path)
    await note(
        run_id,
        forge_url=account.forge_url,
        repository=repository.path,
        base_branch=repository.default_branch,
        branch=run.branch or await _free_branch(run, account.forge_url, repository.path),
    )


async def _named(run: Run) -> str:
    issue = await as_the_asker_sees(run, lambda jira: jira.issue(run.issue_id))
    for text in (run.instruction, issue.description):
        match find(text):
            case Reference(path=path):
                return path
            case Several(references=references):
                paths = [reference.path for reference in references]
                raise Ended(Cause.REFUSED, replies.several_repositories(paths, mention=mention_of(run)))
            case Missing():
                continue
    raise Ended(Cause.REFUSED, replies.no_repository(mention=mention_of(run)))


async def _free_branch(run: Run, forge_url: str, path: str) -> str:
    """The branch for this issue, numbered where an earlier run of the same issue has pushed one."""
    earlier = Run.objects.filter(forge_url=forge_url, repository=path, issue_id=run.issue_id).exclude(commit="")
    name, pushed = branch_name(run.issue_key, run.summary), await earlier.exclude(id=run.id).acount()
    return f"{name}-{pushed + 1}" if pushed else name


async def account_of(run: Run) -> ForgeAccount:
    """The member's credential on the run's forge, or on the first where they have one. Raises Ended."""
    forges = [run.forge_url] if run.forge_url else [forge.base_url for forge in current().forges]
    if not forges:
        raise Ended(Cause.REFUSED, replies.no_forge())
    if run.member and not run.member.is_active:
        branch = run.branch if run.commit else ""
        raise Ended(Cause.REFUSED, replies.account_closed(branch=branch, home_url=settings.PUBLIC_URL))
    found = ForgeAccount.objects.filter(member=run.member, forge_url__in=forges)
    accounts = {account.forge_url: account async for account in found}
    if not accounts:
        told = replies.no_forge_account(forge_url=forges[0], accounts_url=ACCOUNTS_PAGE)
        raise Ended(Cause.REFUSED, told)
    return next(accounts[forge] for forge in forges if forge in accounts)


async def open_to(account: ForgeAccount, path: str) -> Repository:
    """The repository, where the member may push to it now. Raises Ended where not."""
    closed = Ended(Cause.REFUSED, replies.repository_closed(path=path, forge_url=account.forge_url))
    try:
        async with as_member(account) as forge:
            repository = await forge.repository(path)
    except ForgeMissing:
        raise closed from None
    except ForgeCredential as error:
        raise Ended(
            Cause.REFUSED, replies.forge_credential_refused(forge_url=account.forge_url, accounts_url=ACCOUNTS_PAGE)
        ) from error
    except ForgeRefused as refusal:
        raise Ended(Cause.REFUSED, replies.forge_refused(reason=str(refusal))) from refusal
    if not repository.can_push:
        raise closed
    return repository
