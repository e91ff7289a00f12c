"""Installs the webhook in Jira, with an administrator's token that this call alone holds."""

import asyncio
import re
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from handover.configuration import network
from handover.configuration.secret import Secret
from handover.jira.client import Jira, JiraAnonymous, JiraError, JiraRefused, JiraUnavailable
from handover.jira.webhook_check import WHERE, doubles, ours, secret_is_proven, wrong
from handover.jira.webhooks import NoSuchApi, Wanted, Webhooks

# What a token may look like; what is none is not sent anywhere. Jira's are 44 characters of base64.
TOKEN = re.compile(r"[!-~]{1,500}", re.ASCII)
NO_TOKEN = "Paste a personal access token: one line of letters, digits and signs, without spaces."  # noqa: S105
FRESH = "Create a new one in Jira, in your profile › Personal Access Tokens, and paste all of it."
BY_HAND = "Set it up in Jira yourself instead."
# Jira 10 is the first that signs what it delivers.
FIRST_THAT_SIGNS = 10
UNPROVEN = "Jira does not show whether it kept the secret: the first delivery proves it. The doctor can send a test."


@dataclass(frozen=True)
class Installed:
    """Jira has the webhook. `problems` is what is wrong with it, `notes` what else there is to know; sentences."""

    hook_id: str
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotInstalled:
    """It could not be installed. `sentence` says why, and what to do."""

    sentence: str


class InstallFailed(Exception):
    """A fault of ours. It says where, and carries no frame of what failed: that would hold the token."""


@dataclass(frozen=True)
class _Fault:
    where: str


T = TypeVar("T")
Use = Callable[[Jira, Webhooks], Coroutine[object, object, T]]


async def check(token: Secret) -> NotInstalled | None:
    """What is against installing with this token; None where nothing is. Changes nothing in Jira."""
    outcome = await _asked(token, _refusal)
    if isinstance(outcome, _Fault):
        raise InstallFailed(outcome.where)
    return outcome


async def install(token: Secret, wanted: Wanted) -> Installed | NotInstalled:
    """Create the webhook, or put the one that is there right, and read it back. The token's address is Jira's base URL.

    Trying again is safe: what a lost answer has left in Jira is found by its URL. Raises InstallFailed.
    """

    async def installing(jira: Jira, webhooks: Webhooks) -> Installed | NotInstalled:
        return await _refusal(jira, webhooks) or await _installed(webhooks, wanted)

    outcome = await _asked(token, installing)
    if isinstance(outcome, _Fault):
        raise InstallFailed(outcome.where)
    return outcome


async def _asked(token: Secret, use: Use[T]) -> T | NotInstalled | _Fault:
    """What `use` gives. Errors come as values, for their frames hold the token."""
    [outcome] = await asyncio.gather(_used(token, use), return_exceptions=True)
    match outcome:
        case JiraError():
            # Jira, or a proxy before it, may repeat in its answer what it was sent.
            return NotInstalled(_sentence(outcome).replace(token.clear(), "…"))
        case BaseException():
            return _Fault(_place(outcome))
    return outcome


async def _used(token: Secret, use: Use[T]) -> T | NotInstalled:
    """The one call that has the token in clear."""
    clear = token.clear()
    if not TOKEN.fullmatch(clear):
        return NotInstalled(NO_TOKEN)
    async with network.client() as client:
        return await use(Jira(token.address, clear, http=client), Webhooks(token.address, clear, http=client))


async def _refusal(jira: Jira, webhooks: Webhooks) -> NotInstalled | None:
    who = (await jira.identity()).user
    if not await jira.permissions("ADMINISTER"):
        return NotInstalled(
            f"The token is {who.display_name}'s ({who.name}), who is no Jira administrator. It takes the global "
            f"permission Jira Administrators to install a webhook. Use such an account's token. {BY_HAND}"
        )
    try:
        await webhooks.listed()
    except NoSuchApi:
        version = (await jira.server_info()).version
        return NotInstalled(_no_api(".".join(map(str, version)), major=version[0]))
    return None


async def _installed(webhooks: Webhooks, wanted: Wanted) -> Installed | NotInstalled:
    found = ours(await webhooks.listed(), wanted)
    if found:
        await webhooks.update(found[0].id, wanted)
    else:
        # What the answer says of it is not relied on: the list tells, of doubles as well.
        await webhooks.create(wanted)
        found = ours(await webhooks.listed(), wanted)
    if not found:
        return NotInstalled(f"Jira took the webhook and does not list it. Look for it there: {WHERE}. {BY_HAND}")
    hook = await webhooks.read(found[0].id)
    unproven = "" if secret_is_proven(hook, wanted) else UNPROVEN
    notes = [note for note in (doubles(found[1:]), unproven) if note]
    return Installed(hook.id, problems=tuple(wrong(hook, wanted)), notes=tuple(notes))


def _no_api(version: str, *, major: int) -> str:
    if major < FIRST_THAT_SIGNS:
        return (
            f"This is Jira {version}. It has another API for webhooks and signs none of what it delivers, and Handover "
            "takes only what is signed: it needs Jira 10 or later."
        )
    return (
        f"This is Jira {version}, but its API for webhooks is not there: it answers 404. Something before Jira may "
        f"hold /rest/jira-webhook/ back. {BY_HAND}"
    )


def _sentence(error: JiraError) -> str:
    match error:
        case JiraAnonymous():
            return f"Jira does not accept the token: it has ended, or not all of it was copied. {FRESH}"
        case JiraRefused():
            return f"Jira refused: {error} {BY_HAND}"
        case JiraUnavailable():
            return f"{error} Try again in a while: nothing is created twice."
    return str(error)


def _place(error: BaseException) -> str:
    """Which error and where, without anything that stood in its frames."""
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join(
        [type(error).__name__, *(f"{Path(at.filename).name}:{at.lineno}" for at in reversed(frames[-5:]))]
    )
