"""A credential that a member brings: tested with the forge first, and kept, or held until the member has confirmed."""

import secrets
import time
from datetime import datetime, timedelta

import msgspec
from django.contrib.sessions.backends.base import SessionBase

from handover.configuration import network
from handover.configuration.declared import ForgeHost
from handover.configuration.vault import vault
from handover.forges.forge import Absent, Account, ForgeRefused, Identity, Rights
from handover.forges.github import GitHub
from handover.lib import clock
from handover.lib.oauth import Tokens
from handover.lib.secrets import SecretUnreadable
from handover.members.models import ForgeAccount, Member
from handover.members.under_way import MOST_SECONDS

HELD = "forge_offered"


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """A credential and what the forge told of it. `refresh` is empty and `until` null where there is none."""

    # What the member has seen is what the member confirms.
    id: str = msgspec.field(default_factory=lambda: secrets.token_urlsafe(16))
    forge_url: str
    how: ForgeAccount.How
    access: str
    refresh: str
    until: datetime | None
    scopes: str
    user_id: str
    login: str
    name: str
    email: str

    def __repr__(self) -> str:
        """Without the credential."""
        return f"Offered({self.login} on {self.forge_url})"


async def tested(host: ForgeHost, tokens: Tokens, *, how: ForgeAccount.How) -> Offered:
    """Ask the forge whose it is and what it may do. Raises ForgeError, also for one that can never push."""
    async with network.client() as client:
        identity = await GitHub(host.base_url, tokens.access, http=client).identity()
    if identity.rights == Rights.NONE:
        raise ForgeRefused(_cannot_push(identity, how))
    account: Account = identity.account
    return Offered(
        forge_url=host.base_url,
        how=how,
        access=tokens.access,
        refresh=tokens.refresh,
        until=_end(tokens, identity),
        scopes=_words(identity),
        user_id=account.id,
        login=account.login[:255],
        name=account.name[:255],
        email=account.email[:255],
    )


def is_another_person(earlier: ForgeAccount, offered: Offered) -> bool:
    """Whether the credential is of another user of the forge. Logins change, ids do not; old accounts have none."""
    if earlier.user_id:
        return earlier.user_id != offered.user_id
    return earlier.login.casefold() != offered.login.casefold()


def is_the_same(earlier: ForgeAccount, offered: Offered) -> bool:
    """Whether it is the very credential that is kept already."""
    try:
        return earlier.token == offered.access
    except SecretUnreadable:
        return False


def keep(member: Member, offered: Offered) -> ForgeAccount:
    """Make it the member's account on that forge, in the place of an earlier one."""
    account, _ = ForgeAccount.objects.update_or_create(
        member=member,
        forge_url=offered.forge_url,
        defaults={
            "user_id": offered.user_id,
            "login": offered.login,
            "name": offered.name,
            "email": offered.email,
            "how": offered.how,
            "sealed_token": vault().seal(offered.access, address=offered.forge_url),
            "sealed_refresh_token": vault().seal(offered.refresh, address=offered.forge_url) if offered.refresh else "",
            "token_until": offered.until,
            "scopes": offered.scopes,
            "last_four": offered.access[-4:],
            "refresh_lease_until": None,
            "lost_at": None,
            "checked_at": clock.now(),
        },
    )
    return account


def hold(session: SessionBase, offered: Offered) -> None:
    """Hold it, sealed, until the member has confirmed: ten minutes at most."""
    sealed = vault().seal(msgspec.json.encode(offered).decode(), address=offered.forge_url)
    session[HELD] = {"forge_url": offered.forge_url, "until": time.time() + MOST_SECONDS, "sealed": sealed}


def held(session: SessionBase, host: ForgeHost) -> Offered | Absent:
    """What this browser holds for the forge."""
    kept = session.get(HELD)
    if not kept or kept["forge_url"] != host.base_url or kept["until"] <= time.time():
        return Absent()
    try:
        return msgspec.json.decode(vault().open(kept["sealed"], address=host.base_url), type=Offered)
    except SecretUnreadable:
        return Absent()


def drop(session: SessionBase) -> None:
    """Hold nothing any more."""
    session.pop(HELD, None)


def _end(tokens: Tokens, identity: Identity) -> datetime | None:
    if tokens.lifetime:
        return clock.now() + timedelta(seconds=tokens.lifetime)
    return None if isinstance(identity.ends, Absent) else identity.ends


def _words(identity: Identity) -> str:
    return "" if isinstance(identity.scopes, Absent) else ", ".join(identity.scopes)


def _cannot_push(identity: Identity, how: ForgeAccount.How) -> str:
    has = f"only the scopes {words}" if (words := _words(identity)) else "no scopes"
    again = "Begin again and allow it" if how == ForgeAccount.How.OAUTH else "Make a token with it"
    whose = f"This is {identity.account.login}'s, but it has {has}"
    return f"{whose}, and without the scope repo nothing can be pushed. {again}."
