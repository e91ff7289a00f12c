"""The request that an issue or a delivery holds: what Jira says of it now."""

from dataclasses import dataclass

from asgiref.sync import sync_to_async

from handover.connections.models import Connection
from handover.connections.reasons import DISABLED, NOT_ACTIVE
from handover.doctor.checks import SEE_CONNECTION, to_the_second
from handover.doctor.steps import Steps
from handover.jira.client import Comment, Issue, Jira, JiraAnonymous, JiraError, JiraMissing, LabelAdded, User
from handover.triggers.models import Delivery
from handover.triggers.reading import NotJson, Trigger, mentions, read
from handover.triggers.watching import watch_of

DELIVERY, ISSUE, REQUEST, ARRIVED = "Delivery", "Issue", "Request", "Arrived"
SET_UP = "Settings › Integrations › Jira Data Center"
NEXT_BY_REASON = {
    DISABLED: "Switch the integration on (Console › Jira Data Center Integration), and ask once more on the issue.",
    NOT_ACTIVE: f"Activate the connection ({SET_UP}), and ask once more on the issue.",
}


@dataclass(frozen=True)
class Request:
    """A request for work, as Jira tells of it now."""

    issue: Issue
    asker: User
    instruction: str
    dedupe_key: str


def delivered(steps: Steps, delivery: Delivery) -> Trigger:
    """What the delivery asked for. Raises EndsHere where that is nothing."""
    name = f"{DELIVERY} {delivery.id}"
    about = f"{delivery.event}, on {to_the_second(delivery.received_at)}"
    if delivery.state in (Delivery.State.IGNORED, Delivery.State.FAILED):
        step = NEXT_BY_REASON.get(delivery.reason, _how_to_ask(delivery.connection))
        raise steps.bad(name, f"It was taken ({about}) and started nothing: {delivery.reason}", step)
    try:
        outcome = read(bytes(delivery.body), watch_of(delivery.connection))
    except NotJson as error:
        step = "Look at what stands between Jira and here."
        raise steps.bad(name, f"Its body cannot be read: {error}", step) from error
    if not isinstance(outcome, Trigger):
        reason = getattr(outcome, "reason", "")
        raise steps.bad(name, f"It asks for no work ({about}): {reason}", _how_to_ask(delivery.connection))
    waits = "It waits to be acted on." if delivery.state == Delivery.State.RECEIVED else f"{delivery.reason}."
    steps.well(name, f"{about}. {waits}")
    return outcome


async def of_trigger(steps: Steps, connection: Connection, trigger: Trigger, jira: Jira) -> Request:
    """The request that was delivered. Raises EndsHere where Jira no longer has it."""
    issue = await visible(steps, connection, trigger.issue_id, jira)
    if trigger.comment_id is None:
        return await _by_label(steps, connection, issue, jira)
    try:
        comment = await jira.comment(issue.id, trigger.comment_id)
    except JiraMissing as error:
        cause = "The comment is gone, or the service account may not read it."
        raise steps.bad(REQUEST, cause, "Comment once more, for a role that the service account has.") from error
    except JiraError as error:
        raise steps.bad(REQUEST, str(error), SEE_CONNECTION) from error
    return _by_comment(steps, connection, issue, comment)


async def on_issue(steps: Steps, connection: Connection, issue_key: str, jira: Jira) -> Request:
    """The newest request on the issue, and whether it came. Raises EndsHere where there is none."""
    issue = await visible(steps, connection, issue_key, jira)
    watch = watch_of(connection)
    try:
        comments = await jira.comments(issue.id)
    except JiraError as error:
        raise steps.bad(REQUEST, str(error), SEE_CONNECTION) from error
    theirs = [one for one in comments if one.author.key != connection.bot_key]
    newest = next((one for one in theirs if mentions(one.body, watch) is not None), None)
    if newest is None and watch.label.casefold() not in {label.casefold() for label in issue.labels}:
        cause = f"No comment mentions {watch.mention}, and the issue does not have the label {watch.label}."
        raise steps.bad(REQUEST, cause, _how_to_ask(connection))
    request = (
        await _by_label(steps, connection, issue, jira)
        if newest is None
        else _by_comment(steps, connection, issue, newest)
    )
    await _arrived(steps, connection, request)
    return request


async def visible(steps: Steps, connection: Connection, id_or_key: str, jira: Jira) -> Issue:
    """The issue as the service account sees it. Raises EndsHere where it does not."""
    try:
        issue = await jira.issue(id_or_key)
    except JiraMissing as error:
        cause = f"The service account finds no issue {id_or_key} in {connection.base_url}, or may not see it."
        step = "Check the key, and let the service account browse the project and every issue in it."
        raise steps.bad(ISSUE, cause, step) from error
    except JiraAnonymous as error:
        raise steps.bad(ISSUE, str(error), "See what is said of the service account's token.") from error
    except JiraError as error:
        raise steps.bad(ISSUE, str(error), SEE_CONNECTION) from error
    steps.well(ISSUE, f"{issue.key}: {issue.summary[:100]}")
    return issue


def _by_comment(steps: Steps, connection: Connection, issue: Issue, comment: Comment) -> Request:
    instruction = mentions(comment.body, watch_of(connection))
    if instruction is None:
        raise steps.bad(REQUEST, f"Comment {comment.id} no longer mentions the agent.", _how_to_ask(connection))
    if comment.edited_by.key != comment.author.key:
        cause = f"{comment.edited_by.display_name} has edited the comment of {comment.author.display_name}."
        raise steps.bad(REQUEST, cause, "Let whoever asks write a new comment.")
    steps.well(REQUEST, f"{comment.author.display_name} asks in comment {comment.id}.")
    return Request(issue, comment.author, instruction, f"comment:{issue.id}:{comment.id}")


async def _by_label(steps: Steps, connection: Connection, issue: Issue, jira: Jira) -> Request:
    label = connection.host.label
    try:
        added = await jira.label_added(issue.id, label)
    except JiraError as error:
        raise steps.bad(REQUEST, str(error), SEE_CONNECTION) from error
    match added:
        case LabelAdded(author=author, id=change) if author.key != connection.bot_key:
            steps.well(REQUEST, f"{author.display_name} added the label {label}.")
            return Request(issue, author, "", f"label:{issue.id}:{change}")
    raise steps.bad(REQUEST, f"The label {label} is not on the issue any more.", _how_to_ask(connection))


async def _arrived(steps: Steps, connection: Connection, request: Request) -> None:
    def find() -> Delivery | None:
        found = Delivery.objects.filter(connection=connection, dedupe_key=request.dedupe_key).defer("body")
        return found.order_by("id").first()

    delivery = await sync_to_async(find)()
    if delivery is None:
        cause = "The request stands in Jira, but no delivery told of it."
        steps.bad(ARRIVED, cause, "See what is said where deliveries do not arrive, and send a test.")
    elif delivery.state == Delivery.State.IGNORED:
        step = NEXT_BY_REASON.get(delivery.reason, _how_to_ask(connection))
        steps.bad(ARRIVED, f"Delivery {delivery.id} told of it and started nothing: {delivery.reason}", step)
    else:
        steps.well(ARRIVED, f"Delivery {delivery.id}, on {to_the_second(delivery.received_at)}.")


def _how_to_ask(connection: Connection) -> str:
    host = connection.host
    return f"Write a new comment with {host.mention} as a word of its own, or add the label {host.label}."
