"""`handover read`."""

import json
from typing import IO

import click

from handover.triggers.reading import NotJson, Watch, as_json, read


@click.command("read")
@click.argument("file", type=click.File("rb"))
@click.option("--mention", default="@openhands", show_default=True, help="The word that asks for work.")
@click.option("--label", default="openhands", show_default=True, help="The label that asks for work.")
@click.option("--bot-name", default="openhands", show_default=True, help="The bot's Jira user name.")
@click.option("--bot-key", default="", help="The bot's Jira user key, such as JIRAUSER10001.")
def read_file(*, file: IO[bytes], mention: str, label: str, bot_name: str, bot_key: str) -> None:
    """Print how a webhook body would be understood, as JSON. FILE may be - for standard input."""
    watch = Watch(mention=mention, label=label, bot_name=bot_name, bot_key=bot_key)
    try:
        outcome = read(file.read(), watch)
    except NotJson as error:
        raise click.ClickException(f"{file.name} holds no webhook body: {error}") from error
    click.echo(json.dumps(as_json(outcome), indent=2, ensure_ascii=False))
