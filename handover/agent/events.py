"""What the agent-server tells of a conversation, event by event, as a person can follow it. All of it is hostile.

Shapes: the agent-server's own /openapi.json, schema `Event`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeVar

import msgspec

MOST_TITLE = 200
MOST_TEXT = 20_000
MOST_ID = 100
SHORTENED = "\n[shortened]"

T = TypeVar("T")
Kind = Literal["says", "acts", "sees", "error"]


class AgentUnreadable(Exception):
    """The agent-server's answer is not what it should be. The message names the part."""


@dataclass(frozen=True)
class AgentEvent:
    """One thing that happened: the agent said, did or saw something, or something went wrong."""

    id: str
    kind: Kind
    title: str
    text: str
    at: datetime


class _Part(msgspec.Struct):
    text: str = ""


class _Message(msgspec.Struct):
    content: list[_Part] = []


class _Action(msgspec.Struct):
    kind: str = ""
    command: str = ""
    path: str = ""
    message: str = ""
    thought: str = ""
    file_text: str | None = None
    new_str: str | None = None


class _Observation(msgspec.Struct):
    kind: str = ""
    content: list[_Part] = []
    is_error: bool = False
    exit_code: int | None = None


class _Event(msgspec.Struct):
    id: str
    kind: str
    timestamp: str
    source: str = ""
    tool_name: str = ""
    llm_message: _Message | None = None
    thought: list[_Part] = []
    action: _Action | None = None
    observation: _Observation | None = None
    rejection_reason: str = ""
    error: str = ""
    code: str = ""
    detail: str = ""


# What is told of an event: its kind, title and text.
_Told = tuple[Kind, str, str]


def decoded(raw: bytes | msgspec.Raw, shape: type[T], *, what: str) -> T:
    """The JSON in `raw` as a `shape`; fields that the shape does not name are ignored. Raises AgentUnreadable."""
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # A body nested a thousand deep ends as a RecursionError.
        raise AgentUnreadable(f"The agent's {what} cannot be read: {error}") from error


def read(raw: bytes | msgspec.Raw) -> AgentEvent | None:
    """The event; None where it is of no interest to a person. Raises AgentUnreadable."""
    event = decoded(raw, _Event, what="event")
    if len(event.id) > MOST_ID:
        raise AgentUnreadable("The agent's event has an id without end.")
    tell = _TELL.get(event.kind)
    told = tell(event) if tell else None
    if told is None:
        return None
    kind, title, text = told
    return AgentEvent(clean(event.id), kind, _line(title), clean(text), _moment(event.timestamp))


def ended_by_tool(raw: bytes | msgspec.Raw) -> bool | None:
    """True: the agent ended here by its tool for it. False: by a message. None: it did not end here."""
    event = decoded(raw, _Event, what="event")
    if event.kind == "ActionEvent" and event.action and event.action.kind == "FinishAction":
        return True
    return False if event.kind == "MessageEvent" and event.source == "agent" else None


def error_code(raw: bytes | msgspec.Raw) -> str:
    """The code of a ConversationErrorEvent. Raises AgentUnreadable."""
    return _line(decoded(raw, _Event, what="event").code)


def _said(event: _Event) -> _Told:
    title = "The agent says" if event.source == "agent" else "The task"
    return "says", title, _texts(event.llm_message.content if event.llm_message else [])


def _acted(event: _Event) -> _Told:
    action, thought = event.action or _Action(), _texts(event.thought)
    match event.tool_name:
        case "finish":
            return "says", "The agent has finished", action.message
        case "think":
            return "says", "The agent thinks", action.thought
        case "terminal":
            return "acts", f"$ {action.command.strip()}", _joined(thought, action.command)
        case "file_editor":
            words = _EDITS.get(action.command, "Opens")
            return "acts", f"{words} {action.path}", _joined(thought, action.new_str or action.file_text or "")
        case "task_tracker":
            return "acts", "Looks at its list of tasks", thought
    return "acts", f"Uses {event.tool_name}", thought


_EDITS = {
    "view": "Reads",
    "create": "Writes",
    "str_replace": "Changes",
    "insert": "Adds to",
    "undo_edit": "Takes back its change of",
}


def _saw(event: _Event) -> _Told | None:
    seen = event.observation or _Observation()
    if event.tool_name in ("finish", "think"):
        return None
    if seen.is_error:
        return "error", f"{event.tool_name} failed", _texts(seen.content)
    title = "Sees" if seen.exit_code is None else f"Sees (exit code {seen.exit_code})"
    return "sees", title, _texts(seen.content)


def _failed(event: _Event) -> _Told:
    return "error", f"{event.tool_name or 'A tool'} failed", event.error or event.rejection_reason


def _broke(event: _Event) -> _Told:
    return "error", event.code, event.detail


def _stopped(_: _Event) -> _Told:
    return "says", "Stopped", ""


# What is not here is the agent-server's own bookkeeping.
_TELL: dict[str, Callable[[_Event], _Told | None]] = {
    "MessageEvent": _said,
    "ActionEvent": _acted,
    "ObservationEvent": _saw,
    "AgentErrorEvent": _failed,
    "UserRejectObservation": _failed,
    "ConversationErrorEvent": _broke,
    "ServerErrorEvent": _broke,
    "InterruptEvent": _stopped,
    "PauseEvent": _stopped,
}


def _texts(parts: list[_Part]) -> str:
    return "\n".join(part.text for part in parts if part.text)


def _joined(*texts: str) -> str:
    return "\n\n".join(text for text in texts if text)


def _line(text: str) -> str:
    first = text.strip().partition("\n")[0]
    return clean(first, MOST_TITLE, shortened="…")


def clean(text: str, most: int = MOST_TEXT, *, shortened: str = SHORTENED) -> str:
    """The text without what no database keeps, and cut to `most` characters."""
    kept = text.replace("\0", "")
    return kept if len(kept) <= most else kept[: most - len(shortened)] + shortened


def _moment(timestamp: str) -> datetime:
    """Events are stamped in the agent-server's own time zone, unnamed; in our sandboxes that is UTC."""
    try:
        moment = datetime.fromisoformat(timestamp)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise AgentUnreadable("The agent's event has no readable time.") from error
