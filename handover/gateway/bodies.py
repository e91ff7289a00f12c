"""What the agent may send: OpenAI's chat completions, and of them only what is named here.

https://platform.openai.com/docs/api-reference/chat/create
"""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

# Between 0 and 1 for a share, up to 2 for the others, as OpenAI's description bounds them.
Share = Annotated[float, Meta(ge=0, le=1)]
Degree = Annotated[float, Meta(ge=-2, le=2)]
Count = Annotated[int, Meta(ge=1, le=10_000_000)]
Name = Annotated[str, Meta(max_length=256)]
Schema = dict[str, object]


class Strict(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Refuses a field that it does not name; leaves out what was not sent."""


class CacheControl(Strict):
    """Where a provider may keep the prompt so far."""

    type: Literal["ephemeral"]


class TextPart(Strict, tag_field="type", tag="text"):
    """A piece of text."""

    text: str
    cache_control: CacheControl | UnsetType | None = UNSET


class ImageAddress(Strict):
    """An image: `reading` lets data: URLs through alone."""

    url: str
    detail: Literal["auto", "low", "high"] | UnsetType = UNSET


class ImagePart(Strict, tag_field="type", tag="image_url"):
    """An image."""

    image_url: ImageAddress
    cache_control: CacheControl | UnsetType | None = UNSET


Content = str | list[TextPart | ImagePart]
Text = str | list[TextPart]


class CalledFunction(Strict):
    """The tool that the model called. `arguments` is JSON as text, as the model wrote it."""

    name: Name
    arguments: str


class ToolCall(Strict):
    """One call of a tool, in an answer of the model that is sent back to it."""

    id: Name
    type: Literal["function"]
    function: CalledFunction


class SystemMessage(Strict, tag_field="role", tag="system"):
    """Standing instructions."""

    content: Text
    name: Name | UnsetType = UNSET


class DeveloperMessage(Strict, tag_field="role", tag="developer"):
    """Standing instructions, in OpenAI's newer word."""

    content: Text
    name: Name | UnsetType = UNSET


class UserMessage(Strict, tag_field="role", tag="user"):
    """What the person says."""

    content: Content
    name: Name | UnsetType = UNSET


class AssistantMessage(Strict, tag_field="role", tag="assistant"):
    """What the model said."""

    content: Text | UnsetType | None = UNSET
    tool_calls: list[ToolCall] | UnsetType | None = UNSET
    reasoning_content: str | UnsetType | None = UNSET
    refusal: str | UnsetType | None = UNSET
    name: Name | UnsetType = UNSET


class ToolMessage(Strict, tag_field="role", tag="tool"):
    """What came of a tool's call. OpenHands puts an image that a tool shows here, and the tool's name beside it."""

    content: Content
    tool_call_id: Name
    name: Name | UnsetType = UNSET


Message = SystemMessage | DeveloperMessage | UserMessage | AssistantMessage | ToolMessage


class Function(Strict):
    """A tool that the agent itself carries out."""

    name: Name
    description: str | UnsetType = UNSET
    parameters: Schema | UnsetType = UNSET
    strict: bool | UnsetType | None = UNSET


class Tool(Strict):
    """Only functions: any other kind the model's provider would carry out itself."""

    type: Literal["function"]
    function: Function
    cache_control: CacheControl | UnsetType | None = UNSET


class NamedFunction(Strict):
    """The one tool to call."""

    name: Name


class ToolChoice(Strict):
    """Which tool to call."""

    type: Literal["function"]
    function: NamedFunction


class TextFormat(Strict, tag_field="type", tag="text"):
    """Answer with text."""


class JsonFormat(Strict, tag_field="type", tag="json_object"):
    """Answer with some JSON."""


class JsonSchema(Strict):
    """The JSON that is wanted."""

    name: Name
    description: str | UnsetType = UNSET
    schema: Schema | UnsetType = UNSET
    strict: bool | UnsetType | None = UNSET


class SchemaFormat(Strict, tag_field="type", tag="json_schema"):
    """Answer with JSON of this schema."""

    json_schema: JsonSchema


class StreamOptions(Strict):
    """Whether the stream ends with the count of tokens."""

    include_usage: bool | UnsetType = UNSET


class Completion(Strict):
    """One chat completion that is asked for."""

    model: str
    messages: Annotated[list[Message], Meta(min_length=1, max_length=20_000)]
    tools: Annotated[list[Tool], Meta(max_length=512)] | UnsetType = UNSET
    tool_choice: Literal["none", "auto", "required"] | ToolChoice | UnsetType = UNSET
    parallel_tool_calls: bool | UnsetType = UNSET
    temperature: Degree | UnsetType | None = UNSET
    top_p: Share | UnsetType | None = UNSET
    top_k: Count | UnsetType | None = UNSET
    presence_penalty: Degree | UnsetType | None = UNSET
    frequency_penalty: Degree | UnsetType | None = UNSET
    seed: int | UnsetType | None = UNSET
    stop: str | Annotated[list[str], Meta(max_length=16)] | UnsetType | None = UNSET
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | UnsetType | None = UNSET
    verbosity: Literal["low", "medium", "high"] | UnsetType | None = UNSET
    response_format: TextFormat | JsonFormat | SchemaFormat | UnsetType = UNSET
    max_tokens: Count | UnsetType | None = UNSET
    max_completion_tokens: Count | UnsetType | None = UNSET
    stream: bool | UnsetType | None = UNSET
    stream_options: StreamOptions | UnsetType | None = UNSET
    n: Literal[1] | UnsetType = UNSET
    # Taken and not passed on: they sort, keep or label calls at the provider, who bills us for one of them
    # (`service_tier`), and strict servers refuse them.
    prompt_cache_key: msgspec.Raw | UnsetType = UNSET
    prompt_cache_retention: msgspec.Raw | UnsetType = UNSET
    user: msgspec.Raw | UnsetType = UNSET
    safety_identifier: msgspec.Raw | UnsetType = UNSET
    metadata: msgspec.Raw | UnsetType = UNSET
    store: msgspec.Raw | UnsetType = UNSET
    service_tier: msgspec.Raw | UnsetType = UNSET

    def images(self) -> Iterator[str]:
        """The address of every image in it."""
        for message in self.messages:
            if isinstance(message, UserMessage | ToolMessage) and not isinstance(message.content, str):
                yield from (part.image_url.url for part in message.content if isinstance(part, ImagePart))

    def schemas(self) -> Iterator[Schema]:
        """Every part of it that may nest as it likes."""
        for tool in self.tools or ():
            if isinstance(tool.function.parameters, dict):
                yield tool.function.parameters
        if isinstance(self.response_format, SchemaFormat) and isinstance(self.response_format.json_schema.schema, dict):
            yield self.response_format.json_schema.schema


DROPPED = (
    "prompt_cache_key",
    "prompt_cache_retention",
    "user",
    "safety_identifier",
    "metadata",
    "store",
    "service_tier",
)
