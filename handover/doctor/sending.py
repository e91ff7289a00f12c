"""Sends a test through Jira: a restricted comment of the bot's, whose delivery is waited for. It is always deleted."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from asgiref.sync import sync_to_async

from handover.configuration import network
from handover.connections.models import Connection
from handover.doctor import refusals, standing, webhook
from handover.doctor.checks import Check, Symptom, fine, wrong
from handover.doctor.facts import Subject, subject_of
from handover.jira.client import (
    Comment,
    Issue,
    Jira,
    JiraError,
    JiraMissing,
    JiraRefused,
    JiraUnavailable,
    JiraUnreadable,
    Visibility,
)
from handover.lib import clock
from handover.triggers.arrivals import arrived_at
from handover.triggers.probes import mark

WAIT_SECONDS = 20.0
LOOK_SECONDS = 0.1
# Roles that most projects have, the smallest first; Jira takes only what the author belongs to.
ROLES = ("Administrators", "Developers")
MOST_TRIED = 8
TEXT = "Handover tests whether Jira delivers. This comment is deleted within half a minute. {mark}"
# In a Service Management project, a comment is shown to the customer where nothing else is said.
INTERNAL = {"sd.public.comment": {"internal": True}}
# After these nobody knows whether Jira has made the comment: its answer was lost, or was another's.
UNSURE = (JiraUnavailable, JiraUnreadable, asyncio.CancelledError)
PERHAPS_LEFT = (
    "The test's comment may be left on {}: look there for “Handover tests whether Jira delivers”, and delete it."
)
GENERAL = (
    "Look at the queue of webhooks in Jira, and check from Jira's machine that it reaches the public URL: "
    "name, firewall, proxy, and whether Jira's Java trusts the certificate."
)


@dataclass(frozen=True)
class Arrived:
    """It came. `seconds` is from asking Jira to comment to the delivery, by our clock."""

    issue_key: str
    seconds: float
    seen_by: str
    left: str = ""


@dataclass(frozen=True)
class Lost:
    """It did not come. `left` says what is left of the test in Jira, "" where nothing is."""

    issue_key: str
    cause: str
    next_step: str
    left: str = ""


@dataclass(frozen=True)
class _Written:
    issue: Issue
    comment: Comment
    visibility: Visibility
    asked_at: datetime


async def send(connection: Connection, issue_key: str, *, wait: float = WAIT_SECONDS) -> Arrived | Lost:
    """Comment, wait for the delivery, delete the comment."""
    token = secrets.token_hex(16)
    subject = await sync_to_async(subject_of)(connection)
    if isinstance(subject, Check):
        return Lost(issue_key, subject.cause, subject.next_step)
    async with network.client() as client:
        jira = Jira(connection.base_url, subject.token, http=client)
        try:
            written = await _written(jira, connection, issue_key, token)
        except JiraError as error:
            return _not_written(connection, issue_key, error)
        try:
            came = await _waited(connection, token, wait)
        finally:
            # Shielded, for the same reason as in _written.
            left = await asyncio.shield(_deleted(jira, written))
    if came is None:
        cause, step = await _why(subject, written.asked_at, wait)
        return Lost(written.issue.key, cause, step, left)
    seconds = max(0.0, (came - written.asked_at).total_seconds())
    return Arrived(written.issue.key, seconds, f"the {written.visibility.type} {written.visibility.value}", left)


def told(outcome: Arrived | Lost) -> Check:
    """What came of a test, as a check."""
    name = f"Test delivery: {outcome.issue_key}"
    match outcome:
        case Arrived(left="") as came:
            found = f"Jira delivered it after {came.seconds:.1f} seconds. Only {came.seen_by} saw it; it is deleted."
            return fine(Symptom.ARRIVING, name, found)
        case Arrived() as came:
            cause = f"Jira delivered it after {came.seconds:.1f} seconds, but {came.left}"
            return wrong(Symptom.ARRIVING, name, cause=cause, next_step="Delete the comment in Jira.")
        case Lost() as lost:
            return wrong(Symptom.ARRIVING, name, cause=f"{lost.cause} {lost.left}".strip(), next_step=lost.next_step)


async def _written(jira: Jira, connection: Connection, issue_key: str, token: str) -> _Written:
    """The comment, visible to the first role or group that Jira takes. Raises JiraError."""
    issue = await jira.issue(issue_key)
    text, refusal = TEXT.format(mark=mark(token)), JiraRefused("It belongs to no role and no group.", status=400)
    async for visibility in _few(jira, connection):
        asked_at = clock.now()
        try:
            comment = await jira.add_comment(issue.id, text, visible_to=visibility, properties=INTERNAL)
        except JiraMissing:
            raise
        except JiraRefused as error:
            refusal = error
        except UNSURE as error:
            # Shielded: whoever leaves the page meanwhile leaves no comment behind.
            if not await asyncio.shield(_swept(jira, issue, token)):
                raise JiraUnreadable(f"{error} {PERHAPS_LEFT.format(issue.key)}") from error
            raise
        else:
            return _Written(issue, comment, visibility, asked_at)
    raise refusal


async def _swept(jira: Jira, issue: Issue, token: str) -> bool:
    """Delete the comment that Jira may have made although its answer was lost. False where that is not sure."""
    try:
        for comment in await jira.comments(issue.id):
            if mark(token) in comment.body:
                await jira.delete_comment(issue.id, comment.id)
    except JiraError:
        return False
    return True


async def _few(jira: Jira, connection: Connection) -> AsyncIterator[Visibility]:
    """Whom the comment may be shown to, few before many."""
    for role in ROLES:
        yield Visibility("role", role)
    groups = sorted(await jira.groups_of(connection.bot_name or (await jira.myself()).name))
    # Administrators are few, and what has `users` in its name is usually everybody.
    for group in sorted(groups, key=lambda name: (not name.endswith("administrators"), "users" in name))[:MOST_TRIED]:
        yield Visibility("group", group)


def _not_written(connection: Connection, issue_key: str, error: JiraError) -> Lost:
    where = f"{connection.base_url}, issue {issue_key}"
    match error:
        case JiraMissing():
            cause = f"The service account finds no issue {issue_key}, or may not comment on it."
            step = "Check the key, and that the service account may browse the project and comment there."
        case JiraRefused():
            cause = f"Jira lets the service account write no restricted comment on {issue_key}: {error}"
            step = "Add the service account to a role of the project, such as Developers, and send the test again."
        case JiraUnavailable():
            cause, step = str(error), "See what is said under connection errors."
        case _:
            cause, step = f"{where}: {error}", "See what is said under connection errors."
    return Lost(issue_key, cause, step)


async def _waited(connection: Connection, token: str, seconds: float) -> datetime | None:
    """When the delivery came, waiting for it."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while loop.time() < until:
        if came := await sync_to_async(arrived_at)(connection.id, token):
            return came
        await asyncio.sleep(LOOK_SECONDS)
    return None


