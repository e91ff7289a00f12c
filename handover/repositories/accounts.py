"""A member's accounts on forges, added, tested again and removed."""

from django.db.models import QuerySet

from handover.configuration.declared import ForgeHost
from handover.forges.forge import Absent, ForgeCredential, ForgeError, Identity
from handover.lib import clock
from handover.lib.oauth import Tokens
from handover.members.forge_hosts import host_at
from handover.members.forge_tokens import revoke, usable_token
from handover.members.models import ForgeAccount, Member
from handover.members.reach import as_member
from handover.repositories.offered import Offered, is_the_same, tested
from handover.repositories.standing import site_of


def account_on(host: ForgeHost, member: Member) -> ForgeAccount | None:
    """The member's account there."""
    return ForgeAccount.objects.filter(member=member, forge_url=host.base_url).first()


async def by_token(host: ForgeHost, token: str) -> Offered:
    """A personal access token, tested. Raises ForgeError."""
    tokens = Tokens(access=token, refresh="", lifetime=0, scope="")
    return await tested(host, tokens, how=ForgeAccount.How.TOKEN)


async def test_again(account: ForgeAccount) -> str:
    """Ask the forge anew and note what it says. Returns what is wrong, or ""."""
    try:
        async with as_member(account) as forge:
            identity = await forge.identity()
    except ForgeError as error:
        if isinstance(error, ForgeCredential):
            await _row(account).aupdate(checked_at=clock.now())
        return str(error)
    await _row(account).aupdate(**_told(identity), checked_at=clock.now())
    return ""


async def forgotten(account: ForgeAccount, *, instead: Offered | Absent) -> str:
    """Let the forge forget what OAuth gave, before it is removed here or replaced. Returns why that failed, or ""."""
    if account.how == ForgeAccount.How.TOKEN or account.lost_at or isinstance(host_at(account.forge_url), Absent):
        return ""
    # A button that is pressed twice at once keeps the same credential twice.
    if isinstance(instead, Offered) and is_the_same(account, instead):
        return ""
    try:
        return await revoke(account.forge_url, await usable_token(account))
    except ForgeError as error:
        return str(error)


async def let_offered_go(offered: Offered) -> None:
    """A credential that was not kept after all: let the forge forget it, where OAuth gave it."""
    if offered.how == ForgeAccount.How.OAUTH:
        await revoke(offered.forge_url, offered.access)


def farewell(account: ForgeAccount, *, reason: str) -> str:
    """What a member is told who removes an account. `reason` is why the forge could not be told, if anything."""
    site, page = site_of(account.forge_url), "applications" if account.how == ForgeAccount.How.OAUTH else "tokens"
    removed = f"Your account on {site} is removed here."
    address = f"{account.forge_url}/settings/{page}"
    if isinstance(host_at(account.forge_url), Absent):
        return f"{removed} Nothing was sent to {site}: take the access back there yourself."
    if account.how == ForgeAccount.How.TOKEN:
        return f"{removed} Delete the token there too: {address}"
    if reason:
        return f"{removed} {site} could not be told: {reason} Take our access back there: {address}"
    return f"{removed} {site} has forgotten our access."


def _told(identity: Identity) -> dict[str, object]:
    """The columns of what the forge says of a credential. The end of one that is refreshed is known already."""
    told: dict[str, object] = {
        "user_id": identity.account.id,
        "login": identity.account.login[:255],
        "name": identity.account.name[:255],
        "scopes": "" if isinstance(identity.scopes, Absent) else ", ".join(identity.scopes),
    }
    return told if isinstance(identity.ends, Absent) else {**told, "token_until": identity.ends}


def _row(account: ForgeAccount) -> QuerySet[ForgeAccount]:
    """The row, as long as it is the same person's: the member may replace it meanwhile."""
    return ForgeAccount.objects.filter(pk=account.pk, user_id=account.user_id)
