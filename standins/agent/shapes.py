"""Events in the shapes of the agent-server 1.58: its /openapi.json, schema `Event`."""

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

from standins.agent.asked import Fields
from standins.agent.model import ToolCall

SYSTEM_PROMPT = "You are the stand-in for an OpenHands agent. You play what the model tells you."


def stamp() -> str:
    """Now, as the server writes it: in its own time, unnamed."""
    return datetime.now(UTC).replace(tzinfo=None).isoformat()


def event(kind: str, source: str, **fields: object) -> Fields:
    """An event."""
    return {"id": str(uuid.uuid4()), "timestamp": stamp(), "source": source, **fields, "kind": kind}


def text(value: str) -> list[Fields]:
    """Content that is one text."""
    return [{"cache_prompt": False, "type": "text", "text": value}]


def system_prompt() -> Fields:
    """How a conversation begins."""
    return event("SystemPromptEvent", "agent", system_prompt=text(SYSTEM_PROMPT)[0], tools=[])


def message(source: str, said: str) -> Fields:
    """Someone says something."""
    role = "assistant" if source == "agent" else "user"
    return event(
        "MessageEvent",
        source,
        llm_message={"role": role, "content": text(said), "thinking_blocks": []},
        activated_skills=[],
        extended_content=[],
    )


def status(value: str) -> Fields:
    """The conversation has another status."""
    return event("ConversationStateUpdateEvent", "environment", key="execution_status", value=value)


def acted(call: ToolCall, action: Mapping[str, object] | None, *, thought: str, response_id: str) -> Fields:
    """The agent calls a tool. `action` is None where the call cannot be understood."""
    return event(
        "ActionEvent",
        "agent",
        thought=text(thought) if thought else [],
        thinking_blocks=[],
        **({} if action is None else {"action": action}),
        tool_name=call.name,
        tool_call_id=call.id,
        tool_call={"id": call.id, "name": call.name, "arguments": call.arguments, "origin": "completion"},
        llm_response_id=response_id,
        security_risk="UNKNOWN",
        summary=f"{call.name}: {json.dumps(action)}",
    )


def saw(action: Fields, observation: Fields) -> Fields:
    """What came of an action."""
    return event(
        "ObservationEvent",
        "environment",
        tool_name=action["tool_name"],
        tool_call_id=action["tool_call_id"],
        observation=observation,
        action_id=action["id"],
        extended_content=[],
    )


def failed(action: Fields, error: str, *, retryable: bool = True) -> Fields:
    """An action came to nothing."""
    return event(
        "AgentErrorEvent",
        "agent",
        tool_name=action["tool_name"],
        tool_call_id=action["tool_call_id"],
        error=error,
        classification={
            "kind": "agent_action" if retryable else "internal",
            "retryable": retryable,
            "user_action": "retry" if retryable else "none",
        },
    )


def broke(code: str, detail: str) -> Fields:
    """The conversation ended with an error."""
    return event("ConversationErrorEvent", "environment", code=code, detail=detail)


def terminal(command: str, output: str, *, exit_code: int, folder: str) -> Fields:
    """What a command wrote."""
    return {
        "content": text(output),
        "is_error": False,
        "command": command,
        "exit_code": exit_code,
        "timeout": exit_code == -1,
        "metadata": {
            "exit_code": exit_code,
            "working_dir": folder,
            "suffix": f"\n[The command completed with exit code {exit_code}.]",
        },
        "kind": "TerminalObservation",
    }


def told(kind: str, value: str) -> Fields:
    """What the tools that only speak answer."""
    return {"content": text(value), "is_error": False, "kind": kind}
