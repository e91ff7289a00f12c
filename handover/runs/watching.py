"""Watches an agent at work, and stops it where it must stop."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from handover.agent.events import AgentEvent
from handover.agent.server import AgentServer, Standing
from handover.configuration.store import current
from handover.lib import clock
from handover.runs import ledger
from handover.runs.endings import Stop, Watched
from handover.runs.models import Run, RunEvent
from handover.runs.records import run_of
from handover.sandboxes.open import Sandbox, SandboxFailed

POLL_SECONDS = 0.5
# What the page shows of one run; the agent's own record may be longer.
MOST_EVENTS = 2_000
AT_WORK = frozenset({"running", "idle", "waiting_for_confirmation"})


@dataclass(frozen=True)
class Watch:
    """One agent being watched."""

    run_id: str
    sandbox: Sandbox
    agent: AgentServer
    conversation: str
    deadline: datetime

    async def until_it_ends(self) -> Watched:
        """Follow the conversation until it ends or must be stopped. Raises SandboxFailed, AgentUnavailable."""
        while True:
            standing = await self.agent.standing(self.conversation)
            stop = await self._must_stop() if standing.status in AT_WORK else Stop.NOT
            if stop is not Stop.NOT:
                await self.agent.interrupt(self.conversation)
            await self._keep_events()
            if stop is not Stop.NOT or standing.status not in AT_WORK:
                return await self._seen(standing, stop)
            await asyncio.sleep(POLL_SECONDS)

    async def _must_stop(self) -> Stop:
        if lost := self.sandbox.lost():
            raise SandboxFailed(lost)
        if (await run_of(self.run_id)).stop_asked_by:
            return Stop.ASKED
        return Stop.TIME if clock.now() > self.deadline else Stop.NOT

    async def _seen(self, standing: Standing, stop: Stop) -> Watched:
        ended = standing.status == "finished"
        return Watched(
            status=standing.status,
            error_code=standing.error_code,
            asks=ended and not await self.agent.finished_by_tool(self.conversation),
            final_text=await self.agent.final_text(self.conversation) if ended else "",
            stop=stop,
            model_trouble=await ledger.last_trouble(self.run_id),
            ceiling=await ledger.ceiling_reached(self.run_id),
        )

    async def _keep_events(self) -> None:
        known = await RunEvent.objects.filter(run_id=self.run_id).exclude(agent_event_id="").acount()
        if known >= MOST_EVENTS:
            return
        events = await self.agent.events(self.conversation, after=known)
        await keep(self.run_id, events[: MOST_EVENTS - known])


async def keep(run_id: str, events: list[AgentEvent]) -> None:
    """Keep the agent's events, each once."""
    rows = [
        RunEvent(
            run_id=run_id,
            agent_event_id=event.id,
            at=event.at,
            kind=event.kind,
            title=event.title[:200],
            text=event.text,
        )
        for event in events
    ]
    await RunEvent.objects.abulk_create(rows, ignore_conflicts=True)


def deadline_of(run: Run) -> datetime:
    """When the run must have ended: counted from its first start, over restarts too."""
    return (run.started_at or clock.now()) + timedelta(seconds=current().limits.seconds)
