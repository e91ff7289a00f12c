"""`handover connection show|prepare|activate|pause|resume|rotate`: the webhook, from a shell."""

from collections.abc import Callable
from uuid import UUID

import click

from handover.connections import webhook
from handover.connections.models import Connection, configured
from handover.connections.panel import EVENTS, panel
from handover.lib.tables import print_record

REFERENCE = click.argument("reference", metavar="CONNECTION")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
# What is told where a move is not to be made, by how the webhook stands.
STANDS = {
    Connection.Webhook.NONE: "Its webhook is not set up: run `handover connection prepare`.",
    Connection.Webhook.PREPARED: (
        "It is not active yet: create the webhook in Jira, and then run `handover connection activate`."
    ),
    Connection.Webhook.ACTIVE: "It is active already.",
    Connection.Webhook.PAUSED: "It is paused already: `handover connection resume` starts what waits.",
}


def known() -> list[Connection]:
    """All connections, those that are no longer configured too."""
    configured()
    return list(Connection.objects.order_by("created_at"))


def row_of(connection: Connection) -> dict[str, object]:
    """A connection in a list."""
    return {
        "id": str(connection.id),
        "base_url": connection.base_url,
        "bot": connection.bot_name,
        "enabled": connection.host.enabled,
        "webhook": connection.webhook_state,
        "events": webhook.events_url(connection),
    }


def print_details(connection: Connection, *, as_json: bool) -> None:
    """What is entered in Jira, the secret included."""
    events = [event for event, _ in EVENTS]
    if as_json:
        details = {"secret": connection.webhook_secret, "webhook_events": events}
        print_record({**row_of(connection), **details}, as_json=True)
        return
    click.echo(f"Webhook address: {webhook.events_url(connection)}")
    click.echo(f"Signing secret:  {connection.webhook_secret}")
    click.echo(f"Events:          {', '.join(events)}")


@click.command("show")
@REFERENCE
@AS_JSON
def show(*, reference: str, as_json: bool) -> None:
    """Show how a connection stands. CONNECTION is its id or its base URL.

    The signing secret is shown only in the steps in which it is entered in Jira: after `prepare` and after `rotate`.
    """
    connection = _found(reference)
    shown = panel(connection)
    record = {
        **row_of(connection),
        "webhook_id": connection.webhook_id,
        "activated_at": _moment(connection.activated_at),
        "arrived_at": _moment(shown.arrived_at),
        "waiting": shown.waiting,
        "refused": f"{shown.refused.reason} ({shown.refused.count})" if shown.refused else "",
        "rotating_until": _moment(shown.rotating_until),
    }
    print_record({**record, **({"secret": shown.secret} if shown.details else {})}, as_json=as_json)


@click.command("prepare")
@REFERENCE
@AS_JSON
def prepare(*, reference: str, as_json: bool) -> None:
    """Generate the details of a webhook that is then created in Jira by hand."""
    connection = _found(reference)
    webhook.prepare(connection)
    if panel(connection).set_up:
        raise click.ClickException("Its webhook is set up. `handover connection rotate` makes a new secret.")
    print_details(connection, as_json=as_json)
    if not as_json:
        click.echo("When it is created in Jira: `handover connection activate`.")


@click.command("activate")
@REFERENCE
def activate(*, reference: str) -> None:
    """Let deliveries start runs: the webhook is created in Jira."""
    _move(reference, webhook.activate, done="Active.")


@click.command("pause")
@REFERENCE
def pause(*, reference: str) -> None:
    """Keep what Jira delivers and start nothing. Runs under way go on."""
    _move(reference, webhook.pause, done="Paused: requests are kept and wait.")


@click.command("resume")
@REFERENCE
def resume(*, reference: str) -> None:
    """Start what waits, and all that comes."""
    _move(reference, webhook.resume, done="Resumed: what waited starts now.")


@click.command("rotate")
@REFERENCE
@AS_JSON
def rotate(*, reference: str, as_json: bool) -> None:
    """Make a new signing secret, to be entered in Jira.

    The old one holds until the first delivery with the new one, or for a day.
    """
    connection = _found(reference)
    if not connection.sealed_webhook_secret:
        raise click.ClickException("It has no secret yet: run `handover connection prepare`.")
    if not webhook.rotate(connection):
        click.echo("A rotation is under way. Enter its secret in Jira:", err=as_json)
    print_details(connection, as_json=as_json)


def add_to(group: click.Group) -> None:
    """Make these commands the group's."""
    for command in (show, prepare, activate, pause, resume, rotate):
        group.add_command(command)


def _move(reference: str, move: Callable[[Connection], bool], *, done: str) -> None:
    connection = _found(reference)
    if not move(connection):
        raise click.ClickException(STANDS[Connection.Webhook(connection.webhook_state)])
    click.echo(done)


def _found(reference: str) -> Connection:
    for connection in known():
        if reference.rstrip("/") == connection.base_url or _is_id(reference, connection.id):
            return connection
    raise click.ClickException(f"There is no connection {reference}. `handover connection list` shows them.")


def _is_id(reference: str, connection_id: UUID) -> bool:
    return reference.lower() == str(connection_id)


def _moment(at: object) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else ""
