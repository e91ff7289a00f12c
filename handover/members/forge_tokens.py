"""A member's credential on a forge: refreshed in time, by one process alone, and kept before it is used.

A refresh token is good for one time, and using it kills the access token beside it. So whoever refreshes holds a lease
in the row, taken by one conditional update; all others wait for what comes of it.
"""

import asyncio
import time
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from handover.configuration import network
from handover.configuration.vault import vault
from handover.forges.forge import ForgeCredential, ForgeError, ForgeMissing, ForgeUnavailable
from handover.lib import clock
from handover.lib.oauth import Tokens
from handover.lib.secrets import SecretUnreadable
from handover.members import renewals
from handover.members.forge_hosts import allowed_host, oauth_at
from handover.members.models import ForgeAccount

# A large push takes minutes, and must not lose its credential on the way.
AHEAD = timedelta(minutes=5)
# Longer than a refresh can take: whoever holds it longer has died.
LEASE = timedelta(seconds=60)
PATIENCE_SECONDS = 75.0
LOOK_EVERY_SECONDS = 0.1


async def usable_token(account: ForgeAccount) -> str:
    """The credential in clear, good for the next minutes as far as the forge has told. Raises ForgeError."""
    allowed_host(account.forge_url)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        account = await _as_stored(account)
        if not is_ending(account):
            return _opened(account.sealed_token, account.forge_url)
        if account.lost_at:
            raise _lost(account)
        lease = clock.now() + LEASE
        if await _leased(account, lease):
            await renewals.to_its_end(_refresh(account, lease))
        elif time.monotonic() > deadline:
            raise ForgeUnavailable(f"Your access to {account.forge_url} is being renewed, and that takes too long.")
        else:
            await asyncio.sleep(LOOK_EVERY_SECONDS)


def is_ending(account: ForgeAccount) -> bool:
    """Whether it can be refreshed, and it is time to."""
    return bool(account.sealed_refresh_token and account.token_until and account.token_until <= clock.now() + AHEAD)


def kept(tokens: Tokens, *, forge_url: str) -> dict[str, Any]:
    """The columns of what the forge gave."""
    ends = clock.now() + timedelta(seconds=tokens.lifetime) if tokens.lifetime else None
    return {
        "sealed_token": vault().seal(tokens.access, address=forge_url),
        "sealed_refresh_token": vault().seal(tokens.refresh, address=forge_url) if tokens.refresh else "",
        "token_until": ends,
        "last_four": tokens.access[-4:],
    }


async def note_refused(account: ForgeAccount, token: str) -> None:
    """The forge did not take this token: the account is lost, unless another process has renewed it meanwhile.

    Raises ForgeUnavailable where it has: worth another try.
    """
    account = await _as_stored(account)
    if _opened(account.sealed_token, account.forge_url) != token:
        raise ForgeUnavailable(f"Your access to {account.forge_url} was renewed meanwhile.")
    await _same(account).filter(lost_at=None).aupdate(lost_at=clock.now())


async def revoke(forge_url: str, token: str) -> str:
    """Let the forge forget a token that nobody needs. Returns what there is to say where that did not work, or ""."""
    try:
        async with network.client() as http:
            await oauth_at(allowed_host(forge_url), http=http).revoke(token)
    except ForgeMissing:
        return ""
    except ForgeError as error:
        return str(error)
    return ""


async def note_taken(account: ForgeAccount) -> None:
    """The forge took it, after all."""
    await _same(account).exclude(lost_at=None).aupdate(lost_at=None)


async def _refresh(account: ForgeAccount, lease: datetime) -> None:
    # Known by the lease: keys may be rotated meanwhile, which seals the columns anew, or the member replaces it all.
    held = ForgeAccount.objects.filter(pk=account.pk, refresh_lease_until=lease)
    try:
        tokens = await _fresh(account)
    except ForgeCredential:
        await held.aupdate(lost_at=clock.now(), refresh_lease_until=None)
        raise
    except ForgeError:
        await held.aupdate(refresh_lease_until=None)
        raise
    fresh = kept(tokens, forge_url=account.forge_url)
    if not await held.aupdate(**fresh, refresh_lease_until=None, lost_at=None, checked_at=clock.now()):
        await revoke(account.forge_url, tokens.access)


async def _fresh(account: ForgeAccount) -> Tokens:
    refresh_token = _opened(account.sealed_refresh_token, account.forge_url)
    async with network.client() as http:
        return await oauth_at(allowed_host(account.forge_url), http=http).refresh(refresh_token)


async def _leased(account: ForgeAccount, until: datetime) -> bool:
    free = Q(refresh_lease_until=None) | Q(refresh_lease_until__lt=clock.now())
    same = _same(account).filter(sealed_refresh_token=account.sealed_refresh_token)
    return bool(await same.filter(free).aupdate(refresh_lease_until=until))


def _same(account: ForgeAccount) -> QuerySet[ForgeAccount]:
    """The row, as long as it holds the same credential: the member may replace it at any time."""
    return ForgeAccount.objects.filter(pk=account.pk, sealed_token=account.sealed_token)


async def _as_stored(account: ForgeAccount) -> ForgeAccount:
    found = await ForgeAccount.objects.filter(pk=account.pk).afirst()
    if found is None:
        raise ForgeCredential(f"Your account on {account.forge_url} was removed in Handover.")
    return found


def _opened(sealed: str, forge_url: str) -> str:
    try:
        return vault().open(sealed, address=forge_url)
    except SecretUnreadable as error:
        raise ForgeCredential(
            f"The credential that is stored for {forge_url} cannot be opened any more. Connect your account again."
        ) from error


def _lost(account: ForgeAccount) -> ForgeCredential:
    return ForgeCredential(f"{account.forge_url} no longer lets us in for you. Connect your account again.")
