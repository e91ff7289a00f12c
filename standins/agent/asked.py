"""Reads what is asked, and refuses what the real server refuses, in FastAPI's shape."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request

Fields = dict[str, object]
TOOLS = frozenset({"terminal", "file_editor", "task_tracker", "finish", "think", "glob", "grep"})


class Unprocessable(Exception):
    """A 422. `where` is the path to the field."""

    def __init__(self, *where: str, kind: str = "missing", message: str = "Field required") -> None:
        super().__init__(message)
        self.detail = [{"type": kind, "loc": list(where), "msg": message}]


@dataclass(frozen=True)
class Llm:
    """The model that a conversation asks."""

    model: str
    base_url: str
    api_key: str
    tries: int = 5
    pause: float = 8.0
    seconds: float = 300.0


@dataclass(frozen=True)
class NewConversation:
    """The body of `POST /api/conversations`. `agent` is without the model's key."""

    id: str
    agent: Fields
    llm: Llm
    working_dir: str
    text: str
    run: bool
    max_iterations: int


@dataclass(frozen=True)
class Command:
    """The body of `POST /api/bash/execute_bash_command`."""

    command: str
    cwd: str | None
    timeout: int


async def body_of(request: Request) -> Fields:
    """The body as an object."""
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise Unprocessable("body", kind="json_invalid", message="JSON decode error") from error
    if not isinstance(body, dict):
        raise Unprocessable("body", kind="model_attributes_type", message="Input should be a valid dictionary")
    return body


def identifier(text: str, *where: str) -> str:
    """A UUID in its usual form."""
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise Unprocessable(*where, kind="uuid_parsing", message="Input should be a valid UUID") from error


def new_conversation(body: Fields) -> NewConversation:
    """What the body asks for."""
    workspace = _object(body, "workspace")
    if not isinstance(workspace.get("working_dir"), str):
        raise _broken()
    agent = _object(body, "agent")
    llm = _object(agent, "llm", "agent")
    message = _object(body, "initial_message") if body.get("initial_message") else {}
    return NewConversation(
        id=identifier(str(body.get("conversation_id") or uuid.uuid4()), "body", "conversation_id"),
        agent={
            "kind": "Agent",
            "tools": _tools(agent, begins=bool(message)),
            "llm": {**llm, "api_key": None, "is_subscription": False},
        },
        llm=_llm(llm),
        working_dir=str(workspace["working_dir"]),
        text=_message_text(message),
        run=bool(message.get("run")),
        max_iterations=_number(body, "max_iterations", 500),
    )


def command(body: Fields) -> Command:
    """The command that the body asks for."""
    cwd = body.get("cwd")
    return Command(_text(body, "command"), None if cwd is None else str(cwd), _number(body, "timeout", 300))


def _llm(llm: Fields) -> Llm:
    return Llm(
        model=_text(llm, "model", "agent", "llm"),
        base_url=str(llm.get("base_url") or ""),
        api_key=str(llm.get("api_key") or ""),
        tries=_number(llm, "num_retries", 5, "agent", "llm"),
        pause=float(_number(llm, "retry_min_wait", 8, "agent", "llm")),
        seconds=float(_number(llm, "timeout", 300, "agent", "llm")),
    )


def _tools(agent: Fields, *, begins: bool) -> list[Fields]:
    tools = agent.get("tools", [])
    if not isinstance(tools, list):
        raise Unprocessable("body", "agent", "tools", kind="list_type", message="Input should be a valid list")
    names = [_text(tool, "name", "agent", "tools") if isinstance(tool, dict) else "" for tool in tools]
    # Tools are looked for when the first message comes.
    if begins and not TOOLS.issuperset(names):
        raise _broken()
    return [{"name": name, "params": {}} for name in names]


def _broken() -> HTTPException:
    """Where the real one fails, and does not refuse."""
    return HTTPException(500, "Internal Server Error")


def _message_text(message: Mapping[str, object]) -> str:
    content = message.get("content", [])
    if not isinstance(content, list):
        raise Unprocessable("body", "initial_message", "content", kind="list_type", message="Should be a list")
    return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))


def _object(body: Fields, name: str, *above: str) -> Fields:
    value = body.get(name)
    if name not in body:
        raise Unprocessable("body", *above, name)
    if not isinstance(value, dict):
        raise Unprocessable("body", *above, name, kind="model_type", message="Input should be an object")
    return value


def _text(body: Fields, name: str, *above: str) -> str:
    value = body.get(name)
    if name not in body:
        raise Unprocessable("body", *above, name)
    if not isinstance(value, str):
        raise Unprocessable("body", *above, name, kind="string_type", message="Input should be a valid string")
    return value


def _number(body: Fields, name: str, default: int, *above: str) -> int:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unprocessable("body", *above, name, kind="int_type", message="Input should be a valid integer")
    return value
