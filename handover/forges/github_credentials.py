"""What GitHub tells about a token beside the answer: its scopes, its end, and whose address may stand in a commit."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from handover.forges.forge import ABSENT, Absent, Rights
from handover.forges.github_bodies import Address

# Tokens of these kinds have permissions and no scopes, whatever a header says:
# https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats
WITHOUT_SCOPES = ("github_pat_", "ghu_", "ghs_")
MOST_SCOPES = 50
LONGEST_SCOPE = 100


def scopes_of(headers: Mapping[str, str], token: str) -> tuple[str, ...] | Absent:
    """The scopes of a classic token; ABSENT where tokens of its kind have none.

    https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps
    """
    told = headers.get("x-oauth-scopes")
    if told is None or token.startswith(WITHOUT_SCOPES):
        return ABSENT
    found = [scope.strip()[:LONGEST_SCOPE] for scope in told.split(",")]
    return tuple(sorted(filter(None, found)))[:MOST_SCOPES]


def rights_of(scopes: tuple[str, ...] | Absent) -> Rights:
    """What a token with these scopes may do for us."""
    if isinstance(scopes, Absent):
        return Rights.UNKNOWN
    if "repo" in scopes:
        return Rights.PUSH
    return Rights.PUBLIC if "public_repo" in scopes else Rights.NONE


def end_of(headers: Mapping[str, str]) -> datetime | Absent:
    """When the token ends, such as `2026-11-05 14:22:07 UTC` or with an offset; ABSENT where that is not told."""
    told = headers.get("github-authentication-token-expiration", "").replace(" UTC", " +0000")
    try:
        return datetime.strptime(told, "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError):
        return ABSENT


def address_for_commits(addresses: Iterable[Address], *, otherwise: str) -> str:
    """An address that its owner shows, or the one that GitHub gave them instead.

    A private one never: it would be published, and GitHub refuses pushes that do so where the owner wishes.
    https://docs.github.com/en/account-and-profile/reference/email-addresses-reference#your-noreply-email-address
    """
    verified = [found for found in addresses if found.verified and "@" in found.email]
    shown = (found.email for found in verified if found.primary and found.visibility == "public")
    given = (found.email for found in verified if "@users.noreply." in found.email)
    return next(shown, None) or next(given, None) or otherwise
