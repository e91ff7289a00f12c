"""Why nothing starts: one delivery, or one issue, step by step."""

from asgiref.sync import sync_to_async

from handover.configuration.store import current
from handover.connections.models import Connection
from handover.connections.reach import as_bot
from handover.doctor import asked, card, standing, starting, stored
from handover.doctor.asked import Request
from handover.doctor.checks import SEE_CONNECTION, Check, Symptom, to_the_minute
from handover.doctor.steps import EndsHere, Steps
from handover.forges.forge import ForgeError, ForgeMissing
from handover.jira.client import Jira, JiraError
from handover.lib.environment import BadSetting
from handover.lib.secrets import SecretUnreadable
from handover.members.models import ForgeAccount, JiraLink
from handover.members.reach import as_member
from handover.repositories.references import Missing, Reference, Several, find
from handover.runs.admission import allowed
from handover.runs.models import Cause, Run, State
from handover.triggers.models import Delivery

LINK, START, FORGE, NAMED, PUSH, RUN = (
    "Jira link",
    "May start here",
    "Forge account",
    "Repository named",
    "Push access",
    "Run",
)
JIRA_PAGE, ACCOUNTS_PAGE = "Settings › Integrations › Jira Data Center", "Settings › Integrations"
AGAIN = "Mend what is wrong above, and ask once more with a new comment."
WELL = (Cause.PULL_REQUEST, Cause.NOTHING_TO_CHANGE, Cause.ASKS)


async def explain(
    connection: Connection | None, *, delivery_id: int | None = None, issue_key: str | None = None
) -> list[Check]:
    """Each step on the way of a request to its run. Give a delivery, or a connection and an issue's key or id."""
    steps = Steps()
    try:
        if delivery_id is not None:
            await _delivery(steps, delivery_id)
        elif connection is not None and issue_key:
            await _issue(steps, connection, issue_key)
    except EndsHere:
        pass
    except SecretUnreadable as error:
        steps.bad(
            stored.SECRETS, str(error), f"{stored.BRING_BACK} Look at everything to see whose it is else to mend."
        )
    except BadSetting as error:
        steps.done.append(starting.failed(error))
    return steps.done


async def _delivery(steps: Steps, delivery_id: int) -> None:
    delivery = await Delivery.objects.select_related("connection").filter(id=delivery_id).afirst()
    if delivery is None:
        cause = f"There is no delivery {delivery_id}."
        raise steps.bad(f"{asked.DELIVERY} {delivery_id}", cause, "See the list: handover deliveries list.")
    trigger = await sync_to_async(asked.delivered)(steps, delivery)
    connection = delivery.connection
    _connection(steps, connection)
    async with as_bot(connection) as jira:
        request = await asked.of_trigger(steps, connection, trigger, jira)
        await _asker(steps, connection, request, jira)


async def _issue(steps: Steps, connection: Connection, issue_key: str) -> None:
    _connection(steps, connection)
    async with as_bot(connection) as jira:
        request = await asked.on_issue(steps, connection, issue_key, jira)
        await _asker(steps, connection, request, jira)


def _connection(steps: Steps, connection: Connection) -> None:
    checks = [*card.of_hosts([connection.host]), standing.of_connection(connection)]
    steps.done += [Check(one.name, Symptom.NOTHING, one.ok, one.cause, one.next_step, one.found) for one in checks]


async def _asker(steps: Steps, connection: Connection, request: Request, jira: Jira) -> None:
    """Who asks, and for which repository; then what became of it."""
    try:
        link = await _link(steps, connection, request)
        await _start(steps, request, jira)
        account = await _account(steps, link)
        await _push(steps, account, _named(steps, connection, request))
    finally:
        await _run(steps, connection, request)


