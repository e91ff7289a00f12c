"""The command `handover`, and the list of its commands."""

import importlib
import sys
from typing import cast

import click
from django.db.utils import OperationalError

from handover import __version__, loading
from handover.lib.environment import BadSetting
from handover.lib.secrets import SecretUnreadable

# Each command: where it is, whether it needs the settings and the database, and what it does.
COMMANDS = {
    "serve": ("handover.process:serve", "Run Handover: pages, webhook door and agents."),
    "work": ("handover.process:work", "Run the agents alone, without pages and door."),
    "migrate": ("handover.process:migrate", "Bring the database to this version."),
    "demo": ("handover.demo.command:demo", "Rehearse on this machine, with stand-ins for Jira, forge and model."),
    "config": ("handover.configuration.commands:config", "Check, show, export and import the configuration."),
    "keys": ("handover.rotation:keys", "Make and rotate the keys that stored secrets are sealed with."),
    "runs": ("handover.runs.commands:runs", "List, show and stop runs."),
    "deliveries": ("handover.triggers.commands:deliveries", "List and show what Jira delivered."),
    "connection": ("handover.connections.commands:connection", "Connect a Jira Data Center."),
    "admin": ("handover.members.accounts_commands:admin", "Make an administrator, from this machine."),
    "forge": ("handover.repositories.commands:forge", "Allow a Git host, and store members' accounts on it."),
    "member": ("handover.members.commands:member", "Add members and their Jira links."),
    "doctor": ("handover.doctor.command:doctor", "Look at what can be wrong, and name causes and next steps."),
    "read": ("handover.triggers.reading_command:read_file", "Print how a webhook body would be understood."),
    "markup": ("handover.jira.markup_command:markup", "Turn Markdown into Jira's wiki markup."),
}
# These touch neither settings nor database, and so run anywhere; the doctor loads both itself and tells what is wrong.
PURE = frozenset({"read", "markup", "demo", "doctor"})


class Commands(click.Group):
    """Loads a command when it is called: `handover markup` need not wait for Django."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, in the order of the list above."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, loaded."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name][0].split(":")
        if cmd_name not in PURE:
            loading.set_up()
        return cast(click.Command, getattr(importlib.import_module(module), name))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Their names and what they do, without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, what) for name, (_, what) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="handover")
def handover() -> None:
    """Hands a Jira Data Center issue to an OpenHands agent and brings back a pull request."""


def main() -> None:
    """The entry point. A bad setting, or a database of another version, is a sentence and exit status 2."""
    try:
        handover()
    except (BadSetting, SecretUnreadable) as error:
        click.echo(f"handover: {error}", err=True)
        sys.exit(2)
    except OperationalError as error:
        if "no such" not in str(error):
            raise
        click.echo("handover: the database is not at this version. Run `handover migrate`.", err=True)
        sys.exit(2)
