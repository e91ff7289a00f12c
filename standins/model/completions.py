"""Answers in OpenAI's shapes, made from the request alone: the same request gets the same answer.

https://platform.openai.com/docs/api-reference/chat/object
https://platform.openai.com/docs/api-reference/chat/streaming
"""

import hashlib
import json
from collections.abc import Iterator

from standins.model.acts import Call, Say, Usage
from standins.model.requests import Asked

Json = dict[str, object]
CREATED = 1_760_000_000
CHARACTERS_PER_TOKEN = 4
PIECE = 24


def tokens(text: str) -> int:
    """How many tokens a text makes."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


class Completed:
    """The answer to one request."""

    def __init__(self, asked: Asked, act: Call | Say, body: bytes) -> None:
        self._asked = asked
        self._act = act
        self._digest = hashlib.sha256(body).hexdigest()[:24]
        self._written = json.dumps(act.arguments) if isinstance(act, Call) else act.text
        self._cut = asked.most_tokens is not None and tokens(self._written) > asked.most_tokens
        if self._cut and asked.most_tokens:
            self._written = self._written[: asked.most_tokens * CHARACTERS_PER_TOKEN]

    def whole(self) -> Json:
        """All at once."""
        message: Json = {"role": "assistant", "content": None, "refusal": None}
        if isinstance(self._act, Call):
            message["tool_calls"] = [{**self._head(self._act), "function": self._function(self._written)}]
        else:
            message["content"] = self._written
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self._reason}
        return {**self._frame("chat.completion"), "choices": [choice], "usage": self._usage()}

    def pieces(self) -> Iterator[Json]:
        """Piece by piece, the count of tokens at the end where it is wanted."""
        yield self._chunk({"role": "assistant", "content": None if isinstance(self._act, Call) else ""})
        if isinstance(self._act, Call):
            yield self._chunk({"tool_calls": [{"index": 0, **self._head(self._act), "function": self._function("")}]})
        for start in range(0, len(self._written), PIECE):
            yield self._chunk(self._delta(self._written[start : start + PIECE]))
        yield self._chunk({}, reason=self._reason)
        if self._asked.wants_usage:
            yield {**self._frame("chat.completion.chunk"), "choices": [], "usage": self._usage()}

    @property
    def _reason(self) -> str:
        if self._cut:
            return "length"
        return "tool_calls" if isinstance(self._act, Call) else "stop"

    def _frame(self, kind: str) -> Json:
        return {"id": f"chatcmpl-{self._digest}", "object": kind, "created": CREATED, "model": self._asked.model}

    def _head(self, call: Call) -> Json:
        return {"id": f"call_{self._digest}", "type": "function"}

    def _function(self, arguments: str) -> Json:
        assert isinstance(self._act, Call)
        return {"name": self._act.tool, "arguments": arguments}

    def _delta(self, piece: str) -> Json:
        if isinstance(self._act, Call):
            return {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}
        return {"content": piece}

    def _chunk(self, delta: Json, *, reason: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return {**self._frame("chat.completion.chunk"), "choices": [choice]}

    def _usage(self) -> Json:
        usage = self._reported()
        return {
            "prompt_tokens": usage.input_tokens,
            "completion_tokens": usage.output_tokens,
            "total_tokens": usage.input_tokens + usage.output_tokens,
        }

    def _reported(self) -> Usage:
        if isinstance(self._act, Call) and self._act.usage:
            return self._act.usage
        asked = sum(tokens(message.text) for message in self._asked.messages)
        return Usage(input_tokens=asked, output_tokens=max(1, tokens(self._written)))
