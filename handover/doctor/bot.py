"""The service account: is its token accepted, whose is it, what may it do, and when does it end."""

import base64
import binascii
import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

import httpx

from handover.connections.models import Connection
from handover.doctor.checks import SEE_CONNECTION, Check, Symptom, fine, to_the_minute, wrong
from handover.jira.client import (
    Identity,
    Jira,
    JiraAnonymous,
    JiraError,
    JiraRefused,
    PersonalToken,
)
from handover.lib import clock

WHERE = "Console › Jira Data Center Integration"
TOKEN, ACCOUNT, ENDS, RIGHTS, INSTALLS = (
    "Service account's token",
    "Service account's address",
    "Service account's token ends",
    "Service account's rights",
    "Whose token installs the webhook",
)
SET_UP = "Settings › Integrations › Jira Data Center"
SOON = timedelta(days=14)
NEEDED = {"BROWSE_PROJECTS": "browse projects", "ADD_COMMENTS": "add comments"}
ADMINISTER = "ADMINISTER"
NEW_TOKEN = (
    f"Sign in to Jira as the service account, create a token (profile › Personal Access Tokens), and enter it: {WHERE}."
)
LOST = "It was revoked or has ended, or personal access tokens are switched off in Jira."
# A token is base64 of its id, a colon and random bytes.
RAW = re.compile(rb"([0-9]{1,19}):")


async def checks_of(connection: Connection, token: str, *, http: httpx.AsyncClient) -> list[Check]:
    """All about the service account's token; the first alone where that is not accepted."""
    jira, base_url = Jira(connection.base_url, token, http=http), connection.base_url
    if not token:
        cause = "No personal access token is stored for this address."
        return [wrong(Symptom.SETUP, f"{TOKEN}: {base_url}", cause=cause, next_step=NEW_TOKEN)]
    try:
        identity = await jira.identity()
    except JiraError as error:
        return [_refused(base_url, error)]
    found = f"{identity.user.display_name} ({identity.user.name})."
    return [
        fine(Symptom.SETUP, f"{TOKEN}: {base_url}", found),
        address(identity, base_url, wanted=connection.host.bot_email),
        await _ending(jira, token, base_url),
        *await _rights(jira, base_url),
    ]


def address(identity: Identity, base_url: str, *, wanted: str) -> Check:
    """Whether the token is the service account's, by its address."""
    name, user = f"{ACCOUNT}: {base_url}", identity.user
    if user.email is None or "@" not in user.email:
        return fine(Symptom.SETUP, name, f"Jira hides the address of {user.display_name}.")
    if user.email.casefold() == wanted.strip().casefold():
        return fine(Symptom.SETUP, name, user.email)
    whose = f"{user.display_name} ({user.name}, {user.email})"
    cause = f"The token belongs to {whose}, and the service account's address is {wanted or 'not set'}."
    step = f"Enter a token of the service account, or correct its address: {WHERE}."
    return wrong(Symptom.SETUP, name, cause=cause, next_step=step)


def ending(tokens: Sequence[PersonalToken], raw: str, base_url: str, *, now: datetime) -> Check:
    """When the token ends; of the account's first one that does, where Jira does not show which it is."""
    name = f"{ENDS}: {base_url}"
    ours = [token for token in tokens if token.id == _id_in(raw)] or tokens
    ends = min((token.expires for token in ours if token.expires is not None), default=None)
    if ends is None:
        return fine(Symptom.SETUP, name, "It does not end.")
    which = "It" if len(ours) == 1 else "A token of the service account"
    told = f"{which} ends on {to_the_minute(ends)}"
    if ends - now > SOON:
        return fine(Symptom.SETUP, name, f"{told}.")
    days = max(0, (ends - now).days)
    cause = f"{told}, in {days} {'day' if days == 1 else 'days'}. Then Handover stops working."
    return wrong(Symptom.SETUP, name, cause=cause, next_step=NEW_TOKEN)


def _refused(base_url: str, error: JiraError) -> Check:
    name = f"{TOKEN}: {base_url}"
    match error:
        case JiraAnonymous(status=401):
            cause = f"Jira refuses the token (401). {LOST}"
        case JiraAnonymous():
            cause = f"Jira answers the token anonymously, as if nobody had signed in. {LOST}"
        case _:
            return wrong(Symptom.SETUP, name, cause=str(error), next_step=SEE_CONNECTION)
    return wrong(Symptom.SETUP, name, cause=cause, next_step=NEW_TOKEN)


async def _ending(jira: Jira, raw: str, base_url: str) -> Check:
    try:
        tokens = await jira.own_tokens()
    except JiraError:
        return fine(Symptom.SETUP, f"{ENDS}: {base_url}", "Jira does not tell when the token ends.")
    return ending(tokens, raw, base_url, now=clock.now())


async def _rights(jira: Jira, base_url: str) -> list[Check]:
    name = f"{RIGHTS}: {base_url}"
    try:
        held = await jira.permissions(ADMINISTER, *NEEDED)
    except JiraRefused as error:
        return [wrong(Symptom.SETUP, name, cause=str(error), next_step="Give the service account access to Jira.")]
    except JiraError as error:
        return [fine(Symptom.SETUP, name, f"Jira does not tell: {error}")]
    return [rights(held, base_url), installs(held, base_url)]


def rights(held: AbstractSet[str], base_url: str) -> Check:
    """Whether the account may do what it is for."""
    name = f"{RIGHTS}: {base_url}"
    missing = [words for permission, words in NEEDED.items() if permission not in held]
    if not missing:
        return fine(Symptom.SETUP, name, "It may browse projects and add comments, in one project at least.")
    cause = f"The service account may not {' and not '.join(missing)} in any project."
    step = "Add the service account to the role or group that may do so, in each project that agents work for."
    return wrong(Symptom.SETUP, name, cause=cause, next_step=step)


def installs(held: AbstractSet[str], base_url: str) -> Check:
    """With whose token the webhook can be installed. The service account need not be an administrator."""
    name = f"{INSTALLS}: {base_url}"
    if ADMINISTER in held:
        found = "The service account is a Jira administrator: its own token can install the webhook, pasted at"
        return fine(Symptom.SETUP, name, f"{found} {SET_UP}. It need not be one for anything else.")
    found = (
        "The service account is no Jira administrator, and need not be one: its token cannot install the webhook. "
        f"Paste a Jira administrator's at {SET_UP}, where it is used once and not kept, or set the webhook up by hand."
    )
    return fine(Symptom.SETUP, name, found)


def _id_in(raw: str) -> str:
    try:
        found = RAW.match(base64.b64decode(raw, validate=True))
    except (binascii.Error, ValueError):
        return ""
    return str(int(found[1])) if found else ""