async def _deleted(jira: Jira, written: _Written) -> str:
    """Delete the comment; what is left of it, in a sentence."""
    for _ in range(3):
        try:
            await jira.delete_comment(written.issue.id, written.comment.id)
        except JiraMissing:
            return ""
        except JiraUnavailable as error:
            await asyncio.sleep(error.retry_after or 0.5)
        except JiraError:
            break
        else:
            return ""
    return (
        f"The test's comment {written.comment.id} on {written.issue.key} could not be deleted. Delete it in Jira; "
        f"only the {written.visibility.type} {written.visibility.value} sees it."
    )


async def _why(subject: Subject, asked_at: datetime, waited: float) -> tuple[str, str]:
    """Why it did not come, as far as that can be seen from here, and what to do."""
    first = f"No delivery came within {waited:.0f} seconds."
    wrong = [check for check in await _suspects(subject, asked_at) if not check.ok]
    if not wrong:
        return first, GENERAL
    return " ".join([first, *(check.cause for check in wrong)]), " ".join(check.next_step for check in wrong)


async def _suspects(subject: Subject, asked_at: datetime) -> list[Check]:
    connection, now = subject.connection, clock.now()
    if connection.webhook_state == Connection.Webhook.NONE:
        return [standing.of_connection(connection)]
    seen = (await sync_to_async(refusals.Seen.of)(connection)).only_since(asked_at)
    elsewhere = await sync_to_async(refusals.strangers)([], now=now, since=asked_at)
    checks = [*refusals.of_connection(seen, connection.base_url, now=now), elsewhere]
    async with network.client() as client:
        ours, wanted, token = subject.seen.counted, subject.wanted, subject.token
        return [*checks, *await webhook.checks_of(connection, wanted, token, ours=ours, http=client)]
