"""`handover member`."""

import asyncio
import getpass
import sys
from typing import IO

import click
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from handover.connections.models import Connection
from handover.connections.reach import as_bot
from handover.connections.vault import vault
from handover.forges.forge import Account, ForgeError
from handover.forges.github import GitHub
from handover.jira.client import JiraError, User
from handover.lib import http
from handover.lib.tables import print_rows
from handover.members.models import ForgeAccount, JiraLink, Member


@click.group()
def member() -> None:
    """Add members, their Jira links and forge accounts."""


@member.command("add")
@click.argument("name")
@click.option("--email", default="", help="The member's address.")
@click.option("--administrator", is_flag=True, help="Sees every run.")
@click.option(
    "--password-file",
    type=click.File("r"),
    help="File with the password; - for standard input. Asked for where not given.",
)
def add(*, name: str, email: str, administrator: bool, password_file: IO[str] | None) -> None:
    """Add a member who signs in as NAME, or give one a new password."""
    password = password_file.read().strip() if password_file else _asked_for()
    account = Member.objects.filter(username=name).first() or Member(username=name)
    account.email, account.is_superuser = email or account.email, administrator or account.is_superuser
    try:
        validate_password(password, account)
    except ValidationError as error:
        raise click.ClickException(" ".join(error.messages)) from error
    account.set_password(password)
    account.save()
    click.echo(f"{name} may sign in.")


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
    JiraLink.objects.filter(connection=chosen, user_key=user.key).exclude(member=_member(name)).delete()
    JiraLink.objects.update_or_create(connection=chosen, member=_member(name), defaults={"user_key": user.key})
    click.echo(f"{name} is {user.display_name} ({user.name}) in {chosen.base_url}.")


@member.command("account")
@click.argument("name")
@click.option("--forge", "forge_url", required=True, help="The Git host's address, as `handover forge list` shows it.")
@click.option(
    "--token-file", type=click.File("r"), required=True, help="File with the member's token; - for standard input."
)
def account(*, name: str, forge_url: str, token_file: IO[str]) -> None:
    """Store the member's own token for a Git host. It is tested first, and never shown again."""
    forge_url, token = forge_url.rstrip("/"), token_file.read().strip()
    found = asyncio.run(_forge_account(forge_url, token))
    ForgeAccount.objects.update_or_create(
        member=_member(name),
        forge_url=forge_url,
        defaults={
            "login": found.login,
            "name": found.name,
            "email": found.email,
            "sealed_token": vault().seal(token, address=forge_url),
        },
    )
    click.echo(f"{name} is {found.login} on {forge_url}.")


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


def _asked_for() -> str:
    if not sys.stdin.isatty():
        raise click.ClickException("Give the password with --password-file.")
    return getpass.getpass("Password: ")


def _member(name: str) -> Member:
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


async def _forge_account(forge_url: str, token: str) -> Account:
    from handover import settings

    async with http.client(ca_file=settings.CA_FILE) as client:
        try:
            return await GitHub(forge_url, token, http=client).whoami()
        except ForgeError as error:
            raise click.ClickException(f"{forge_url} does not accept the token: {error}") from error
