"""What was refused, or asked for nothing, in numbers: bodies of it are not kept."""

import time
from dataclasses import dataclass
from typing import Literal, NamedTuple
from uuid import UUID

# Event names come from outside. So many kinds are never real; what is beyond is counted as one.
MOST_KINDS = 1_000
BEYOND = "of a kind beyond those that are counted"
Outcome = Literal["refused", "ignored"]


class Kind(NamedTuple):
    """Deliveries to one connection to which the same was done for one reason. Nobody's connection is UUID(int=0)."""

    connection: UUID
    outcome: Outcome
    event: str
    reason: str

    @property
    def beyond(self) -> "Kind":
        """What this kind is counted as where there are too many."""
        return self._replace(event="", reason=BEYOND)


@dataclass(slots=True)
class Counted:
    """How many, the first and the last of them in seconds since the epoch."""

    count: int
    first: float
    last: float


class Tally:
    """Counts since it was last taken. Belongs to one event loop."""

    def __init__(self) -> None:
        self.counts: dict[Kind, Counted] = {}

    def add(self, connection: UUID, outcome: Outcome, event: str, reason: str) -> None:
        """Count one."""
        now = time.time()
        kind = Kind(connection, outcome, event, reason)
        known = self.counts.get(kind) or self._beyond(kind)
        if known is None:
            self.counts[kind] = Counted(1, now, now)
        else:
            known.count += 1
            known.last = now

    def take(self) -> dict[Kind, Counted]:
        """What was counted; from now on it is counted anew."""
        taken, self.counts = self.counts, {}
        return taken

    def put_back(self, taken: dict[Kind, Counted]) -> None:
        """Count again what could not be kept."""
        meanwhile, self.counts = self.counts, taken
        for kind, more in meanwhile.items():
            known = self.counts.get(kind) or self._beyond(kind)
            if known is None:
                self.counts[kind] = more
            else:
                known.count += more.count
                known.last = more.last

    def _beyond(self, kind: Kind) -> Counted | None:
        """Where a kind that is new counts when there are too many; None where there is room."""
        if len(self.counts) < MOST_KINDS:
            return None
        return self.counts.setdefault(kind.beyond, Counted(0, time.time(), time.time()))
