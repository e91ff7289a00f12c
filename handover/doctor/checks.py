"""What the doctor says: whether something is in order, and if not, why and what to do."""

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import TypeVar

log = logging.getLogger(__name__)
T = TypeVar("T")
# The longest that one check takes.
SECONDS = 15.0

# The next step wherever a failure between us and Jira has its own check.
SEE_CONNECTION = "See what is said under connection errors."


class Symptom(Enum):
    """What people see that brings them to the doctor, in the order of its page."""

    STARTING = "Handover does not start"
    CONNECTION = "Connection errors"
    TLS = "TLS errors"
    CARD = "The Jira Data Center card is not visible"
    OAUTH = "OAuth redirects fail"
    SETUP = "Automatic set-up fails"
    ARRIVING = "Deliveries do not arrive"
    REFUSED = "Deliveries return 403"
    NOTHING = "Deliveries arrive and nothing starts"
    OTHERS = "The model, forges, mail or sign-in fail"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. `cause` and `next_step` are sentences, empty where it is in order.

    `found` is what was seen, whichever way it is.
    """

    name: str
    symptom: Symptom
    ok: bool
    cause: str = ""
    next_step: str = ""
    found: str = ""


def fine(symptom: Symptom, name: str, found: str = "") -> Check:
    """It is in order."""
    return Check(name, symptom, ok=True, found=found)


def wrong(symptom: Symptom, name: str, *, cause: str, next_step: str, found: str = "") -> Check:
    """It is not."""
    return Check(name, symptom, ok=False, cause=cause, next_step=next_step, found=found)


def late(symptom: Symptom, name: str) -> Check:
    """It took longer than it may."""
    cause = f"It did not end within {SECONDS:.0f} seconds."
    return wrong(symptom, name, cause=cause, next_step="See whether the other side is overloaded, and look once more.")


async def in_time(work: Awaitable[T], otherwise: T) -> T:
    """What the work gives; `otherwise` where it takes longer than SECONDS."""
    try:
        async with asyncio.timeout(SECONDS):
            return await work
    except TimeoutError:
        return otherwise


async def whole(work: Awaitable[Sequence[Check]], symptom: Symptom, name: str) -> Sequence[Check]:
    """What the work finds; where it fails by a fault of ours, a check that says so, and all the rest is still told."""
    [found] = await asyncio.gather(work, return_exceptions=True)
    if not isinstance(found, BaseException):
        return found
    log.error("The doctor failed while it looked at %s.", name, exc_info=found)
    cause = f"Looking at it failed ({type(found).__name__}). That is a fault of Handover's own."
    return [wrong(symptom, name, cause=cause, next_step="Look into Handover's log for what failed, and report it.")]


def verdict(checks: Sequence[Check]) -> str:
    """All of them in a sentence."""
    bad, many = sum(not check.ok for check in checks), len(checks)
    if many == 1:
        return "The check found something wrong." if bad else "The check is well."
    return f"{bad} of {many} checks found something wrong." if bad else f"All {many} checks are well."


def to_the_minute(at: datetime) -> str:
    """A moment, such as 2027-02-22 14:05 UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def to_the_second(at: datetime) -> str:
    """A moment, such as 2027-02-22 14:05:09 UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
