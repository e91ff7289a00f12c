"""The forges among the cards of the settings: how the member stands with each."""

from dataclasses import dataclass

from handover.configuration.store import current
from handover.lib import clock
from handover.members.models import ForgeAccount, Member
from handover.repositories.standing import Standing, name_of, not_allowed, site_of, standing_of


@dataclass(frozen=True)
class Card:
    """One forge. `name` leads to its page; it is empty for one that is not allowed any more, whose account can go."""

    site: str
    name: str
    standing: Standing
    account: ForgeAccount | None


def cards_of(member: Member) -> list[Card]:
    """A card for each forge that is allowed, and for each account that is left of an earlier one."""
    accounts = {account.forge_url: account for account in ForgeAccount.objects.filter(member=member).order_by("id")}
    now, cards = clock.now(), []
    for host in current().forges:
        account, site = accounts.pop(host.base_url, None), site_of(host.base_url)
        cards.append(Card(site, name_of(host), standing_of(account, site=site, now=now), account))
    return cards + [Card(site_of(url), "", not_allowed(account), account) for url, account in accounts.items()]
