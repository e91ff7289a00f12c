"""Connecting a member with Jira by OAuth: sent there, come back, and confirmed here.

What is on its way is kept in the browser's session alone: no other browser can end what this one began.
"""

import json
import secrets
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase

from handover.configuration import network
from handover.configuration.vault import vault
from handover.connections.models import Connection
from handover.jira import oauth
from handover.jira.client import Jira, JiraError, User
from handover.lib import clock
from handover.lib.oauth import Tokens, authorization_url, new_verifier
from handover.lib.secrets import SecretUnreadable
from handover.members.jira_application import application_of
from handover.members.linking import end_token
from handover.members.under_way import MOST_SECONDS, UnderWay

STATES = "jira_connect_states"
PROPOSAL = "jira_connect_proposal"
LONGEST_CODE = 4096
CALLBACK_ERRORS = {
    "access_denied": "In Jira it was not allowed, so nothing was linked. Connect again when you want to.",
    "invalid_scope": (
        "Jira does not let Handover's client ask for the scope {scope}. An administrator allows it in Jira's "
        "application link, or sets another scope in the Admin Console."
    ),
}
NOT_BEGUN_HERE = (
    "This way back from Jira was not begun in this browser, or was used before, or took longer than ten minutes. "
    "Nothing was linked. Connect again."
)


class NotConnected(Exception):
    """Nothing was linked. The message is a sentence for the member."""


@dataclass(frozen=True)
class Begun:
    """A way that was begun in this browser."""

    connection_id: UUID
    verifier: str


@dataclass(frozen=True)
class Proposal:
    """A Jira user who has allowed it, waiting for the member's word here."""

    id: str
    connection_id: UUID
    user: User
    tokens: Tokens


def begin(session: SessionBase, connection: Connection) -> str:
    """Where the browser goes now. Raises JiraOAuthRefused."""
    client, verifier = application_of(connection), new_verifier()
    state = UnderWay(session, STATES).begin(connection=str(connection.id), verifier=verifier)
    return authorization_url(client, state=state, verifier=verifier)


def taken(session: SessionBase, state: str) -> Begun:
    """What was begun with this state, which holds once. Raises NotConnected."""
    match UnderWay(session, STATES).taken(state):
        case {"connection": connection_id, "verifier": verifier}:
            return Begun(UUID(connection_id), verifier)
    raise NotConnected(NOT_BEGUN_HERE)


def code_of(query: dict[str, str], connection: Connection) -> str:
    """The code that Jira sends back. Raises NotConnected where it sends an error."""
    error, code = query.get("error", ""), query.get("code", "")
    if sentence := CALLBACK_ERRORS.get(error):
        raise NotConnected(sentence.format(scope=connection.host.scope))
    if error or not code or len(code) > LONGEST_CODE:
        # The words that come along are anybody's: they are not shown.
        raise NotConnected(
            "Jira sent you back without its permission. Connect again; where that stays so, an administrator looks at "
            "the application link in Jira."
        )
    return code


async def proposed(connection: Connection, begun: Begun, code: str) -> Proposal:
    """Who has allowed it, with the tokens. Raises NotConnected."""
    try:
        client = application_of(connection)
        async with network.client() as http:
            tokens = await oauth.exchange(client, code, verifier=begun.verifier, http=http)
            user = await _whose(connection, tokens, Jira(connection.base_url, tokens.access, http=http))
    except JiraError as error:
        raise NotConnected(f"Nothing was linked. {error}") from error
    return Proposal(secrets.token_urlsafe(16), connection.id, user, tokens)


async def _whose(connection: Connection, tokens: Tokens, jira: Jira) -> User:
    try:
        return await jira.myself()
    except JiraError:
        await end_token(connection, tokens.refresh or tokens.access)
        raise


def keep(session: SessionBase, connection: Connection, proposal: Proposal) -> None:
    """Keep the proposal until the member decides; the tokens in it are sealed."""
    text = json.dumps({"id": proposal.id, "user": asdict(proposal.user), "tokens": vars_of(proposal.tokens)})
    session[PROPOSAL] = {
        "connection": str(connection.id),
        "until": _now() + MOST_SECONDS,
        "sealed": vault().seal(text, address=connection.base_url),
    }


def kept(session: SessionBase, connections: list[Connection]) -> tuple[Connection, Proposal] | None:
    """The proposal that waits, and its Jira."""
    waiting: dict[str, Any] | None = session.get(PROPOSAL)
    by_id = {str(connection.id): connection for connection in connections}
    if waiting is None or waiting["until"] <= _now() or waiting["connection"] not in by_id:
        return None
    connection = by_id[waiting["connection"]]
    try:
        read = json.loads(vault().open(waiting["sealed"], address=connection.base_url))
    except SecretUnreadable:
        return None
    return connection, Proposal(read["id"], connection.id, User(**read["user"]), Tokens(**read["tokens"]))


def forget(session: SessionBase) -> None:
    """No proposal waits any longer."""
    session.pop(PROPOSAL, None)


def vars_of(tokens: Tokens) -> dict[str, object]:
    """The tokens' fields."""
    return {name: getattr(tokens, name) for name in Tokens.__slots__}


def _now() -> float:
    return clock.now().timestamp()
