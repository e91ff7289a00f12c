"""Answers what `handover doctor` is asked."""

from collections.abc import Callable, Sequence

from asgiref.sync import sync_to_async

from handover.connections.models import Connection, configured
from handover.doctor.asking import Question
from handover.doctor.checks import Check, Symptom, wrong
from handover.doctor.examination import examine
from handover.doctor.explaining import explain
from handover.doctor.sending import send, told
from handover.doctor.serverinfo import same_address

JIRA = "Jira"


async def answered(question: Question, *, say: Callable[[str], None]) -> Sequence[Check]:
    """The checks; `say` is told meanwhile what is done. Raises BadSetting, DatabaseError."""
    if question.delivery is not None:
        say("Looking at each step …")
        return await explain(None, delivery_id=question.delivery)
    if question.issue is None and question.test_on is None:
        return await examine(done=lambda part: say(f"Looked at {part}"))
    chosen = await sync_to_async(_chosen)(question.jira)
    if isinstance(chosen, Check):
        return [chosen]
    if question.test_on is None:
        say("Looking at each step …")
        return await explain(chosen, issue_key=question.issue)
    say("A test is sent; its delivery is waited for …")
    return [told(await send(chosen, question.test_on))]


def _chosen(base_url: str | None) -> Connection | Check:
    there = configured()
    found = [row for row in there if base_url is None or same_address(row.base_url, base_url)]
    if len(found) == 1:
        return found[0]
    if not there:
        step = "Enter its base URL and its service account: Console › Jira Data Center Integration."
        return wrong(Symptom.CARD, JIRA, cause="No Jira is configured.", next_step=step)
    cause = "Several are connected." if base_url is None else f"None is connected at {base_url}."
    return wrong(Symptom.CARD, JIRA, cause=cause, next_step=f"Name the Jira with --jira: {_listed(there)}.")


def _listed(there: Sequence[Connection]) -> str:
    return ", ".join(row.base_url for row in there)
