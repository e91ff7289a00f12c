"""Journaled deliveries become runs: each request once, whichever delivery brought it."""

import asyncio
import logging
from contextlib import suppress

from asgiref.sync import sync_to_async
from django.db import DatabaseError, transaction

from handover.connections.models import Connection
from handover.connections.reasons import DISABLED
from handover.engine import durable
from handover.runs.models import Run, State
from handover.runs.story import carry_out
from handover.triggers.models import Delivery
from handover.triggers.reading import Ignored, Lifecycle, NotJson, Outcome, Probe, Trigger, read
from handover.triggers.watching import watch_of

log = logging.getLogger(__name__)
# A delivery whose wake-up was lost, to a crash for one, waits no longer than this.
LOOK_AGAIN_SECONDS = 2.0
BATCH = 200


class Intake:
    """Takes in deliveries as they are journaled."""

    def __init__(self) -> None:
        self._journaled = asyncio.Event()

    def wake(self) -> None:
        """There is something in the journal. Call it on the event loop."""
        self._journaled.set()

    async def work(self) -> None:
        """Take in deliveries for ever. First, runs that a crash left without their workflow get it."""
        for run in await sync_to_async(_live_runs)():
            await _start(run)
        while True:
            self._journaled.clear()
            try:
                await take_in_all()
            except DatabaseError:
                log.exception("deliveries wait in the journal: the database cannot be used now")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._journaled.wait(), LOOK_AGAIN_SECONDS)


async def take_in_all() -> None:
    """Take in every delivery that waits now, oldest first."""
    while waiting := await sync_to_async(_waiting)():
        for delivery in waiting:
            await _take_in(delivery)


async def _take_in(delivery: Delivery) -> None:
    run = await sync_to_async(act_on)(delivery)
    if run is not None:
        await _start(run)


async def _start(run: Run) -> None:
    # Enqueued after the row is committed and under the run's own id: twice is once.
    issue = f"{run.connection_id}:{run.issue_id}"
    await durable.enqueue(carry_out, str(run.id), one_at_a_time=issue, order=run.number)


def act_on(delivery: Delivery) -> Run | None:
    """Do what the delivery asks for, once. Returns the run that it began, if it began one."""
    with transaction.atomic():
        match _read(delivery):
            case Trigger() as trigger:
                run, reason = _request(delivery, trigger)
                _close(delivery, Delivery.State.ACTED, reason)
                return run
            case Lifecycle() as change:
                _close(delivery, Delivery.State.ACTED, _withdraw(delivery, change))
            case Ignored(reason=reason) | Probe(reason=reason):
                _close(delivery, Delivery.State.IGNORED, reason)
            case NotJson() as error:
                _close(delivery, Delivery.State.FAILED, str(error))
    return None


def _read(delivery: Delivery) -> Outcome | NotJson:
    if not delivery.connection.host.enabled:
        # It came in while the integration was enabled, or the connection was paused.
        return Ignored(reason=DISABLED)
    try:
        return read(bytes(delivery.body), watch_of(delivery.connection))
    except NotJson as error:
        return error


def _request(delivery: Delivery, trigger: Trigger) -> tuple[Run | None, str]:
    run, begun = Run.objects.get_or_create(
        connection=delivery.connection,
        dedupe_key=trigger.dedupe_key,
        defaults={
            "kind": trigger.kind,
            "issue_id": trigger.issue_id,
            "issue_key": trigger.issue_key or "",
            "comment_id": trigger.comment_id or "",
            "asker_key": trigger.actor_key or "",
            "instruction": trigger.instruction,
            "asked_at": delivery.received_at,
        },
    )
    return (run, f"began run {run.id}") if begun else (None, f"already handled by run {run.id}")


def _withdraw(delivery: Delivery, change: Lifecycle) -> str:
    runs = Run.objects.filter(connection=delivery.connection, issue_id=change.issue_id).exclude(state=State.ENDED)
    match change.kind:
        case "comment-deleted":
            runs = runs.filter(comment_id=change.comment_id)
        case "label-removed":
            runs = runs.filter(kind=Run.Kind.LABEL)
    stopped = runs.filter(stop_asked_by="").update(stop_asked_by=change.reason)
    return f"{change.reason}; {stopped} run(s) asked to stop"


def _close(delivery: Delivery, state: Delivery.State, reason: str) -> None:
    Delivery.objects.filter(id=delivery.id).update(state=state, reason=reason)


def _waiting() -> list[Delivery]:
    # What a paused connection delivered waits until it is resumed.
    waiting = Delivery.objects.filter(state=Delivery.State.RECEIVED).exclude(
        connection__webhook_state=Connection.Webhook.PAUSED
    )
    return list(waiting.select_related("connection").order_by("id")[:BATCH])


def _live_runs() -> list[Run]:
    return list(Run.objects.exclude(state=State.ENDED).order_by("number"))
