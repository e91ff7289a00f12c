"""A member's own token of a Jira: renewed by one process at a time, and kept before it is used."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from django.db.models import Q

from handover.configuration import network
from handover.jira import oauth
from handover.jira.client import Jira, JiraAnonymous, JiraError, JiraUnavailable
from handover.jira.oauth import JiraLinkLost
from handover.lib import clock
from handover.lib.oauth import MOST_SECONDS, Tokens
from handover.lib.secrets import SecretUnreadable
from handover.members import renewals
from handover.members.jira_application import application_of
from handover.members.linking import TokenFields, end_token, opened
from handover.members.models import JiraLink

T = TypeVar("T")
# Who holds the lease has ended by then, one way or the other, or has fallen.
LEASE = timedelta(seconds=MOST_SECONDS + 15)
LOOK_SECONDS = 0.1
# A token that ends so soon is renewed first: the reading that follows takes its time.
EARLY = timedelta(seconds=60)
# A rotation of keys ends within the first.
MOST_READINGS = 3
LOST = "Your link with Jira no longer works: Jira takes its token no more. Link again."


def reads_as_the_member(link: JiraLink) -> bool:
    """Whether there is a token of the member's own. Links by e-mail or by an administrator's word have none."""
    return link.how == JiraLink.How.OAUTH


async def as_member_in_jira(link: JiraLink, read: Callable[[Jira], Awaitable[T]]) -> T:
    """What `read` finds with the member's own token, which is renewed where need be. The link's connection is loaded.

    Raises JiraLinkLost where the member has to link again, and JiraError.
    """
    token = await access_token(link)
    try:
        return await _read(link, token, read)
    except JiraAnonymous:
        return await _read(link, await access_token(link, refused=token), read)


async def access_token(link: JiraLink, *, refused: str = "") -> str:
    """A token that holds for a while, and is not the one that was refused. Raises JiraLinkLost, JiraError.

    A link that has been replaced by one without a token raises JiraUnavailable: whoever asks again reads otherwise.
    """
    patience = time.monotonic() + 1.2 * LEASE.total_seconds()
    while time.monotonic() < patience:
        pair = await _as_it_is(link)
        if pair.access not in ("", refused) and pair.lasts:
            return pair.access
        if await _leased(pair.link):
            return await renewals.to_its_end(_renewed(pair))
        await asyncio.sleep(LOOK_SECONDS)
    raise JiraUnavailable(f"{link.connection} has not renewed the token in time.")


@dataclass(frozen=True)
class _Pair:
    """The link as it was read, with its tokens in clear."""

    link: JiraLink
    access: str
    refresh: str

    @property
    def lasts(self) -> bool:
        return self.link.access_until is None or self.link.access_until > clock.now() + EARLY


async def _read(link: JiraLink, token: str, read: Callable[[Jira], Awaitable[T]]) -> T:
    async with network.client() as http:
        return await read(Jira(link.connection.base_url, token, http=http))


async def _as_it_is(link: JiraLink) -> _Pair:
    for _ in range(MOST_READINGS):
        kept = await JiraLink.objects.select_related("connection").filter(pk=link.pk).afirst()
        if kept is None or kept.lost_at is not None:
            raise JiraLinkLost(LOST)
        if not reads_as_the_member(kept):
            raise JiraUnavailable(f"The link with {kept.connection} was changed while the issue was read.")
        # Keys may be rotated between reading and opening.
        with suppress(SecretUnreadable):
            tokens = (kept.sealed_access_token, kept.sealed_refresh_token)
            return _Pair(kept, *(opened(sealed, kept.connection) for sealed in tokens))
    raise JiraLinkLost(LOST)


async def _leased(link: JiraLink) -> bool:
    """Take the lease on the link as it was read, unless somebody holds it or has renewed it since."""
    now = clock.now()
    lease = now + LEASE
    free = Q(refresh_lease_until=None) | Q(refresh_lease_until__lt=now)
    as_read = JiraLink.objects.filter(free, pk=link.pk, sealed_refresh_token=link.sealed_refresh_token, lost_at=None)
    link.refresh_lease_until = lease
    return bool(await as_read.aupdate(refresh_lease_until=lease))


async def _renewed(pair: _Pair) -> str:
    link = pair.link
    try:
        tokens = await _asked(pair)
    except JiraLinkLost:
        await _keep(link, lost_at=clock.now(), sealed_access_token="", sealed_refresh_token="")
        raise
    except JiraError:
        await _keep(link)
        raise
    if await _keep(link, **vars(TokenFields.of(tokens, base_url=link.connection.base_url, refresh=pair.refresh))):
        return tokens.access
    await end_token(link.connection, tokens.access)
    raise JiraUnavailable(f"The link with {link.connection} was changed while its token was renewed.")


async def _asked(pair: _Pair) -> Tokens:
    if not pair.refresh:
        raise JiraLinkLost(LOST)
    async with network.client() as http:
        return await oauth.renewed(application_of(pair.link.connection), pair.refresh, http=http)


async def _keep(link: JiraLink, **fields: object) -> bool:
    """Give the lease back and keep what came of it. False where the link is another by now."""
    # By the lease, which is ours alone: a sealed token is written anew whenever keys are rotated.
    ours = JiraLink.objects.filter(pk=link.pk, refresh_lease_until=link.refresh_lease_until, how=JiraLink.How.OAUTH)
    return bool(await ours.aupdate(**{"refresh_lease_until": None, **fields}))
