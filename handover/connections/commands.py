"""`handover connection`."""

import asyncio
from typing import IO

import click

from handover import settings
from handover.configuration import network, plain, store
from handover.configuration.documents import Document, read
from handover.connections import bots, webhook
from handover.connections.models import Connection
from handover.connections.webhook_commands import add_to, known, row_of
from handover.jira.client import Jira, JiraError, User
from handover.lib.environment import BadSetting, parsed_address
from handover.lib.tables import print_rows


@click.group()
def connection() -> None:
    """Connect a Jira Data Center."""


@connection.command("add")
@click.option(
    "--base-url", required=True, help="Jira's base URL with its context path, such as https://jira.example.com/jira."
)
@click.option(
    "--token-file",
    type=click.File("r"),
    required=True,
    help="File with the bot's personal access token; - for standard input.",
)
def add(*, base_url: str, token_file: IO[str]) -> None:
    """Connect a Jira. Prints the webhook's address and signing secret, which are then set up in Jira."""
    try:
        base_url = parsed_address("The address", base_url)
    except BadSetting as error:
        raise click.ClickException(str(error)) from error
    token = token_file.read().strip()
    if not token.isascii():
        raise click.ClickException("The file holds no token: a token has only ASCII characters.")
    bot = asyncio.run(_bot(base_url, token))
    configure(base_url, token, bot)
    made, added = Connection.objects.get_or_create(base_url=base_url)
    webhook.prepare(made)
    webhook.activate(made)
    bots.known(made, key=bot.key, name=bot.name)
    click.echo(f"{'Connected' if added else 'Updated'}: the bot is {bot.display_name} ({bot.name}).")
    click.echo(f"Webhook address: {settings.PUBLIC_URL}{made.events_path}")
    click.echo(f"Signing secret:  {made.webhook_secret}")


@connection.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def list_connections(*, as_json: bool) -> None:
    """List the connected Jiras."""
    rows = [row_of(row) for row in known()]
    print_rows(rows, as_json=as_json, empty="No Jira yet. Connect one with `handover connection add`.")


def configure(base_url: str, token: str, bot: User) -> None:
    """Write the Jira into the configuration, with its bot's token. Raises click.ClickException."""

    def with_this(document: Document) -> Document:
        exported = plain.exported(read(document))
        entries = {one["base_url"]: one for one in exported.get("jira", [])}
        entry = {"linking": "email", **entries.get(base_url, {}), "base_url": base_url, "enabled": True, "pat": token}
        entries[base_url] = {"bot_email": bot.email or bot.name, **entry}
        return plain.document_of({**exported, "jira": list(entries.values())}, before=document)

    try:
        store.write(with_this, by="handover connection add")
    except plain.Unusable as error:
        raise click.ClickException(str(error)) from error


async def _bot(base_url: str, token: str) -> User:
    async with network.client() as client:
        try:
            return await Jira(base_url, token, http=client).myself()
        except JiraError as error:
            raise click.ClickException(f"{base_url} does not accept the token: {error}") from error


add_to(connection)
