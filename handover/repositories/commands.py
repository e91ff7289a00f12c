"""`handover forge`."""

import click

from handover.lib.tables import print_rows
from handover.repositories.models import Forge


@click.group()
def forge() -> None:
    """Allow a Git host. Nothing is ever sent to another."""


@forge.command("add")
@click.option("--kind", type=click.Choice([kind.value for kind in Forge.Kind]), default="github", show_default=True)
@click.option("--base-url", required=True, help="As people open it, such as https://github.example.com.")
def add(*, kind: str, base_url: str) -> None:
    """Allow a Git host."""
    if not base_url.startswith(("https://", "http://")):
        raise click.ClickException("Write the address with its scheme, like https://github.example.com.")
    _, added = Forge.objects.get_or_create(base_url=base_url.rstrip("/"), defaults={"kind": kind})
    click.echo("Added." if added else "It was there already.")


@forge.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def list_forges(*, as_json: bool) -> None:
    """List the Git hosts."""
    rows = [{"kind": forge.kind, "base_url": forge.base_url} for forge in Forge.objects.order_by("id")]
    print_rows(rows, as_json=as_json, empty="No Git host yet. Add one with `handover forge add`.")
