"""The way of a request, from its trigger to its ending: one durable workflow that reads like the sentence."""

import logging

from handover.engine import durable
from handover.runs import asking, delivering, telling, working
from handover.runs.endings import Ended

log = logging.getLogger(__name__)


@durable.workflow("carry-out")
async def carry_out(run_id: str) -> None:
    """Carry out one run and tell how it ended, whatever happens."""
    ending = await _way(run_id)
    try:
        await telling.say_ending(run_id, ending.cause, ending.told)
    except durable.GaveUp:
        log.warning("run %s: Jira was away too long to be told the ending", run_id)
    await telling.end(run_id, ending.cause, ending.told)
    await working.clear_away(run_id)


async def _way(run_id: str) -> Ended:
    try:
        await asking.accept(run_id)
        await asking.who_asked(run_id)
        await asking.which_repository(run_id)
        report = await working.agent_works(run_id)
        changed = await delivering.push(run_id, report)
        await delivering.propose(run_id, report, changed)
        return await delivering.delivered(run_id, report, changed)
    except Ended as ending:
        return ending
    except durable.GaveUp as gave_up:
        return await telling.unavailable(run_id, gave_up.last)
    except Exception:  # the engine's loop: whatever else fails is told as our own fault, and logged
        log.exception("run %s failed", run_id)
        return await telling.fault(run_id)
