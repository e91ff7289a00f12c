"""What was delivered and asked for nothing, in numbers: bodies and times of it are not kept."""

from typing import NamedTuple
from uuid import UUID

# Event names come from outside. So many kinds are never real; what is beyond is counted as one.
MOST_KINDS = 10_000


class Kind(NamedTuple):
    """Deliveries of one connection that were dropped for one reason."""

    connection: UUID
    event: str
    reason: str


class Dropped:
    """Counts of dropped deliveries since the process began."""

    def __init__(self) -> None:
        self.counts: dict[Kind, int] = {}

    def add(self, connection: UUID, event: str, reason: str) -> None:
        """Count one."""
        kind = Kind(connection, event, reason)
        before = self.counts.get(kind, 0)
        if before == 0 and len(self.counts) >= MOST_KINDS:
            kind = Kind(connection, "", "Of a kind beyond those that are counted.")
            before = self.counts.get(kind, 0)
        self.counts[kind] = before + 1
