"""A service account's token is checked when it is saved: whose it is, and when it ends."""

from collections.abc import Iterator
from dataclasses import dataclass

from handover.configuration import network
from handover.configuration.declared import JiraHost
from handover.configuration.store import current
from handover.doctor.reaching import walk
from handover.jira.client import Jira, JiraAnonymous, JiraError, JiraMissing, JiraUnavailable, User
from handover.lib import clock
from handover.lib.secrets import SecretUnreadable

NO_JIRA = "No Jira answers at {base_url} (404). Check the context path: it is what stands before /browse/PAY-1."


@dataclass(frozen=True)
class Checked:
    """Whose the token is, and what is said of it. `wrong` are a field's name and a sentence; then nothing is saved."""

    bot: User | None = None
    wrong: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


async def check(host: JiraHost) -> Checked:
    """Ask Jira."""
    try:
        token = host.pat.clear()
    except SecretUnreadable as error:
        return Checked(wrong=(("pat", f"{error} Give the token anew."),))
    async with network.client() as client:
        jira = Jira(host.base_url, token, http=client)
        try:
            bot = await jira.myself()
        except JiraAnonymous:
            return Checked(wrong=(("pat", _anonymous(host)),))
        except JiraMissing:
            return Checked(wrong=(("base_url", NO_JIRA.format(base_url=host.base_url)),))
        except JiraUnavailable as error:
            return Checked(wrong=(("base_url", await _why_not_reached(host, error)),))
        except JiraError as error:
            return Checked(wrong=(("base_url", str(error)),))
        return Checked(bot, tuple(_wrong(host, bot)), (*_notes_on(host, bot), *await _ends(jira)))


async def _why_not_reached(host: JiraHost, error: JiraUnavailable) -> str:
    """The step of the way at which it ends, with what to do; Jira's own word where it answered."""
    if error.status is not None:
        return str(error)
    way = await walk(host.base_url, ca_pem=current().trust.certificates, own=network.OWN, now=clock.now())
    failed = next((check for check in way.checks if not check.ok), None)
    return f"{failed.cause} {failed.next_step}" if failed else str(error)


def _anonymous(host: JiraHost) -> str:
    return (
        f"{host.base_url} does not know this token and would serve it as anybody's. Make a new one in Jira, signed in "
        "as the service account: profile > Personal Access Tokens."
    )


def _wrong(host: JiraHost, bot: User) -> Iterator[tuple[str, str]]:
    if bot.email and "@" in bot.email and bot.email.casefold() != host.bot_email.casefold():
        yield "pat", f"This token is {bot.display_name}'s ({bot.name}), whose address is not {host.bot_email}."


def _notes_on(host: JiraHost, bot: User) -> Iterator[str]:
    yield f"The service account is {bot.display_name} ({bot.name})."
    if not (bot.email and "@" in bot.email):
        yield (
            f"{host.base_url} hides or masks e-mail addresses, so the account's could not be held against "
            f"{host.bot_email}. Check the name."
        )


async def _ends(jira: Jira) -> list[str]:
    """When it ends. Jira lists all tokens of the account, and does not say which of them this one is."""
    try:
        tokens = await jira.own_tokens()
    except JiraError:
        return ["Jira does not tell when the token ends."]
    ending = sorted((token for token in tokens if token.expires), key=lambda token: token.expires or clock.now())
    if not ending:
        return ["The token has no end."] if tokens else []
    first, many = ending[0], len(tokens) > 1
    which = f"Of the account's {len(tokens)} tokens, {first.name} is the first to end:" if many else "The token ends on"
    return [f"{which} {first.expires:%-d %b %Y, %H:%M} UTC."]
