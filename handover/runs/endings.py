"""How a run ends: decided from what was seen, never from what the agent claims."""

from dataclasses import dataclass
from enum import StrEnum

from handover.runs.models import Cause


class Ended(Exception):
    """Ends the run where it stands. Carries its cause and what the issue is told, in Markdown."""

    def __init__(self, cause: Cause, told: str) -> None:
        super().__init__(cause, told)
        self.cause = cause
        self.told = told


class Stop(StrEnum):
    """Why Handover itself stopped watching the agent."""

    NOT = ""
    ASKED = "asked"
    TIME = "time"


@dataclass(frozen=True)
class Watched:
    """What was seen of the agent's work.

    `status` and `error_code` are the agent-server's words, `asks` says that the agent ended with a message and not by
    finishing; `model_trouble` is the status of the last call to the model where it was not 200 (0: no answer), and
    `ceiling` whether the gateway refused a call at the run's ceiling: the gateway's own record.
    """

    status: str
    error_code: str = ""
    asks: bool = False
    final_text: str = ""
    stop: Stop = Stop.NOT
    model_trouble: int | None = None
    ceiling: bool = False


def cause_without_work(watched: Watched) -> Cause:
    """Why the agent ended, where it ended in another way than by finishing its work; else NOTHING_TO_CHANGE or ASKS."""
    if watched.stop is Stop.ASKED:
        return Cause.STOPPED
    if watched.ceiling:
        return Cause.CEILING
    if watched.stop is Stop.TIME:
        return Cause.TIME
    return _cause_by_status(watched)


def _cause_by_status(watched: Watched) -> Cause:
    match watched.status, watched.error_code:
        case "finished", _:
            return Cause.ASKS if watched.asks else Cause.NOTHING_TO_CHANGE
        case "stuck", _:
            return Cause.STUCK
        case _, "MaxIterationsReached":
            return Cause.STEPS
    return _cause_at_the_model(watched.model_trouble)


def _cause_at_the_model(trouble: int | None) -> Cause:
    match trouble:
        case None:
            return Cause.AGENT_FAILED
        case 401 | 402 | 403:
            return Cause.MODEL_REFUSED
        case 429:
            return Cause.MODEL_RATE_LIMITED
        # A redirect, and an address without such a model, are no model either.
        case status if status == 0 or 300 <= status < 400 or status in (404, 408) or status >= 500:
            return Cause.MODEL_UNAVAILABLE
    return Cause.AGENT_FAILED
