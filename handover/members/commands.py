"""`handover member`."""

import asyncio
from typing import IO

import click

from handover.connections.models import Connection
from handover.connections.reach import as_bot
from handover.jira.client import JiraError, JiraMissing, JiraRefused, User
from handover.lib.tables import print_rows, shown
from handover.members import linking
from handover.members.accounts_commands import give_password, named, save
from handover.members.models import JiraLink, Member


@click.group()
def member() -> None:
    """Add members and their Jira links."""


@member.command("add")
@click.argument("name")
@click.option("--email", default="", help="The member's address. It counts as verified.")
@click.option("--administrator", is_flag=True, help="Opens the Admin Console, and sees every run.")
@click.option(
    "--password-file",
    type=click.File("r"),
    help="File with the password; - for standard input. Asked for where not given.",
)
def add(*, name: str, email: str, administrator: bool, password_file: IO[str] | None) -> None:
    """Add a member who signs in as NAME, or give one a new password."""
    account = named(name)
    give_password(account, password_file, email=email)
    account.is_superuser = administrator or account.is_superuser
    save(account, email=email)
    click.echo(f"{account} may sign in.")


@member.command("link")
@click.argument("name")
@click.option("--jira-user", required=True, help="The member's user name in Jira.")
@click.option("--base-url", help="Which Jira, where several are connected.")
def link(*, name: str, jira_user: str, base_url: str | None) -> None:
    """Say which Jira user the member NAME is, whoever was until now."""
    chosen, chosen_member = _jira_at(base_url), member_of(name)
    user = asyncio.run(_jira_user(chosen, jira_user))
    try:
        ended = linking.link_by_word(chosen_member, chosen, user)
    except linking.Claimed as error:
        raise click.ClickException(str(error)) from error
    click.echo(shown(f"{name} is {user.display_name} ({user.name}) in {chosen.base_url}."))
    for earlier in ended:
        _tell_ended(earlier, chosen_member)


def _tell_ended(earlier: JiraLink, now: Member) -> None:
    if earlier.member_id != now.pk:
        click.echo(shown(f"{earlier.member} was {earlier.display_name or earlier.user_key}, and is linked no longer."))
    if reason := asyncio.run(linking.end_tokens(earlier.connection, earlier)):
        click.echo(shown(f"Jira did not end the token of {earlier.member}'s earlier link: {reason}"), err=True)


@member.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def list_members(*, as_json: bool) -> None:
    """List members with their links and accounts. Tokens are never shown."""
    rows = [
        {
            "name": person.username,
            "administrator": "yes" if person.is_superuser else "no",
            "jira": ", ".join(link.user_key for link in person.jira_links.all()),
            "forges": ", ".join(str(account) for account in person.forge_accounts.all()),
        }
        for person in Member.objects.prefetch_related("jira_links", "forge_accounts").order_by("username")
    ]
    print_rows(rows, as_json=as_json, empty="No members yet. Add one with `handover member add`.")


def member_of(name: str) -> Member:
    """The member of this name."""
    found = Member.objects.filter(username=name).first()
    if found is None:
        raise click.ClickException(f"There is no member {name}. `handover member list` shows them.")
    return found


def _jira_at(base_url: str | None) -> Connection:
    found = Connection.objects.filter(base_url=base_url.rstrip("/")) if base_url else Connection.objects.all()
    if found.count() != 1:
        raise click.ClickException("Name the Jira with --base-url. `handover connection list` shows them.")
    return found.get()


async def _jira_user(chosen: Connection, name: str) -> User:
    async with as_bot(chosen) as jira:
        try:
            return await jira.user(name)
        except (JiraMissing, JiraRefused) as error:
            raise click.ClickException(f"{chosen.base_url} shows no user {name}: {error}") from error
        except JiraError as error:
            raise click.ClickException(str(error)) from error
