"""What a webhook body may ask for."""

from typing import Literal

from msgspec import Struct
from msgspec.structs import asdict


class Trigger(Struct, frozen=True):
    """A request for work. Two deliveries of one request have the same `dedupe_key`, for ever."""

    kind: Literal["mention", "label"]
    issue_id: str
    issue_key: str | None
    comment_id: str | None
    actor_key: str | None
    instruction: str
    dedupe_key: str


class Lifecycle(Struct, frozen=True):
    """Ends or changes a run that is there."""

    kind: Literal["comment-deleted", "issue-deleted", "label-removed"]
    issue_id: str
    issue_key: str | None
    comment_id: str | None
    actor_key: str | None
    dedupe_key: str
    reason: str


class Ignored(Struct, frozen=True):
    """Asks for nothing, with the reason. The ids are there as far as they are known."""

    reason: str
    issue_id: str | None = None
    issue_key: str | None = None
    comment_id: str | None = None
    actor_key: str | None = None
    dedupe_key: str | None = None


class Probe(Struct, frozen=True):
    """A test by the doctor: that it arrived is kept, and it starts nothing."""

    issue_id: str
    issue_key: str | None
    comment_id: str | None
    actor_key: str | None
    dedupe_key: str
    reason: str = "test delivery"


Outcome = Trigger | Lifecycle | Ignored | Probe


def as_json(outcome: Outcome) -> dict[str, str | None]:
    """The outcome with the same keys for each kind of it; None where it has no such thing."""
    known = asdict(outcome)
    names = ("kind", "issue_id", "issue_key", "comment_id", "actor_key", "instruction", "dedupe_key", "reason")
    return {"outcome": type(outcome).__name__.lower(), **{name: known.get(name) for name in names}}
