"""Reads a request for a chat completion as strictly as OpenAI does.

https://platform.openai.com/docs/api-reference/chat/create
"""

from typing import Annotated, Literal

import msgspec

# What OpenAI knows at the top and the scripts have no use for.
_FURTHER = (
    "temperature",
    "top_p",
    "presence_penalty",
    "frequency_penalty",
    "seed",
    "stop",
    "reasoning_effort",
    "verbosity",
    "response_format",
    "tool_choice",
    "parallel_tool_calls",
    "logprobs",
    "top_logprobs",
    "logit_bias",
    "user",
    "metadata",
    "store",
    "service_tier",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "modalities",
    "prediction",
)
Positive = Annotated[int, msgspec.Meta(ge=1)]


class Unacceptable(Exception):
    """The request is refused. `code` and `param` are OpenAI's."""

    def __init__(self, status: int, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {
            "error": {
                "message": message,
                "type": "invalid_request_error" if status < 500 else "server_error",
                "param": param,
                "code": code,
            }
        }


class Called(msgspec.Struct):
    """The function of a tool's call."""

    name: str
    arguments: str


class ToolCall(msgspec.Struct):
    """A tool's call in an answer that is sent back."""

    id: str
    type: Literal["function"]
    function: Called


class Part(msgspec.Struct):
    """A piece of a message."""

    type: Literal["text", "image_url"]
    text: str = ""
    image_url: dict[str, str] | None = None


class Message(msgspec.Struct):
    """One message of the conversation so far."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[Part] | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None

    @property
    def text(self) -> str:
        """All text in it."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text for part in self.content or ())


class Function(msgspec.Struct):
    """A function that the model may call."""

    name: str
    description: str = ""
    parameters: dict[str, object] = msgspec.field(default_factory=dict)


class Tool(msgspec.Struct):
    """A tool that the model may call."""

    type: Literal["function"]
    function: Function


class StreamOptions(msgspec.Struct):
    """What a stream contains."""

    include_usage: bool = False


class Asked(msgspec.Struct):
    """A request for a chat completion."""

    model: str
    messages: Annotated[list[Message], msgspec.Meta(min_length=1)]
    tools: list[Tool] = msgspec.field(default_factory=list)
    max_tokens: Positive | None = None
    max_completion_tokens: Positive | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[int, msgspec.Meta(ge=1, le=128)] = 1

    @property
    def most_tokens(self) -> int | None:
        """The longest answer that is wanted."""
        return self.max_tokens or self.max_completion_tokens

    @property
    def wants_usage(self) -> bool:
        """Whether a stream ends with the count of tokens."""
        return self.stream_options is not None and self.stream_options.include_usage


def read(body: bytes) -> Asked:
    """The request. Raises Unacceptable in OpenAI's words."""
    fields = _fields(body)
    known = (*Asked.__struct_fields__, *_FURTHER)
    for name in fields:
        if name not in known:
            raise Unacceptable(400, f"Unrecognized request argument supplied: {name}", param=name)
    try:
        asked = msgspec.convert(fields, Asked)
    except msgspec.ValidationError as error:
        raise Unacceptable(400, f"{error}") from None
    _check(asked)
    return asked


def _fields(body: bytes) -> dict[str, object]:
    try:
        return msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Unacceptable(400, "We could not parse the JSON body of your request.") from None


def _check(asked: Asked) -> None:
    if asked.max_tokens and asked.max_completion_tokens:
        message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        raise Unacceptable(400, message, param="max_tokens", code="invalid_parameter_combination")
    if asked.stream_options and not asked.stream:
        raise Unacceptable(
            400, "The 'stream_options' parameter is only allowed when 'stream' is enabled.", param="stream"
        )
    _check_tool_messages(asked.messages)


def _check_tool_messages(messages: list[Message]) -> None:
    """Each call of a tool is answered before anything else is said."""
    open_calls: set[str] = set()
    for index, message in enumerate(messages):
        if message.role == "tool":
            if message.tool_call_id not in open_calls:
                wrong = "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
                raise Unacceptable(400, f"Invalid parameter: {wrong}", param=f"messages.[{index}].role")
            open_calls.discard(message.tool_call_id or "")
            continue
        if open_calls:
            break
        open_calls = {call.id for call in message.tool_calls or ()}
    if open_calls:
        wrong = "must be followed by tool messages responding to each 'tool_call_id'."
        raise Unacceptable(400, f"An assistant message with 'tool_calls' {wrong}", param="messages")
