"""`handover runs`."""

from uuid import UUID

import click
from django.db.models import Sum

from handover.lib.tables import print_record, print_rows, shown
from handover.runs import stopping
from handover.runs.models import Run, State


@click.group()
def runs() -> None:
    """List, show and stop runs."""


@runs.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.option("--live", is_flag=True, help="Only runs that have not ended.")
@click.option("--most", default=50, show_default=True, type=click.IntRange(1, 10_000), help="How many, newest first.")
def list_runs(*, as_json: bool, live: bool, most: int) -> None:
    """List runs, newest first. Times are UTC."""
    found = Run.objects.order_by("-asked_at")
    if live:
        found = found.exclude(state=State.ENDED)
    rows = [_row(run) for run in found[:most]]
    print_rows(
        rows,
        as_json=as_json,
        empty="No runs yet. Write a comment with the mention on an issue that names a repository.",
    )


@runs.command("show")
@click.argument("run_id", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def show(*, run_id: UUID, as_json: bool) -> None:
    """Show one run with its events."""
    run = _run(run_id)
    calls = run.model_calls.aggregate(cost=Sum("cost"), input=Sum("input_tokens"), output=Sum("output_tokens"))
    events = [{"at": _time(event.at), "kind": event.kind, "title": event.title} for event in run.events.order_by("id")]
    record: dict[str, object] = {
        **_row(run),
        "instruction": run.instruction,
        "branch": run.branch,
        "base": f"{run.base_branch} {run.base_commit}".strip(),
        "cost": calls["cost"] or 0,
        "tokens": (calls["input"] or 0) + (calls["output"] or 0),
        "told": run.told,
    }
    if as_json:
        print_record({**record, "events": events}, as_json=True)
        return
    print_record(record, as_json=False)
    for event in events:
        click.echo(shown(f"  {event['at']}  {event['kind']:5}  {event['title']}"))


@runs.command("stop")
@click.argument("run_id", type=click.UUID)
def stop(*, run_id: UUID) -> None:
    """Ask a run to stop. Its agent ends within seconds, and the issue is told."""
    if not stopping.stop(Run.objects.filter(id=_run(run_id).id), by="from the command line"):
        raise click.ClickException("That run has ended, or was asked to stop before.")
    click.echo("Asked to stop.")


def _run(run_id: UUID) -> Run:
    run = Run.objects.filter(id=run_id).first()
    if run is None:
        raise click.ClickException(f"There is no run {run_id}. `handover runs list` shows them.")
    return run


def _row(run: Run) -> dict[str, object]:
    return {
        "id": str(run.id),
        "issue": run.issue_key or run.issue_id,
        "state": run.state,
        "cause": run.cause,
        "repository": run.repository,
        "asked_by": run.asker_name or run.asker_key,
        "asked_at": _time(run.asked_at),
        "pull_request": run.pull_request_url,
    }


def _time(moment: object) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