async def _link(steps: Steps, connection: Connection, request: Request) -> JiraLink:
    who, found = request.asker.display_name, JiraLink.objects.select_related("member")
    link = await found.filter(connection=connection, user_key=request.asker.key).afirst()
    if link is None:
        step = f"{who} signs in here and links the Jira user: {JIRA_PAGE}."
        raise steps.bad(LINK, f"No member here is known to be {who} ({request.asker.name}) in Jira.", step)
    if not link.member.is_active:
        raise steps.bad(LINK, f"The account of {link.member} here is closed.", "Reopen it: Console › People.")
    if link.lost_at:
        cause = f"Since {to_the_minute(link.lost_at)} Jira no longer takes the token of {link.member}'s link."
        raise steps.bad(LINK, cause, f"{link.member} connects Jira again: {JIRA_PAGE}.")
    steps.well(LINK, f"{who} is {link.member} here.")
    return link


async def _start(steps: Steps, request: Request, jira: Jira) -> None:
    start, groups = (await sync_to_async(current)()).start, frozenset[str]()
    if start.allowed_groups or start.denied_groups:
        try:
            groups = await jira.groups_of(request.asker.name)
        except JiraError as error:
            cause = f"Jira does not tell the groups of {request.asker.name}: {error}"
            raise steps.bad(START, cause, SEE_CONNECTION) from error
    if not allowed(start, project=request.issue.project_key, groups=groups):
        cause = f"{request.asker.display_name} may not start an agent in {request.issue.project_key}."
        raise steps.bad(START, cause, "Change the lists of projects and groups: Console › Who may start.")
    steps.well(START, f"{request.asker.display_name} may, in {request.issue.project_key}.")


async def _account(steps: Steps, link: JiraLink) -> ForgeAccount:
    hosts = [forge.base_url for forge in (await sync_to_async(current)()).forges]
    if not hosts:
        raise steps.bad(FORGE, "No forge is set up.", "Add one: Console › Forges.")
    account = await ForgeAccount.objects.filter(member=link.member_id, forge_url__in=hosts).afirst()
    if account is None:
        step = f"{link.member} adds an account: {ACCOUNTS_PAGE}."
        raise steps.bad(FORGE, f"{link.member} has no account on {', '.join(hosts)}.", step)
    if account.lost_at:
        cause = (
            f"Since {to_the_minute(account.lost_at)} {account.forge_url} no longer takes {link.member}'s credential."
        )
        raise steps.bad(FORGE, cause, f"{link.member} connects it again: {ACCOUNTS_PAGE}.")
    steps.well(FORGE, f"{account.login} on {account.forge_url}.")
    return account


def _named(steps: Steps, connection: Connection, request: Request) -> str:
    for text in (request.instruction, request.issue.description):
        match find(text):
            case Reference(path=path):
                steps.well(NAMED, path)
                return path
            case Several(references=references):
                names = ", ".join(reference.path for reference in references)
                step = f"Name one in a new comment with {connection.host.mention}: Repository: Owner/name."
                raise steps.bad(NAMED, f"Several repositories are named: {names}.", step)
            case Missing():
                continue
    step = "Add a line of its own to the description, or to a new comment: Repository: Owner/name."
    raise steps.bad(NAMED, "Neither the comment nor the description names a repository.", step)


async def _push(steps: Steps, account: ForgeAccount, path: str) -> None:
    closed = f"{path} does not exist on {account.forge_url}, or {account.login} may not push to it."
    step = "Check the name, or ask its owner for write access."
    try:
        async with as_member(account) as forge:
            repository = await forge.repository(path)
    except ForgeMissing as error:
        raise steps.bad(PUSH, closed, step) from error
    except ForgeError as error:
        raise steps.bad(PUSH, str(error), f"Test the account again: {ACCOUNTS_PAGE}.") from error
    if not repository.can_push:
        raise steps.bad(PUSH, closed, step)
    steps.well(PUSH, f"{account.login} may push to {repository.path}.")


async def _run(steps: Steps, connection: Connection, request: Request) -> None:
    run = await Run.objects.filter(connection=connection, dedupe_key=request.dedupe_key).afirst()
    if run is None:
        steps.bad(RUN, "No run began for this request.", AGAIN)
    elif run.state != State.ENDED or run.cause in WELL:
        steps.well(RUN, f"{run.get_cause_display() or run.get_state_display()}: run {run.id}.")
    else:
        cause = f"Run {run.id} ended: {run.get_cause_display()}. {run.told[:500]}".strip()
        steps.bad(RUN, cause, AGAIN)
