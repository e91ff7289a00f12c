"""`handover demo --check`: the way of a mention, watched from outside, a line per step with its seconds."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

import click

from handover.demo.rehearsal import Rehearsal
from standins.forge.cast import WEB_APP

PATIENCE_SECONDS = 180.0
LOOK_EVERY_SECONDS = 0.02


@dataclass
class Step:
    """One step of the way: what it is called, and how to see that it has happened."""

    name: str
    happened: Callable[[], object]
    seconds: float | None = None


def check_the_way(rehearsal: Rehearsal, *, as_json: bool = False) -> int:
    """Comment on PAY-1 and watch. The exit status: 0 where every step happened."""
    steps = _steps(rehearsal)
    start = time.monotonic()
    rehearsal.jira.comment("PAY-1", by=rehearsal.people.linked, text="@openhands please fix this")
    deadline = start + PATIENCE_SECONDS
    # Steps overtake each other (a delivery is answered while the comment is still being sent): all are watched at once.
    while any(step.seconds is None for step in steps) and time.monotonic() < deadline:
        for step in steps:
            if step.seconds is None and step.happened():
                step.seconds = time.monotonic() - start
                if not as_json:
                    click.echo(f"{step.seconds:7.2f} s  {step.name}")
        time.sleep(LOOK_EVERY_SECONDS)
    return _verdict(rehearsal, steps, as_json=as_json)


def _verdict(rehearsal: Rehearsal, steps: list[Step], *, as_json: bool) -> int:
    missing = [step.name for step in steps if step.seconds is None]
    ok = not missing and _run(rehearsal, "cause") == "pull-request"
    if as_json:
        click.echo(json.dumps({"ok": ok, "steps": {step.name: step.seconds for step in steps}}, indent=2))
    elif not ok:
        told = _run(rehearsal, "told") or "nothing was told"
        click.echo(
            f"Not done: {', '.join(missing) or 'no pull request'}. {told}\n\n{rehearsal.log()[-3000:]}", err=True
        )
    return 0 if ok else 1


def _steps(rehearsal: Rehearsal) -> list[Step]:
    jira, forge, people = rehearsal.jira, rehearsal.forge, rehearsal.people
    events_path = rehearsal.connection["events_path"]

    def said() -> list[str]:
        return [comment.body for comment in jira.comments("PAY-1") if comment.author.key == people.bot.key]

    return [
        Step("comment sent", lambda: any("@openhands" in comment.body for comment in jira.comments("PAY-1"))),
        Step(
            "delivery answered", lambda: any(sent.status == 200 and events_path in sent.url for sent in jira.deliveries)
        ),
        Step("status comment", said),
        Step("agent ready", lambda: _run(rehearsal, "state") in ("working", "delivering", "ended")),
        Step("first model call", lambda: _has_called_the_model(rehearsal)),
        Step("branch pushed", lambda: any(name.startswith("feature/PAY-1") for name in forge.branches(WEB_APP))),
        Step("pull request open", lambda: forge.pull_requests(WEB_APP)),
        Step("ending told", lambda: _run(rehearsal, "state") == "ended" and any("/pull/" in text for text in said())),
    ]


def _run(rehearsal: Rehearsal, column: str) -> str:
    rows = rehearsal.rows(f"SELECT {column} FROM handover_run ORDER BY number DESC LIMIT 1")  # noqa: S608  ours
    return str(rows[0][0]) if rows else ""


def _has_called_the_model(rehearsal: Rehearsal) -> bool:
    return bool(rehearsal.rows("SELECT 1 FROM handover_modelcall LIMIT 1"))
