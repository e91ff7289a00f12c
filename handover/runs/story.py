"""The way of a request, from its trigger to its ending: one durable workflow that reads like the sentence."""

import logging
from collections.abc import Awaitable

from handover.engine import durable
from handover.jira.client import JiraError
from handover.runs import asking, delivering, telling, working
from handover.runs.endings import Ended
from handover.runs.models import Cause

log = logging.getLogger(__name__)


@durable.workflow("carry-out")
async def carry_out(run_id: str) -> None:
    """Carry out one run, tell how it ended, and end it, whatever happens."""
    ending = await _ending_of(run_id, _way(run_id))
    # Where the ending cannot be told, its page has it.
    await _ending_of(run_id, telling.say_ending(run_id, ending.cause, ending.told))
    await telling.end(run_id, ending.cause, ending.told)
    await working.clear_away(run_id)


async def _way(run_id: str) -> Ended:
    await asking.accept(run_id)
    await asking.who_asked(run_id)
    await asking.which_repository(run_id)
    report = await working.agent_works(run_id)
    changed = await delivering.push(run_id, report)
    await delivering.propose(run_id, report, changed)
    return await delivering.delivered(run_id, report, changed)


async def _ending_of(run_id: str, way: Awaitable[Ended | None]) -> Ended:
    try:
        return await way or Ended(Cause.FAULT, "")
    except Ended as ending:
        return ending
    except durable.GaveUp as gave_up:
        return await telling.unavailable(run_id, gave_up.last)
    except JiraError as error:
        return await telling.refused(run_id, error)
    except Exception:  # the engine's loop: whatever else fails is told as our own fault, and logged
        log.exception("run %s failed", run_id)
        return await telling.fault(run_id)
