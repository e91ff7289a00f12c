"""One conversation: its record, kept on disk event by event, so that a server started again finds it."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from standins.agent import shapes
from standins.agent.asked import Fields, Llm, NewConversation

RESTARTED = (
    "A restart occurred while this tool was in progress. This may indicate a fatal memory error or system crash. "
    "The tool execution was interrupted and did not complete."
)


class Conversation:
    """A conversation as it stands."""

    def __init__(self, folder: Path, asked: NewConversation, *, seal: str) -> None:
        self.folder = folder
        self.asked = asked
        self.seal = seal
        self.status = "idle"
        self.cwd = asked.working_dir
        self.created_at = self.updated_at = shapes.stamp()
        self.events: list[Fields] = []

    @property
    def id(self) -> str:
        """Its id."""
        return self.asked.id

    @classmethod
    def begin(cls, folder: Path, asked: NewConversation, *, seal: str) -> "Conversation":
        """A new conversation. A working_dir that is missing is made."""
        Path(asked.working_dir).mkdir(parents=True, exist_ok=True)
        folder.mkdir(parents=True)
        conversation = cls(folder, asked, seal=seal)
        (folder / "asked.json").write_text(json.dumps({**asdict(asked), "seal": seal}), encoding="utf-8")
        conversation.append(shapes.system_prompt())
        if asked.text:
            conversation.append(shapes.message("user", asked.text))
        return conversation

    @classmethod
    def load(cls, folder: Path, *, seal: str) -> "Conversation":
        """The conversation that an ended server left. One that was running stands at an error, as with the real one."""
        kept = json.loads((folder / "asked.json").read_text(encoding="utf-8"))
        sealed_by, llm = kept.pop("seal"), Llm(**kept.pop("llm"))
        if sealed_by != seal:
            # The real one cannot open the key any more.
            llm = Llm(llm.model, llm.base_url, api_key="")
        conversation = cls(folder, NewConversation(**kept, llm=llm), seal=seal)
        lines = (folder / "events.jsonl").read_text(encoding="utf-8").splitlines()
        conversation.events = [event for line in lines if (event := _whole(line))]
        conversation.status = _last_status(conversation.events)
        if conversation.status == "running":
            conversation.fail_pending(RESTARTED, retryable=False)
            conversation.move("error")
        return conversation

    def append(self, event: Fields) -> Fields:
        """Keep an event."""
        self.events.append(event)
        self.updated_at = shapes.stamp()
        with (self.folder / "events.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")
        return event

    def move(self, status: str) -> None:
        """Take another status."""
        self.status = status
        self.append(shapes.status(status))

    def pending(self) -> list[Fields]:
        """Actions that nothing came of yet."""
        ended = {event["tool_call_id"] for event in self.events if _ends_an_action(event)}
        return [event for event in self.events if event["kind"] == "ActionEvent" and event["tool_call_id"] not in ended]

    def fail_pending(self, error: str, *, retryable: bool = True) -> None:
        """Say of all pending actions that they came to nothing."""
        for action in self.pending():
            self.append(shapes.failed(action, error, retryable=retryable))

    def final_text(self) -> str:
        """What the agent said last."""
        for event in reversed(self.events):
            if event["kind"] == "ActionEvent" and event["tool_name"] == "finish":
                return str(_field(event, "action", "message") or "")
            if event["kind"] == "MessageEvent" and event["source"] == "agent":
                return _texts(_field(event, "llm_message", "content"))
        return ""

    def messages(self) -> list[Fields]:
        """The conversation as the model is told it."""
        return list(_messages(self.events))

    def info(self) -> Fields:
        """The conversation as the server tells it."""
        return {
            "id": self.id,
            "workspace": {"working_dir": self.asked.working_dir, "kind": "LocalWorkspace"},
            "persistence_dir": str(self.folder),
            "max_iterations": self.asked.max_iterations,
            "stuck_detection": True,
            "execution_status": self.status,
            "confirmation_policy": {"kind": "NeverConfirm"},
            "stats": {"usage_to_metrics": {}},
            "title": None,
            "metrics": None,
            "created_at": f"{self.created_at}Z",
            "updated_at": f"{self.updated_at}Z",
            "tags": {},
            "agent": self.asked.agent,
        }


def _messages(events: list[Fields]) -> Iterator[Fields]:
    calls: list[Fields] = []
    for event in events:
        if event["kind"] == "ActionEvent":
            calls.append(event)
            continue
        if calls and event["kind"] != "ConversationStateUpdateEvent":
            yield _called(calls)
            calls = []
        match event["kind"]:
            case "SystemPromptEvent":
                yield {"role": "system", "content": [_plain(shapes.SYSTEM_PROMPT)]}
            case "MessageEvent":
                said = _texts(_field(event, "llm_message", "content"))
                yield {"role": _field(event, "llm_message", "role"), "content": [_plain(said)]}
            case "ObservationEvent":
                yield _result(event, _observed(event))
            case "AgentErrorEvent":
                yield _result(event, str(event["error"]))


def _called(actions: list[Fields]) -> Fields:
    calls = []
    for action in actions:
        call = action["tool_call"]
        assert isinstance(call, dict)
        function = {"name": call["name"], "arguments": call["arguments"]}
        calls.append({"id": call["id"], "type": "function", "function": function})
    thought = _texts(actions[0]["thought"])
    return {"role": "assistant", "tool_calls": calls, **({"content": [_plain(thought)]} if thought else {})}


def _result(event: Fields, text: str) -> Fields:
    return {
        "role": "tool",
        "tool_call_id": event["tool_call_id"],
        "name": event["tool_name"],
        "content": [_plain(text)],
    }


def _observed(event: Fields) -> str:
    metadata = _field(event, "observation", "metadata")
    suffix = str(metadata.get("suffix", "")) if isinstance(metadata, dict) else ""
    return _texts(_field(event, "observation", "content")) + suffix


def _plain(text: str) -> Fields:
    return {"type": "text", "text": text}


def _field(event: Fields, *names: str) -> object:
    value: object = event
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _texts(parts: object) -> str:
    return "\n".join(str(part["text"]) for part in parts) if isinstance(parts, list) else ""


def _ends_an_action(event: Fields) -> bool:
    return event["kind"] in ("ObservationEvent", "AgentErrorEvent")


def _last_status(events: list[Fields]) -> str:
    statuses = [str(event["value"]) for event in events if event.get("key") == "execution_status"]
    return statuses[-1] if statuses else "idle"


def _whole(line: str) -> Fields | None:
    """The event; None for a line that a killed server wrote in half."""
    try:
        event: Fields = json.loads(line)
    except ValueError:
        return None
    return event
