"""`handover member`."""

import asyncio
from typing import IO

import click

from handover.connections.models import Connection
from handover.connections.reach import as_bot
from handover.jira.client import JiraError, User
from handover.lib.tables import print_rows
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
    """Say which Jira user the member NAME is."""
    found = Connection.objects.filter(base_url=base_url.rstrip("/")) if base_url else Connection.objects.all()
    if found.count() != 1:
        raise click.ClickException("Name the Jira with --base-url. `handover connection list` shows them.")
    chosen = found.get()
    user = asyncio.run(_jira_user(chosen, jira_user))
    chosen_member = member_of(name)
    JiraLink.objects.filter(connection=chosen, user_key=user.key).exclude(member=chosen_member).delete()
    try:
        linking.link(chosen_member, chosen, user, how=JiraLink.How.ADMINISTRATOR)
    except linking.Claimed as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{name} is {user.display_name} ({user.name}) in {chosen.base_url}.")


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


async def _jira_user(chosen: Connection, name: str) -> User:
    async with as_bot(chosen) as jira:
        try:
            return await jira.user(name)
        except JiraError as error:
            raise click.ClickException(f"{chosen.base_url} shows no user {name}: {error}") from error
