"""Whether each stored secret can be opened; where not, which one it is, and whose it is to mend."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any

from allauth.mfa.models import Authenticator

from handover.configuration.declared import ORDER, Configuration
from handover.configuration.fields import declared
from handover.configuration.vault import vault
from handover.connections.models import Connection
from handover.connections.webhook import former_secret_of, rotating_until, wanted
from handover.doctor.checks import Check, Symptom, fine, wrong
from handover.lib.secrets import SecretUnreadable
from handover.members.models import ForgeAccount, JiraLink
from handover.members.second_factor import HERE

SECRETS = "Stored secrets"
BRING_BACK = "Bring back the key that sealed it, in HANDOVER_SECRET_KEYS or in the file with the keys."
JIRA_PAGE, ACCOUNTS_PAGE = "Settings › Integrations › Jira Data Center", "Settings › Integrations"
MOST_NAMED = 5


@dataclass(frozen=True)
class Kept:
    """One secret. `what` names it, members' under one name for all; `mend` says who replaces it, and where."""

    what: str
    symptom: Symptom
    mend: str
    open: Callable[[], object]
    whose: str = ""

    def fault(self) -> str:
        """Why it cannot be opened; "" where it can."""
        try:
            self.open()
        except SecretUnreadable as error:
            return str(error)
        return ""


def checks_of(configuration: Configuration, connections: Iterable[Connection]) -> list[Check]:
    """Opens all of them. Raises BadSetting where the keys cannot be read."""
    kept = [*_configured(configuration), *_webhooks(connections), *_links(), *_accounts(), *_second_factors()]
    return _closed(kept) or [fine(Symptom.SETUP, SECRETS, f"Each of {len(kept)} can be opened.")]


def closed_of(connection: Connection) -> list[Check]:
    """Those that are needed to look at this Jira and cannot be opened. Raises BadSetting."""
    return _closed([*_of_group(connection.host, Symptom.SETUP, only="pat"), *_webhooks([connection])])


def _closed(kept: Iterable[Kept]) -> list[Check]:
    faults = ((one, fault) for one in kept if (fault := one.fault()))
    # Those of several members come one after the other, and are told at once.
    same = (list(several) for _, several in groupby(faults, key=lambda found: found[0].what))
    return [_told([one for one, _ in several], several[0][1]) for several in same]


def _told(same: Sequence[Kept], fault: str) -> Check:
    first, whose = same[0], list(dict.fromkeys(kept.whose for kept in same if kept.whose))
    more = f" and {len(whose) - MOST_NAMED} more" if len(whose) > MOST_NAMED else ""
    of = f" ({', '.join(whose[:MOST_NAMED])}{more})" if whose else ""
    cause = f"{first.what}{of} cannot be opened. {fault}"
    return wrong(first.symptom, f"{SECRETS}: {first.what}", cause=cause, next_step=f"{BRING_BACK} Or else {first.mend}")


def _configured(configuration: Configuration) -> Iterator[Kept]:
    for name in ORDER:
        groups = getattr(configuration, name)
        for group in groups if isinstance(groups, tuple) else (groups,):
            yield from _of_group(group, Symptom.SETUP if name == "jira" else Symptom.OTHERS)


def _of_group(group: Any, symptom: Symptom, *, only: str = "") -> Iterator[Kept]:
    for name, what in declared(type(group)).items():
        if what.kind == "secret" and only in ("", name) and (secret := getattr(group, name)):
            mend = f"an administrator enters it anew: Console › {group.title}."
            yield Kept(f"{group.title} › {what.label}, for {group.address},", symptom, mend, secret.clear)


def _webhooks(connections: Iterable[Connection]) -> Iterator[Kept]:
    for connection in connections:
        of = f"of {connection.base_url}"
        if connection.sealed_webhook_secret:
            mend = f"an administrator rotates it, and enters the new one in Jira: {JIRA_PAGE}."
            yield Kept(f"The webhook's secret {of}", Symptom.REFUSED, mend, partial(wanted, connection))
        if rotating_until(connection):
            mend = "an administrator enters the new one in Jira now: what is signed with the former one is refused."
            what = f"The webhook's former secret {of}"
            yield Kept(what, Symptom.REFUSED, mend, partial(former_secret_of, connection))


def _links() -> Iterator[Kept]:
    links = JiraLink.objects.filter(lost_at=None).exclude(sealed_access_token="", sealed_refresh_token="")
    for link in links.select_related("member", "connection").order_by("connection", "member"):
        of, sealed = link.connection.base_url, (link.sealed_access_token, link.sealed_refresh_token)
        mend = f"each of them links Jira again: {JIRA_PAGE}."
        opened = partial(_opened, sealed, of)
        yield Kept(f"Members' tokens of {of}", Symptom.NOTHING, mend, opened, str(link.member))


def _accounts() -> Iterator[Kept]:
    accounts = ForgeAccount.objects.filter(lost_at=None).select_related("member")
    for account in accounts.order_by("forge_url", "member"):
        of, sealed = account.forge_url, (account.sealed_token, account.sealed_refresh_token)
        mend = f"each of them adds the account again: {ACCOUNTS_PAGE}."
        opened = partial(_opened, sealed, of)
        yield Kept(f"Members' credentials on {of}", Symptom.NOTHING, mend, opened, str(account.member))


def _second_factors() -> Iterator[Kept]:
    for factor in Authenticator.objects.select_related("user").order_by("user"):
        # Where allauth keeps the app's secret, and the seed of the recovery codes.
        sealed = [str(factor.data.get(name, "")) for name in ("secret", "seed")]
        mend = "an administrator removes the second factor of each of them: Console › People."
        yield Kept("Members' second factors", Symptom.OTHERS, mend, partial(_opened, sealed, HERE), str(factor.user))


def _opened(sealed: Iterable[str], address: str) -> None:
    for one in sealed:
        if one:
            vault().open(one, address=address)
