"""Who asks, and whether they may: found out before anything is said, and again before the work begins."""

from dataclasses import dataclass, replace

from allauth.account.models import EmailAddress
from asgiref.sync import sync_to_async

from handover import settings
from handover.configuration.declared import Start
from handover.configuration.store import current
from handover.connections.reach import as_bot
from handover.jira.client import JiraMissing
from handover.lib import clock
from handover.members.email_match import match_for_mention
from handover.members.models import ForgeAccount, JiraLink, Told
from handover.runs import replies
from handover.runs.endings import Ended
from handover.runs.models import Cause, Run
from handover.runs.records import note

LINK_PAGE = f"{settings.PUBLIC_URL}/settings/integrations/jira-dc"
ACCOUNTS_PAGE = f"{settings.PUBLIC_URL}/settings"

NO_GROUPS: dict[str, tuple[str, ...]] = {"allowed_groups": (), "denied_groups": ()}


@dataclass(frozen=True)
class TurnedAway:
    """Why the asker cannot start an agent: which sentence, and its text."""

    sentence: str
    text: str


async def admit(run: Run) -> None:
    """Find the member who asks, and note it. Raises Ended where nobody is found, or they may not start here.

    Asked at the beginning and before the push: what was taken back meanwhile holds.

    The same sentence is said to the same person on the same issue once a day; afterwards only the run's page has it.
    """
    found = await _asker(run)
    if isinstance(found, TurnedAway):
        quiet = not await sync_to_async(_first_time)(run, found.sentence)
        await note(str(run.id), quiet=quiet)
        raise Ended(Cause.REFUSED, found.text)
    await note(str(run.id), member_id=found.member_id)


async def still_admitted(run: Run) -> None:
    """The same by what is known here alone, for a moment in which Jira need not answer. Raises Ended."""
    link = await _link_of(run)
    if link is None or link.member_id != run.member_id:
        raise Ended(Cause.REFUSED, replies.not_linked(link_url=LINK_PAGE))
    if turned_away := _by_link(link) or _by_start(run, frozenset(), replace(current().start, **NO_GROUPS)):
        raise Ended(Cause.REFUSED, turned_away.text)


async def _asker(run: Run) -> JiraLink | TurnedAway:
    link = await _link_of(run)
    if link is None or run.member_id not in (None, link.member_id):
        return await _unlinked(run)
    start = current().start
    turned_away = _by_link(link) or _by_start(run, await _groups(run, start), start)
    return turned_away or await _without_forge_account(link) or link


def _by_link(link: JiraLink) -> TurnedAway | None:
    return TurnedAway("link-lost", replies.link_lost(link_url=LINK_PAGE)) if link.lost_at else None


def _by_start(run: Run, groups: frozenset[str], start: Start) -> TurnedAway | None:
    project = run.issue_key.rpartition("-")[0]
    if allowed(start, project=project, groups=groups):
        return None
    return TurnedAway("may-not-start", replies.may_not_start(project=project, home_url=settings.PUBLIC_URL))


async def _link_of(run: Run) -> JiraLink | None:
    """The link of the asker, whose account must be open."""
    links = JiraLink.objects.filter(connection=run.connection, user_key=run.asker_key, member__is_active=True)
    found = await links.afirst()
    # A run that has its member is not linked anew: whoever disconnected meanwhile meant it.
    if found or not run.asker_name or run.member_id is not None:
        return found
    return await match_for_mention(run.connection, user_key=run.asker_key, user_name=run.asker_name)


async def _unlinked(run: Run) -> TurnedAway:
    if await _has_account(run):
        return TurnedAway("not-linked", replies.not_linked(link_url=LINK_PAGE))
    return TurnedAway("no-account", replies.no_account(home_url=settings.PUBLIC_URL))


async def _has_account(run: Run) -> bool:
    """Whether somebody here has the asker's address. Where Jira hides it, nobody is taken to have it."""
    try:
        async with as_bot(run.connection) as jira:
            user = await jira.user(run.asker_name)
    except JiraMissing:
        return False
    verified = EmailAddress.objects.filter(email__iexact=user.email or "", verified=True, user__is_active=True)
    return user.key == run.asker_key and await verified.aexists()


async def _groups(run: Run, start: Start) -> frozenset[str]:
    """The asker's groups in Jira, asked for only where they matter."""
    if not (start.allowed_groups or start.denied_groups):
        return frozenset()
    async with as_bot(run.connection) as jira:
        return frozenset(await jira.groups_of(run.asker_name))


def allowed(start: Start, *, project: str, groups: frozenset[str]) -> bool:
    """Whether somebody in these groups may start an agent in this project. Denied always wins; names in any case."""
    mine = {group.casefold() for group in groups}
    if project.casefold() in _folded(start.denied_projects) or mine & _folded(start.denied_groups):
        return False
    if start.allowed_projects and project.casefold() not in _folded(start.allowed_projects):
        return False
    return not start.allowed_groups or bool(mine & _folded(start.allowed_groups))


async def _without_forge_account(link: JiraLink) -> TurnedAway | None:
    """Whether the member has no account on any forge. Which forge is meant is found out later."""
    hosts = [forge.base_url for forge in current().forges]
    if not hosts or await ForgeAccount.objects.filter(member_id=link.member_id, forge_url__in=hosts).aexists():
        return None
    return TurnedAway("no-forge-account", replies.no_forge_account(forge_url=hosts[0], accounts_url=ACCOUNTS_PAGE))


def _first_time(run: Run, sentence: str) -> bool:
    """Whether this run is the first to say it today. Done again after a crash, it still is."""
    about = {"connection": run.connection, "issue_id": run.issue_id, "user_key": run.asker_key, "sentence": sentence}
    told, _ = Told.objects.get_or_create(**about, day=clock.now().date(), defaults={"run_id": run.id})
    return told.run_id == run.id


def _folded(words: tuple[str, ...]) -> set[str]:
    return {word.casefold() for word in words}
