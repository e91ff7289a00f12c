"""`handover doctor`. Settings and database are loaded within: that they cannot be used is something to tell as well."""

import asyncio
import json
import sys
from collections.abc import Sequence

import click
from django.db import DatabaseError

from handover import loading
from handover.doctor import starting
from handover.doctor.asking import ISSUE, LAST_DELIVERY, Question
from handover.doctor.checks import Check, Symptom, verdict
from handover.lib.environment import BadSetting
from handover.lib.tables import shown


class IssueKey(click.ParamType[str]):
    """The key of an issue, in capitals as Jira has it."""

    name = "KEY"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The key."""
        key = value.strip().upper()
        if not ISSUE.fullmatch(key):
            self.fail(f"{value!r} is no issue's key. Write it like PAY-1.", param, ctx)
        return key


NUMBER = click.IntRange(1, LAST_DELIVERY)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object with the list `checks`.")
@click.option("--delivery", type=NUMBER, help="Explain this delivery, as `handover deliveries list` numbers it.")
@click.option("--issue", type=IssueKey(), help="Explain why nothing starts on this issue, such as PAY-1.")
@click.option("--send-test", "test_on", type=IssueKey(), help="Write a restricted comment on this issue; delete it.")
@click.option("--jira", help="Which Jira, by its base URL, where several are connected.")
def doctor(*, as_json: bool, delivery: int | None, issue: str | None, test_on: str | None, jira: str | None) -> None:
    """Look at everything that can be wrong between Handover, Jira and the rest, and name causes and next steps.

    The exit status is 0 where all is in order, and 1 where something is not.
    """
    if sum(chosen is not None for chosen in (delivery, issue, test_on)) > 1:
        raise click.UsageError("Choose one of --delivery, --issue and --send-test.")
    checks = _answered(Question(delivery, issue, test_on, jira))
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


def _answered(question: Question) -> Sequence[Check]:
    try:
        loading.set_up()
        from handover.doctor import consulting

        return asyncio.run(consulting.answered(question, say=_say))
    except (BadSetting, DatabaseError) as error:
        return [starting.failed(error)]


def _say(what: str) -> None:
    click.echo(shown(what), err=True)


def _json(checks: Sequence[Check]) -> str:
    return json.dumps({"checks": [as_record(check) for check in checks]}, indent=2, ensure_ascii=False)


def _text(checks: Sequence[Check]) -> str:
    lines: list[str] = []
    for symptom in Symptom:
        if of_it := [check for check in checks if check.symptom is symptom]:
            lines += ["", symptom.value, *(line for check in of_it for line in _lines(check))]
    return "\n".join([*lines[1:], "", verdict(checks)])


def _lines(check: Check) -> list[str]:
    if check.ok:
        return [shown(f"  ok    {check.name}{f' · {check.found}' if check.found else ''}")]
    return [
        shown(f"  WRONG {check.name}"),
        shown(f"        Cause: {check.cause}"),
        shown(f"        Next:  {check.next_step}"),
        *([shown(f"        Found: {check.found}")] if check.found else []),
    ]
