"""`handover markup`."""

import sys

import click

from handover.jira.markup import to_wiki


@click.command()
def markup() -> None:
    """Turn Markdown on standard input into Jira's wiki markup on standard output."""
    click.echo(to_wiki(sys.stdin.buffer.read().decode("utf-8", errors="replace")))
