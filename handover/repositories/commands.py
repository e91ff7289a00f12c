"""`handover forge`."""

import asyncio
from typing import IO

import click

from handover import settings
from handover.connections.vault import vault
from handover.forges.forge import Account, ForgeError
from handover.forges.github import GitHub
from handover.lib import http
from handover.lib.environment import BadSetting, parsed_address
from handover.lib.tables import print_rows
from handover.members.commands import member_of
from handover.members.models import ForgeAccount
from handover.repositories.models import Forge


@click.group()
def forge() -> None:
    """Allow Git hosts, and store members' accounts on them. Nothing is ever sent to another."""


@forge.command("add")
@click.option("--kind", type=click.Choice([kind.value for kind in Forge.Kind]), default="github", show_default=True)
@click.option("--base-url", required=True, help="As people open it, such as https://github.example.com.")
def add(*, kind: str, base_url: str) -> None:
    """Allow a Git host."""
    try:
        address = parsed_address("The address", base_url)
    except BadSetting as error:
        raise click.ClickException(str(error)) from error
    if Forge.objects.exclude(base_url=address).exists():
        raise click.ClickException("There is a Git host already; for now, one is used.")
    _, added = Forge.objects.get_or_create(base_url=address, defaults={"kind": kind})
    click.echo("Added." if added else "It was there already.")


@forge.command("account")
@click.argument("name")
@click.option("--forge", "forge_url", required=True, help="The Git host's address, as `handover forge list` shows it.")
@click.option(
    "--token-file", type=click.File("r"), required=True, help="File with the member's token; - for standard input."
)
def account(*, name: str, forge_url: str, token_file: IO[str]) -> None:
    """Store the member's own token for a Git host. It is tested first, and never shown again."""
    forge_url, token = forge_url.rstrip("/"), token_file.read().strip()
    if not Forge.objects.filter(base_url=forge_url).exists():
        raise click.ClickException(f"{forge_url} is no Git host that is allowed. `handover forge list` shows them.")
    found = asyncio.run(_forge_account(forge_url, token))
    ForgeAccount.objects.update_or_create(
        member=member_of(name),
        forge_url=forge_url,
        defaults={
            "login": found.login,
            "name": found.name,
            "email": found.email,
            "sealed_token": vault().seal(token, address=forge_url),
        },
    )
    click.echo(f"{name} is {found.login} on {forge_url}.")


@forge.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def list_forges(*, as_json: bool) -> None:
    """List the Git hosts."""
    rows = [{"kind": forge.kind, "base_url": forge.base_url} for forge in Forge.objects.order_by("id")]
    print_rows(rows, as_json=as_json, empty="No Git host yet. Add one with `handover forge add`.")


async def _forge_account(forge_url: str, token: str) -> Account:
    async with http.client(ca_file=settings.CA_FILE) as client:
        try:
            return await GitHub(forge_url, token, http=client).whoami()
        except ForgeError as error:
            raise click.ClickException(f"{forge_url} does not accept the token: {error}") from error
