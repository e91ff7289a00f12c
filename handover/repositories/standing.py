"""How a member stands with a forge, in a word and a sentence."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from handover.configuration.declared import ForgeHost
from handover.members.models import ForgeAccount

SOON = timedelta(days=14)


@dataclass(frozen=True)
class Standing:
    """A tone of the pages, the word in the pill, and a sentence with the next step."""

    tone: Literal["good", "care", "bad", "quiet"]
    word: str
    sentence: str


def site_of(base_url: str) -> str:
    """How people know the forge: its host, with the context path."""
    parts = urlsplit(base_url)
    return parts.netloc + parts.path


def name_of(host: ForgeHost) -> str:
    """The forge in our own addresses: one part of a path, another one for each forge."""
    name = site_of(host.base_url).replace("/", "~")
    return name if host.base_url.startswith("https://") else f"http~{name}"


def standing_of(account: ForgeAccount | None, *, site: str, now: datetime) -> Standing:
    """How it stands with the forge at `site`, which is allowed."""
    if account is None:
        return Standing(
            "quiet", "Not connected", f"Agents work on {site} with your own rights, once you are connected."
        )
    if account.lost_at:
        lost = f"Since {_day(account.lost_at)}, {site} no longer takes your credential. Connect once more."
        return Standing("bad", "Connect again", lost)
    if ends := account.token_until if not account.sealed_refresh_token else None:
        if ends <= now:
            return Standing("bad", "Ended", f"Your token ended on {_day(ends)}. Replace it with a new one.")
        if ends <= now + SOON:
            return Standing("care", "Ends soon", f"Your token ends on {_day(ends)}. Replace it before then.")
    if account.scopes and "repo" not in account.scopes.split(", "):
        return Standing("care", "Public only", "Your token reaches public repositories only: it has no scope repo.")
    return Standing("good", "Connected", f"Agents work on {site} as {account.login}, where you ask them to.")


def not_allowed(account: ForgeAccount) -> Standing:
    """How it stands with a forge that is not allowed any more."""
    site = site_of(account.forge_url)
    return Standing("quiet", "Not used", f"{site} is no longer among the forges here. Nothing is sent to it.")


def may_of(account: ForgeAccount) -> str:
    """What the credential may do, as far as the forge has told."""
    if account.scopes:
        return f"Scopes: {account.scopes}"
    if account.how == ForgeAccount.How.OAUTH:
        return "What the administrators of the forge have granted to our app, where you may do it too"
    return "Not told by the forge. It needs Contents and Pull requests, both read and write"


def _day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%-d %b %Y}"
