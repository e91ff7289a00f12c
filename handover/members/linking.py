"""Making, replacing and ending a Jira link. One member has one Jira user in each Jira, and no two have the same."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from handover.configuration import network
from handover.configuration.vault import vault
from handover.connections.models import Connection
from handover.jira import oauth
from handover.jira.client import JiraError, User
from handover.lib import clock
from handover.lib.oauth import Tokens
from handover.lib.secrets import SecretUnreadable
from handover.members.jira_application import application_of
from handover.members.models import JiraLink, Member


class Claimed(Exception):
    """The Jira user is another member's, or the service account's. The message is a sentence."""


@dataclass(frozen=True)
class TokenFields:
    """Tokens as a link keeps them."""

    sealed_access_token: str = ""
    sealed_refresh_token: str = ""
    access_until: datetime | None = None
    scope: str = ""

    @classmethod
    def of(cls, tokens: Tokens, *, base_url: str, refresh: str = "") -> "TokenFields":
        """Sealed for this Jira. `refresh` is the former token, for a Jira that gives no new one."""
        until = clock.now() + timedelta(seconds=tokens.lifetime) if tokens.lifetime else None
        return cls(
            vault().seal(tokens.access, address=base_url),
            vault().seal(tokens.refresh or refresh, address=base_url),
            until,
            tokens.scope,
        )


def refuse_claimed(member: Member, connection: Connection, user: User) -> None:
    """Raises Claimed where this Jira user cannot be the member's."""
    if user.key == connection.bot_key:
        raise Claimed(
            f"{user.display_name} ({user.name}) is the service account that comments for Handover: it is no member's. "
            "Sign in to Jira as yourself, and connect again."
        )
    if JiraLink.objects.filter(connection=connection, user_key=user.key).exclude(member=member).exists():
        raise _claimed(user)


def link(
    member: Member, connection: Connection, user: User, *, how: JiraLink.How, tokens: TokenFields | None = None
) -> JiraLink | None:
    """Link the member with the Jira user, in the place of a link of before, which is returned. Raises Claimed."""
    refuse_claimed(member, connection, user)
    former = JiraLink.objects.filter(member=member, connection=connection).first()
    facts = {"user_key": user.key, "user_name": user.name, "display_name": user.display_name, "how": how}
    fresh = {**facts, **vars(tokens or TokenFields()), "refresh_lease_until": None, "lost_at": None}
    try:
        with transaction.atomic():
            JiraLink.objects.update_or_create(
                member=member, connection=connection, defaults={**fresh, "created_at": clock.now()}
            )
    except IntegrityError as error:
        raise _claimed(user) from error
    return former


def link_by_word(member: Member, connection: Connection, user: User) -> list[JiraLink]:
    """Link them on an administrator's word, whoever was this Jira user until now. Returns the links that have ended.

    Raises Claimed where the Jira user can be nobody's.
    """
    others = JiraLink.objects.filter(connection=connection, user_key=user.key).exclude(member=member)
    with transaction.atomic():
        ended = list(others.select_related("member"))
        others.delete()
        former = link(member, connection, user, how=JiraLink.How.ADMINISTRATOR)
    return [*ended, former] if former else ended


def keeps(link: JiraLink, tokens: Tokens) -> bool:
    """Whether the link keeps this very pair."""
    try:
        kept = opened(link.sealed_refresh_token or link.sealed_access_token, link.connection)
    except SecretUnreadable:
        return False
    return kept == (tokens.refresh or tokens.access)


async def end_tokens(connection: Connection, link: JiraLink) -> str:
    """Revoke what Jira gave for a link that is no longer kept. Returns why that failed, or ""."""
    try:
        token = opened(link.sealed_refresh_token or link.sealed_access_token, connection)
    except SecretUnreadable as error:
        return str(error)
    return await end_token(connection, token) if token else ""


async def end_token(connection: Connection, token: str) -> str:
    """Revoke a token at Jira. Returns why that failed, or ""."""
    try:
        async with network.client() as http:
            await oauth.revoke(application_of(connection), token, http=http)
    except JiraError as error:
        return str(error)
    return ""


def opened(sealed: str, connection: Connection) -> str:
    """A token of this Jira in clear; "" where there is none. Raises SecretUnreadable."""
    return vault().open(sealed, address=connection.base_url) if sealed else ""


def _claimed(user: User) -> Claimed:
    return Claimed(
        f"{user.display_name} ({user.name}) is linked with another account of this Handover. One Jira user belongs to "
        "one member: disconnect it there, or ask an administrator, who moves it with “handover member link”."
    )
