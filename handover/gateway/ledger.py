"""What the gateway asks of its record, before a call to the model and after it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Tokens of one call, the way the model's provider counts them."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True)
class Admitted:
    """The call may be made. Its cost at the most, `most`, is reserved until it is settled."""

    call_id: str
    most: Usage


class Reason(StrEnum):
    """Why a call is not made."""

    UNKNOWN = "unknown"
    CEILING = "ceiling"
    TOO_MANY = "too-many"


@dataclass(frozen=True)
class Refused:
    """The call may not be made."""

    reason: Reason


class Ledger(Protocol):
    """Knows the runs, what each may still cost, and every call that was made."""

    def recognises(self, token: str) -> bool:
        """Whether we made this token. It asks no database: whether the run still lives, `admit` says."""

    async def admit(self, token: str, most: Usage) -> Admitted | Refused:
        """Reserve what the call may cost at the most. Less output may be granted than was wanted, never more."""

    async def settle(self, call_id: str, *, status: int, used: Usage | None, milliseconds: int) -> None:
        """Put what the call used in the place of its reservation. `used` is None where it cost nothing."""
