"""Which Jira user has the address that is verified here. A match proposes a link, and proves nothing.

People can write any address into their own Jira profile: whoever is signed in here confirms that the user is theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from asgiref.sync import sync_to_async

from handover.connections.models import Connection
from handover.connections.reach import as_bot
from handover.jira.client import Jira, JiraMissing, User
from handover.members.linking import Claimed, link
from handover.members.models import JiraLink, Member

# Each is a search at Jira while somebody waits.
MOST_ADDRESSES = 5
BY_WORD = "an administrator to link you with the command “handover member link”"


@dataclass(frozen=True)
class Match:
    """Exactly one active Jira user has the address."""

    user: User


@dataclass(frozen=True)
class Unmatched:
    """No link can be proposed. The sentence says why, and what to do."""

    sentence: str


async def match_of(member: Member, connection: Connection) -> Match | Unmatched:
    """The Jira user who has an address of the member's that is verified here. Raises JiraError."""
    addresses = await sync_to_async(verified)(member)
    if not addresses:
        return Unmatched(
            "No e-mail address of yours is verified here, so there is nothing to look for in Jira. Verify it on your "
            f"account's page, or ask {BY_WORD}."
        )
    async with as_bot(connection) as jira:
        return await _searched(jira, addresses)


async def match_for_mention(connection: Connection, *, user_key: str, user_name: str) -> JiraLink | None:
    """A link made at the first mention, where an administrator has waived the confirmation. Raises JiraError."""
    host = connection.host
    if host.linking != "email" or host.confirm_email_match:
        return None
    async with as_bot(connection) as jira:
        try:
            user = await jira.user(user_name)
        except JiraMissing:
            return None
        if user.key != user_key or not user.email:
            return None
        match await _searched(jira, [user.email]):
            case Match(user=found) if found.key == user_key:
                return await sync_to_async(_linked_by_address)(connection, found)
    return None


def verified(member: Member) -> list[str]:
    """The member's verified addresses, the first one first."""
    rows = EmailAddress.objects.filter(user=member, verified=True).order_by("-primary", "id")
    return list(rows.values_list("email", flat=True)[:MOST_ADDRESSES])


def judged(addresses: Sequence[str], found: Sequence[User], *, bot: User) -> Match | Unmatched:
    """What was found in Jira by these addresses, as the bot sees it; `bot` is how it sees itself."""
    # Not casefold: straße@ and strasse@ are two mailboxes.
    wanted = {address.lower() for address in addresses}
    named = ", ".join(addresses)
    matching = {user.key: user for user in found if (user.email or "").lower() in wanted and user.key != bot.key}
    if len(matching) == 1:
        return Match(next(iter(matching.values())))
    if matching:
        return Unmatched(
            f"{len(matching)} Jira users have the address {named}, so it says nothing about which one is you. "
            f"Ask {BY_WORD}."
        )
    return Unmatched(_why_nobody(named, [bot, *found]))


def _why_nobody(named: str, seen: Sequence[User]) -> str:
    shown = [user.email for user in seen]
    if any(email and "@" not in email for email in shown):
        return (
            f"This Jira masks e-mail addresses, so Handover cannot match yours. Ask {BY_WORD}, or to let the service "
            "account see addresses: Jira Administration, General configuration, User email visibility."
        )
    if not all(shown):
        return (
            "This Jira hides e-mail addresses from Handover's service account, so yours cannot be matched. Ask "
            f"{BY_WORD}, or to change it: Jira Administration, General configuration, User email visibility."
        )
    return (
        f"No active Jira user has the address {named}. Hold it against the one in your Jira profile, or ask {BY_WORD}."
    )


async def _searched(jira: Jira, addresses: Sequence[str]) -> Match | Unmatched:
    bot = await jira.myself()
    found = [user for address in addresses for user in await jira.search_users(address)]
    return judged(addresses, found, bot=bot)


def _linked_by_address(connection: Connection, user: User) -> JiraLink | None:
    """The link of the one member who has verified the address, unless they are linked as somebody else."""
    rows = EmailAddress.objects.filter(email__iexact=user.email, verified=True, user__is_active=True)
    members = list(Member.objects.filter(id__in=rows.values("user_id"))[:2])
    if len(members) != 1 or JiraLink.objects.filter(connection=connection, member=members[0]).exists():
        return None
    try:
        link(members[0], connection, user, how=JiraLink.How.EMAIL)
    except Claimed:
        return None
    return JiraLink.objects.filter(connection=connection, member=members[0], user_key=user.key).first()
