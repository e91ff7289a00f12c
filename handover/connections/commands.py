"""`handover connection`."""

import asyncio
from typing import IO

import click

from handover.configuration import network, plain, store
from handover.configuration.documents import Document, read
from handover.connections import bots, webhook
from handover.connections.given import TOKEN_FILE, address_of, token_of
from handover.connections.models import Connection
from handover.connections.webhook_commands import AS_JSON, add_to, known, print_details, row_of
from handover.jira.client import Jira, JiraError, JiraMissing, JiraRefused, User
from handover.lib.tables import print_rows, shown

EXAMPLE = "https://jira.example.com"


@click.group()
def connection() -> None:
    """Connect a Jira Data Center."""


@connection.command("add")
@click.option("--base-url", required=True, help=f"Jira's base URL with its context path, such as {EXAMPLE}/jira.")
@click.option(
    "--token-file",
    type=TOKEN_FILE,
    required=True,
    help="File with the bot's personal access token; - for standard input.",
)
@AS_JSON
def add(*, base_url: str, token_file: IO[str], as_json: bool) -> None:
    """Connect a Jira. Prints the webhook's address and signing secret, which are then set up in Jira."""
    base_url, token = address_of(base_url, example=EXAMPLE), token_of(token_file)
    bot = asyncio.run(_bot(base_url, token))
    configure(base_url, token, bot)
    made, added = Connection.objects.get_or_create(base_url=base_url)
    webhook.prepare(made)
    webhook.activate(made)
    bots.known(made, key=bot.key, name=bot.name)
    if not as_json:
        click.echo(shown(f"{'Connected' if added else 'Updated'}: the bot is {bot.display_name} ({bot.name})."))
    made.refresh_from_db()
    print_details(made, as_json=as_json)


@connection.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def list_connections(*, as_json: bool) -> None:
    """List the connected Jiras. `handover connection show` has the webhook's address."""
    rows = [row_of(row) for row in known()]
    if not as_json:
        # No terminal is as wide as that.
        rows = [{name: value for name, value in row.items() if name != "events"} for row in rows]
    print_rows(rows, as_json=as_json, empty="No Jira yet. Connect one with `handover connection add`.")


def configure(base_url: str, token: str, bot: User) -> None:
    """Write the Jira into the configuration, with its bot's token. Raises click.ClickException."""

    def with_this(document: Document) -> Document:
        exported = plain.exported(read(document))
        entries = {one["base_url"]: one for one in exported.get("jira", []) if one.get("base_url")}
        # What it has is left as it is: a default, such as linking by OAuth, does not stand in an entry.
        entry = entries.get(base_url, {"linking": "email"})
        named = {"bot_email": bot.email or bot.name, **entry}
        entries[base_url] = {**named, "base_url": base_url, "enabled": True, "pat": token}
        return plain.document_of({**exported, "jira": list(entries.values())}, before=document)

    try:
        store.write(with_this, by="handover connection add")
    except plain.Unusable as error:
        raise click.ClickException(str(error)) from error


async def _bot(base_url: str, token: str) -> User:
    async with network.client() as client:
        try:
            return await Jira(base_url, token, http=client).myself()
        except (JiraRefused, JiraMissing) as error:
            raise click.ClickException(f"{base_url} does not say whose the token is: {error}") from error
        except JiraError as error:
            raise click.ClickException(str(error)) from error


add_to(connection)
