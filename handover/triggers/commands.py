"""`handover deliveries`."""

import click

from handover.lib.tables import print_record, print_rows, shown
from handover.triggers.models import Delivery


@click.group()
def deliveries() -> None:
    """List and show what Jira delivered and what became of it."""


@deliveries.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.option("--most", default=50, show_default=True, type=click.IntRange(1, 10_000), help="How many, newest first.")
def list_deliveries(*, as_json: bool, most: int) -> None:
    """List deliveries that asked for something, newest first. Times are UTC."""
    rows = [_row(delivery) for delivery in Delivery.objects.defer("body").order_by("-id")[:most]]
    print_rows(rows, as_json=as_json, empty="No delivery has asked for anything yet.")


@deliveries.command("show")
@click.argument("delivery_id", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def show(*, delivery_id: int, as_json: bool) -> None:
    """Show one delivery, its body included."""
    delivery = Delivery.objects.filter(id=delivery_id).first()
    if delivery is None:
        raise click.ClickException(f"There is no delivery {delivery_id}. `handover deliveries list` shows them.")
    body = bytes(delivery.body).decode("utf-8", errors="replace")
    if as_json:
        print_record({**_row(delivery), "body": body}, as_json=True)
        return
    print_record(_row(delivery), as_json=False)
    click.echo(shown(body))


def _row(delivery: Delivery) -> dict[str, object]:
    return {
        "id": delivery.id,
        "received_at": f"{delivery.received_at:%Y-%m-%d %H:%M:%S} UTC",
        "event": delivery.event,
        "state": delivery.state,
        "reason": delivery.reason,
        "dedupe_key": delivery.dedupe_key,
    }
