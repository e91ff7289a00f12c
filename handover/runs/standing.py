"""How a run stands, in the words and tones of its page."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from django.db.models import Count, Q, Sum

from handover.runs.ledger import AT_CEILING
from handover.runs.models import Cause, ModelCall, Run, State


class Tone(StrEnum):
    """How a standing is coloured. The word beside it says the same."""

    LIVE = "live"
    GOOD = "good"
    CARE = "care"
    BAD = "bad"
    QUIET = "quiet"


TONES: dict[Cause, Tone] = {
    Cause.PULL_REQUEST: Tone.GOOD,
    Cause.NOTHING_TO_CHANGE: Tone.QUIET,
    Cause.ASKS: Tone.CARE,
    Cause.REFUSED: Tone.CARE,
    Cause.WITHDRAWN: Tone.QUIET,
    Cause.STOPPED: Tone.QUIET,
}

WAY = (State.ACCEPTED, State.STARTING, State.WORKING, State.DELIVERING, State.ENDED)


@dataclass(frozen=True)
class Step:
    """A place on a run's way: `place` is "done", "now" or "ahead"."""

    label: str
    place: str


@dataclass(frozen=True)
class Usage:
    """What a run has taken of the model, by the gateway's record. Calls under way count towards no sum."""

    calls: int
    under_way: int
    input_tokens: int
    output_tokens: int
    cost: Decimal


def word(run: Run) -> str:
    """The run's standing in a word or two: its state while it lives, then the cause of its ending."""
    if not run.live:
        return Cause(run.cause).label if run.cause else State.ENDED.label
    return "Stopping" if run.stop_asked_by else State(run.state).label


def tone(run: Run) -> Tone:
    """The run's standing as a colour."""
    if run.live:
        return Tone.CARE if run.stop_asked_by else Tone.LIVE
    return TONES.get(Cause(run.cause), Tone.BAD) if run.cause else Tone.QUIET


def way(run: Run) -> list[Step]:
    """The places that a live run passes. One that waits for a free place waits where it would start."""
    state = State(run.state)
    places = [state if state is State.WAITING and place is State.STARTING else place for place in WAY]
    here = places.index(state)
    return [Step(place.label, _place(index, here)) for index, place in enumerate(places)]


def _place(index: int, here: int) -> str:
    if index == here:
        return "now"
    return "done" if index < here else "ahead"


def usage_of(run_id: UUID) -> Usage:
    """What the run has taken of the model until now."""
    over = Q(status__isnull=False)
    sums = ModelCall.objects.filter(~Q(status=AT_CEILING) | Q(status=None), run_id=run_id).aggregate(
        calls=Count("id", filter=over),
        under_way=Count("id", filter=~over),
        input_tokens=Sum("input_tokens", filter=over, default=0),
        output_tokens=Sum("output_tokens", filter=over, default=0),
        cost=Sum("cost", filter=over, default=Decimal(0)),
    )
    return Usage(**sums)
