"""Asks a model for a chat completion, as often as the conversation's settings say."""

import asyncio
import http.client
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from standins.agent.asked import Fields, Llm

TRIED_AGAIN = frozenset({0, 408, 409, 429, 500, 502, 503, 504})
TOOLS = (
    ("terminal", "Run a shell command. The shell keeps its folder.", {"command": "string", "timeout": "number"}),
    ("think", "Log a thought.", {"thought": "string"}),
    ("finish", "End, and report.", {"message": "string"}),
)


class ModelFailed(Exception):
    """The model gave no answer. `code` is what the real server's error event carries."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class ToolCall:
    """A tool's call, as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Answer:
    """What the model said."""

    id: str
    text: str
    calls: tuple[ToolCall, ...]


async def ask(llm: Llm, messages: list[Fields], *, conversation: str) -> Answer:
    """The model's answer. Raises ModelFailed."""
    provider, _, name = llm.model.partition("/")
    if not name:
        raise ModelFailed("LLMBadRequestError", f"LLM Provider NOT provided. You passed model={provider}")
    if not llm.api_key:
        raise ModelFailed("LLMAuthenticationError", "Your LLM API key appears to be invalid or has expired.")
    body = {
        "model": name,
        "messages": messages,
        "tools": [_tool(*tool) for tool in TOOLS],
        "reasoning_effort": "high",
        "prompt_cache_key": conversation,
    }
    for left in reversed(range(max(llm.tries, 1))):
        status, content = await asyncio.to_thread(_post, llm, json.dumps(body).encode())
        if status not in TRIED_AGAIN or not left:
            break
        await asyncio.sleep(llm.pause)
    return _answer(status, content)


def _tool(name: str, description: str, parameters: dict[str, str]) -> Fields:
    schema = {
        "type": "object",
        "properties": {field: {"type": kind} for field, kind in parameters.items()},
        "required": [next(iter(parameters))],
    }
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


def _post(llm: Llm, body: bytes) -> tuple[int, bytes]:
    """Status and body; (0, why) where there was no answer."""
    address = urlsplit(llm.base_url)
    connect = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = connect(address.hostname or "", address.port, timeout=llm.seconds)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {llm.api_key}"}
    try:
        connection.request("POST", f"{address.path}/chat/completions", body, headers)
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error).encode()
    finally:
        connection.close()


def _answer(status: int, content: bytes) -> Answer:
    if status != 200:
        raise ModelFailed(_code(status), content[:500].decode("utf-8", "replace"))
    try:
        body = json.loads(content)
        message = body["choices"][0]["message"]
        calls = tuple(
            ToolCall(call["id"], call["function"]["name"], call["function"]["arguments"])
            for call in message.get("tool_calls") or ()
        )
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ModelFailed("APIError", "The model's answer is no chat completion.") from error
    return Answer(str(body.get("id", "")), message.get("content") or "", calls)


def _code(status: int) -> str:
    match status:
        case 401:
            return "LLMAuthenticationError"
        case 429:
            return "LLMRateLimitError"
        case 400:
            return "LLMBadRequestError"
        case 404:
            return "NotFoundError"
        case 0 | 500 | 502 | 503 | 504:
            return "LLMServiceUnavailableError"
    return "APIError"
