"""`handover doctor`."""

import asyncio
import json
import sys
from collections.abc import Sequence

import click
from asgiref.sync import sync_to_async

from handover.connections.models import Connection, configured
from handover.doctor.checks import Check, Symptom
from handover.doctor.examination import examine
from handover.doctor.explaining import explain
from handover.doctor.sending import send, told
from handover.lib.tables import shown

JIRA = "--jira"


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object with the list `checks`.")
@click.option("--delivery", type=int, help="Explain this delivery, as `handover deliveries list` numbers it.")
@click.option("--issue", metavar="KEY", help="Explain why nothing starts on this issue, such as PAY-1.")
@click.option("--send-test", "test_on", metavar="KEY", help="Write a restricted comment on this issue, and delete it.")
@click.option(JIRA, "base_url", help="Which Jira, where several are connected.")
def doctor(
    *, as_json: bool, delivery: int | None, issue: str | None, test_on: str | None, base_url: str | None
) -> None:
    """Look at everything that can be wrong between Handover, Jira and the rest, and name causes and next steps.

    The exit status is 0 where all is in order, and 1 where something is not.
    """
    if sum(chosen is not None for chosen in (delivery, issue, test_on)) > 1:
        raise click.UsageError("Choose one of --delivery, --issue and --send-test.")
    if delivery is not None or issue is not None:
        checks: Sequence[Check] = asyncio.run(_explained(delivery, issue, base_url))
    elif test_on is not None:
        checks = [asyncio.run(_tested(test_on, base_url))]
    else:
        checks = asyncio.run(examine(done=_progress))
    click.echo(_json(checks) if as_json else _text(checks))
    sys.exit(0 if all(check.ok for check in checks) else 1)


def as_record(check: Check) -> dict[str, object]:
    """The check as JSON has it."""
    return {
        "name": check.name,
        "ok": check.ok,
        "cause": check.cause,
        "next_step": check.next_step,
        "symptom": check.symptom.value,
        "found": check.found,
    }


async def _explained(delivery: int | None, issue: str | None, base_url: str | None) -> Sequence[Check]:
    chosen = None if delivery is not None else await sync_to_async(_connection)(base_url)
    click.echo("Looking at each step …", err=True)
    return await explain(chosen, delivery_id=delivery, issue_key=issue)


async def _tested(issue_key: str, base_url: str | None) -> Check:
    chosen = await sync_to_async(_connection)(base_url)
    click.echo("A test is sent; its delivery is waited for …", err=True)
    return told(await send(chosen, issue_key))


def _connection(base_url: str | None) -> Connection:
    found = [row for row in configured() if base_url is None or row.base_url == base_url.rstrip("/")]
    if len(found) != 1:
        raise click.ClickException(f"Name the Jira with {JIRA}. `handover connection list` shows them.")
    return found[0]


def _progress(part: str) -> None:
    click.echo(f"Looked at {shown(part)}", err=True)


def _json(checks: Sequence[Check]) -> str:
    return json.dumps({"checks": [as_record(check) for check in checks]}, indent=2, ensure_ascii=False)


def _text(checks: Sequence[Check]) -> str:
    lines: list[str] = []
    for symptom in Symptom:
        if of_it := [check for check in checks if check.symptom is symptom]:
            lines += ["", symptom.value, *(line for check in of_it for line in _lines(check))]
    bad = sum(not check.ok for check in checks)
    last = f"{bad} of {len(checks)} checks failed." if bad else f"All {len(checks)} checks are well."
    return "\n".join([*lines[1:], "", last])


def _lines(check: Check) -> list[str]:
    if check.ok:
        return [shown(f"  ok    {check.name}{f' · {check.found}' if check.found else ''}")]
    return [
        shown(f"  WRONG {check.name}"),
        shown(f"        Cause: {check.cause}"),
        shown(f"        Next:  {check.next_step}"),
        *([shown(f"        Found: {check.found}")] if check.found else []),
    ]
