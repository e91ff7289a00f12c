"""`handover forge`."""

from typing import IO

import click
from asgiref.sync import async_to_sync

from handover.configuration import plain, store
from handover.configuration.documents import Document, read
from handover.connections.given import MOST_TOKEN, TOKEN_FILE, address_of
from handover.forges.forge import Absent, ForgeError
from handover.lib.tables import print_rows
from handover.members.commands import member_of
from handover.members.forge_hosts import has_oauth, host_at
from handover.repositories.accounts import account_on, by_token, forgotten
from handover.repositories.forms import TokenForm
from handover.repositories.offered import is_another_person, keep

EXAMPLE = "https://github.example.com"


@click.group()
def forge() -> None:
    """Allow Git hosts, and store members' accounts on them. Nothing is ever sent to another."""


@forge.command("add")
@click.option("--kind", type=click.Choice(["github"]), default="github", show_default=True)
@click.option("--base-url", required=True, help=f"As people open it, such as {EXAMPLE}.")
def add(*, kind: str, base_url: str) -> None:
    """Allow a Git host: a new version of the configuration."""
    address = address_of(base_url, example=EXAMPLE)
    if not isinstance(host_at(address), Absent):
        click.echo("It was there already.")
        return

    def with_this(document: Document) -> Document:
        exported = plain.exported(read(document))
        forges = [*exported.get("forges", []), {"kind": kind, "base_url": address}]
        return plain.document_of({**exported, "forges": forges}, before=document)

    try:
        store.write(with_this, by="handover forge add")
    except plain.Unusable as error:
        raise click.ClickException(str(error)) from error
    click.echo("Added.")


@forge.command("account")
@click.argument("name")
@click.option("--forge", "forge_url", required=True, help="The Git host's address, as `handover forge list` shows it.")
@click.option(
    "--token-file", type=TOKEN_FILE, required=True, help="File with the member's token; - for standard input."
)
@click.option("--another-person", is_flag=True, help="Take a token of another user of the Git host than before.")
def account(*, name: str, forge_url: str, token_file: IO[str], another_person: bool) -> None:
    """Store the member's own token for a Git host. It is tested first, and never shown again."""
    member, host = member_of(name), host_at(address_of(forge_url, example=EXAMPLE))
    form = TokenForm({"token": token_file.read(MOST_TOKEN)})
    if isinstance(host, Absent):
        raise click.ClickException(f"{forge_url} is no Git host that is allowed. `handover forge list` shows them.")
    if not form.is_valid():
        raise click.ClickException(" ".join(map(str, form.errors["token"])))
    try:
        offered = async_to_sync(by_token)(host, form.cleaned_data["token"])
    except ForgeError as error:
        raise click.ClickException(str(error)) from error
    earlier = account_on(host, member)
    if earlier and is_another_person(earlier, offered) and not another_person:
        raise click.ClickException(
            f"Until now {name} was {earlier.login}, and this token is {offered.login}'s. If that is meant, say so with "
            "--another-person."
        )
    reason = async_to_sync(forgotten)(earlier, instead=offered) if earlier else ""
    keep(member, offered)
    click.echo(f"{name} is {offered.login} on {host.base_url}.")
    if reason:
        click.echo(f"The earlier access could not be ended there: {reason}", err=True)


@forge.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def list_forges(*, as_json: bool) -> None:
    """List the Git hosts."""
    rows = [
        {"kind": host.kind, "base_url": host.base_url, "oauth": "yes" if has_oauth(host) else "no"}
        for host in store.current().forges
    ]
    print_rows(rows, as_json=as_json, empty="No Git host yet. Add one with `handover forge add`.")
