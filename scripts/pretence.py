"""Invented runs for pictures: one in each interesting state, with plausible events."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from handover.connections.models import Connection
from handover.lib import clock
from handover.members.models import Member
from handover.runs import replies
from handover.runs.models import Cause, ModelCall, Run, RunEvent, State

PASSWORD = "a picture of it"  # noqa: S105  it guards invented data for some seconds
FORGE = "https://git.acme.example"
CONNECTION = UUID("6f1d2b9e-4c57-4a0d-9b1e-8a3f5c7d2e10")  # one that stays: it stands in a picture
Kind = RunEvent.Kind


class Ending(NamedTuple):
    """An ended run, in a line."""

    key: str
    summary: str
    asker: str
    cause: Cause
    told: str


ENDINGS = (
    Ending(
        "PAY-38", "Amounts over 1,000 lose their group separator", "Olga Ohm", Cause.ASKS, "The agent has a question."
    ),
    Ending("PAY-36", "Round half up, as the tax office wants it", "Lina Linde", Cause.PULL_REQUEST, "Done."),
    Ending("PAY-31", "Speed up the monthly statement", "Ada Adler", Cause.CEILING, "The agent was stopped."),
    Ending("PAY-29", "Remove the old CSV export", "Lina Linde", Cause.STOPPED, "Stopped (lina). Nothing was pushed."),
    Ending("PAY-27", "Which time zone are due dates in?", "Uwe Ungar", Cause.NOTHING_TO_CHANGE, "No change."),
    Ending("PAY-22", "Deploy the new tax table", "Uwe Ungar", Cause.REFUSED, "I found no repository to work on."),
)

DONE = """Done: [pull request #17](https://git.acme.example/Acme/web-app/pull/17)

2 files changed, 14 lines added, 3 removed.

The agent reports:

The total was added up in binary floating point, so three positions of 0.10 came to 0.30000000000000004.

- `cart/total.py` now adds **decimals** and rounds half up to cents, once, at the end.
- `tests/test_total.py` has the case from the issue and two more.

```
python3 -m unittest
Ran 9 tests in 0.004s
OK
```
"""

FAILED = replies.model_trouble(Cause.MODEL_UNAVAILABLE, mention="@openhands")

TEST_OUTPUT = """F........
======================================================================
FAIL: test_three_positions (tests.test_total.TotalTest.test_three_positions)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/workspace/tests/test_total.py", line 14, in test_three_positions
    self.assertEqual(total([0.10, 0.10, 0.10]), 0.30)
    ~~~~~~~~~~~~~~~~^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
AssertionError: 0.30000000000000004 != 0.3

----------------------------------------------------------------------
Ran 9 tests in 0.004s

FAILED (failures=1)
Searched in 4 folders; the full log is in build/unittest.log"""

TOTAL = """     1\tdef total(prices):
     2\t    result = 0.0
     3\t    for price in prices:
     4\t        result += price
     5\t    return result"""

Steps = tuple[tuple[int, Kind, str, str], ...]
BEGINNING: Steps = (
    (1, Kind.MOVE, "Starting the agent", ""),
    (8, Kind.MOVE, "The agent is at work on Acme/web-app", ""),
)
WORK: Steps = (
    (11, Kind.SAYS, "The agent thinks", "I look at the code that adds up the total, and run its tests first."),
    (12, Kind.ACTS, "$ python3 -m unittest", "python3 -m unittest"),
    (13, Kind.SEES, "Sees (exit code 1)", TEST_OUTPUT),
    (19, Kind.ACTS, "Reads cart/total.py", ""),
    (20, Kind.SEES, "Sees", TOTAL),
    (28, Kind.SAYS, "The agent thinks", "The sum is binary floating point. I use decimals and round once, at the end."),
    (31, Kind.ACTS, "Changes cart/total.py", "    result = Decimal(0)"),
    (32, Kind.SEES, "Sees", "The file cart/total.py has been edited."),
)
REST: Steps = (
    (38, Kind.ACTS, "$ python3 -m unittest", "python3 -m unittest"),
    (39, Kind.SEES, "Sees (exit code 0)", "Ran 9 tests in 0.004s\n\nOK"),
    (46, Kind.SAYS, "The agent has finished", "The total was added up in binary floating point."),
    (47, Kind.MOVE, "Checking the work", ""),
    (49, Kind.MOVE, "Pushed feature/PAY-1-totals-are-off-by-a-cent", ""),
    (50, Kind.MOVE, "Opened pull request #17", ""),
    (51, Kind.MOVE, "Ended: Pull request", ""),
)
TROUBLE: Steps = (
    (52, Kind.ERROR, "LLMServiceUnavailableError", "503 Service Unavailable, tried again 3 times."),
    (63, Kind.MOVE, "Ended: Model unavailable", ""),
)


def pretend() -> dict[str, str]:
    """Fill the database. Returns the address of each page by its picture's name."""
    for name in ("ada", "lina", "newcomer"):
        Member.objects.create_user(name, password=PASSWORD, is_superuser=name == "ada")
    jira = Connection.objects.create(
        id=CONNECTION,
        base_url="https://jira.acme.example/jira",
        bot_name="openhands",
        bot_key="JIRAUSER10001",
    )
    working = _working(jira, clock.now() - timedelta(seconds=42))
    done = _done(jira, clock.now() - timedelta(minutes=26))
    failed = _failed(jira, clock.now() - timedelta(hours=2, minutes=5))
    _waiting(jira, clock.now() - timedelta(seconds=15))
    for hours, ending in enumerate(ENDINGS, start=4):
        _ended(jira, ending, clock.now() - timedelta(hours=hours * 3))
    return {
        "runs": "/",
        "run-working": f"/runs/{working.id}",
        "run-done": f"/runs/{done.id}",
        "run-failed": f"/runs/{failed.id}",
        "not-found": "/runs/00000000-0000-4000-8000-000000000000",
    }


def _run(jira: Connection, at: datetime, **fields: object) -> Run:
    asked = {"connection": jira, "dedupe_key": str(at), "kind": Run.Kind.MENTION, "asked_at": at}
    about = {"issue_id": "10001", "forge_url": FORGE, "repository": "Acme/web-app", "base_branch": "main"}
    return Run.objects.create(**{**asked, **about, **fields})


def _pay_1(jira: Connection, at: datetime, **fields: object) -> Run:
    about = {
        "issue_key": "PAY-1",
        "summary": "Totals are off by a cent",
        "asker_display": "Lina Linde",
        "member": Member.objects.get(username="lina"),
        "instruction": "please fix this. The total of three positions at 0.10 must be 0.30, and add a test for it.",
        "base_commit": "4f0c9d1be2a07c55b1b54f0e9c0b8a6d3f1e2a77",
        "started_at": at + timedelta(seconds=1),
    }
    return _run(jira, at, **{**about, **fields})


def _working(jira: Connection, at: datetime) -> Run:
    run = _pay_1(jira, at, state=State.WORKING)
    _record(run, BEGINNING + WORK, calls=4)
    ModelCall.objects.create(run=run, at=clock.now())
    return run


def _done(jira: Connection, at: datetime) -> Run:
    ended = {"state": State.ENDED, "cause": Cause.PULL_REQUEST, "told": DONE, "ended_at": at + timedelta(seconds=51)}
    work = {"branch": "feature/PAY-1-totals-are-off-by-a-cent", "commit": "9be1d77c2f", "pull_request_number": 17}
    run = _pay_1(jira, at, pull_request_url=f"{FORGE}/Acme/web-app/pull/17", **ended, **work)
    _record(run, BEGINNING + WORK + REST, calls=7)
    return run


def _failed(jira: Connection, at: datetime) -> Run:
    ended = {
        "state": State.ENDED,
        "cause": Cause.MODEL_UNAVAILABLE,
        "told": FAILED,
        "ended_at": at + timedelta(seconds=63),
    }
    run = _pay_1(jira, at, issue_key="PAY-3", summary="The refund page shows a blank total", instruction="", **ended)
    _record(run, BEGINNING + TROUBLE, calls=0)
    return run


def _waiting(jira: Connection, at: datetime) -> Run:
    return _run(
        jira, at, issue_key="PAY-41", summary="Translate the receipt", asker_display="Ada Adler", state=State.WAITING
    )


def _ended(jira: Connection, ending: Ending, at: datetime) -> None:
    fields: dict[str, object] = {"state": State.ENDED, "cause": ending.cause, "told": ending.told}
    if ending.cause is Cause.PULL_REQUEST:
        fields |= {"pull_request_url": f"{FORGE}/Acme/web-app/pull/15", "pull_request_number": 15}
    if ending.cause is Cause.REFUSED:
        fields |= {"repository": "", "forge_url": ""}
    _run(jira, at, issue_key=ending.key, summary=ending.summary, asker_display=ending.asker, **fields)


def _record(run: Run, events: Steps, *, calls: int) -> None:
    for seconds, kind, title, text in events:
        at = run.asked_at + timedelta(seconds=seconds)
        RunEvent.objects.create(run=run, at=at, kind=kind, title=title, text=text)
    for number in range(calls):
        ModelCall.objects.create(
            run=run,
            at=run.asked_at,
            status=200,
            input_tokens=9_800 + 1_150 * number,
            output_tokens=310,
            cost=Decimal("0.0341") + number * Decimal("0.0035"),
        )
