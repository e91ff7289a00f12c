"""A run's page filling live: server-sent events with rendered HTML, read from the database as it comes."""

import asyncio
import re
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from handover.runs.models import Run, RunEvent
from handover.runs.views import member_of, standing_context, visible_to

EVENTS_AT_ONCE = 100

# Set while the server is being stopped: streams end then, and browsers come back to the next process.
streams_end = threading.Event()


@dataclass(frozen=True)
class Pace:
    """Seconds: between two looks, until a sign of life, and until the browser is to ask anew (and is judged anew)."""

    look: float = 0.5
    heartbeat: float = 15.0
    life: float = 600.0


@dataclass(frozen=True)
class Look:
    """What one look at the database brought: the messages to send, and what is known after it."""

    messages: list[str]
    facts: tuple[object, ...]
    last: int
    over: bool


@require_GET
async def live(request: HttpRequest, run_id: UUID) -> StreamingHttpResponse:
    """The stream of one run, from the event that the browser saw last."""
    await sync_to_async(lambda: get_object_or_404(visible_to(member_of(request)), id=run_id))()
    known = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    after = int(known) if known.isdecimal() and len(known) < 19 else 0
    response = StreamingHttpResponse(stream(run_id, after=after), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"  # nginx would hold the events back
    return response


async def stream(run_id: UUID, *, after: int, pace: Pace = Pace()) -> AsyncIterator[str]:
    """Server-sent events: `standing` (the moving parts), `happened` (one more event), at last `end`."""
    clock = asyncio.get_running_loop().time
    ends, heard = clock() + pace.life, clock()
    known = Look([], facts=(), last=after, over=False)
    yield "retry: 1000\n\n"
    while clock() < ends and not streams_end.is_set():
        look = await sync_to_async(_look)(run_id, known)
        if look is None:
            return
        for message in look.messages:
            yield message
        # The event that tells of the ending may be written after the move: end when a second look brings nothing more.
        if known.over and not look.messages:
            yield message_of("end", "")
            return
        if look.messages:
            heard = clock()
        elif clock() - heard >= pace.heartbeat:
            heard = clock()
            yield ": alive\n\n"
        known = look
        await asyncio.sleep(pace.look)


def message_of(name: str, data: str, *, event_id: int | None = None) -> str:
    """One server-sent event. Each line of the data has a prefix of its own, so no text can begin an event."""
    lines = [f"event: {name}", *(f"data: {line}" for line in re.split(r"\r\n|\r|\n", data))]
    if event_id is not None:
        lines.append(f"id: {event_id}")
    return "\n".join(lines) + "\n\n"


def _look(run_id: UUID, known: Look) -> Look | None:
    # The run first: what is written before it ends is then among the events.
    run = Run.objects.select_related("connection").filter(id=run_id).first()
    if run is None:
        return None
    context = standing_context(run)
    events = list(run.events.filter(id__gt=known.last).order_by("id")[:EVENTS_AT_ONCE])
    facts = (*(getattr(run, column.attname) for column in run._meta.concrete_fields), context["usage"])
    messages = [_happened(event) for event in events]
    if facts != known.facts:
        messages.insert(0, message_of("standing", render_to_string("runs/_standing.html", context)))
    return Look(messages, facts=facts, last=events[-1].id if events else known.last, over=not run.live)


def _happened(event: RunEvent) -> str:
    return message_of("happened", render_to_string("runs/_event.html", {"event": event}), event_id=event.id)
