"""Reads the model's answers: whole ones, the events of a stream, and errors."""

from collections.abc import AsyncIterable, AsyncIterator

import msgspec

from handover.gateway.replies import Header, NotAnswered, key_refused, unreadable
from handover.gateway.tally import Counted

MOST_BYTES = 16 * 2**20
MOST_EVENT_BYTES = 4 * 2**20
MOST_ERROR_BYTES = 64 * 2**10
MOST_ERROR_TEXT = 2_000
MOST_CODE = 64
LEAST_KEY = 16
# A longer wait is not asked of the agent: its run has a limit of its own.
MOST_WAIT_SECONDS = 300


class Unreadable(Exception):
    """It is no chat completion, or one without end."""


class CalledPiece(msgspec.Struct):
    """A piece of what a tool is called with."""

    arguments: str | None = None


class ToolCallPiece(msgspec.Struct):
    """A piece of a tool's call."""

    function: CalledPiece | None = None


class Piece(msgspec.Struct):
    """What one event of a stream adds to the answer."""

    content: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[ToolCallPiece] | None = None

    @property
    def text(self) -> str:
        """All that was written in it."""
        called = [call.function.arguments for call in self.tool_calls or () if call.function]
        return "".join(text for text in (self.content, self.reasoning_content, *called) if text)


class Choice(msgspec.Struct):
    """One of the answers; there is one."""

    delta: Piece | None = None
    message: Piece | None = None
    finish_reason: str | None = None


class Answer(msgspec.Struct):
    """A whole answer, or one event of a stream."""

    choices: list[Choice] = msgspec.field(default_factory=list)
    usage: Counted | None = None

    @property
    def text(self) -> str:
        """All that was written in it."""
        return "".join(piece.text for choice in self.choices if (piece := choice.delta or choice.message))

    @property
    def finished(self) -> bool:
        """Whether nothing more is written after it."""
        return any(choice.finish_reason for choice in self.choices)


class Trouble(msgspec.Struct):
    """What went wrong, in the shape of OpenAI and of most who copy it."""

    message: str = ""
    code: str | int | None = None


class Failure(msgspec.Struct):
    """An error's body."""

    error: Trouble | str | None = None

    @property
    def trouble(self) -> Trouble:
        """What it says, in whichever form."""
        return self.error if isinstance(self.error, Trouble) else Trouble(self.error or "")


_answer = msgspec.json.Decoder(Answer)
_failure = msgspec.json.Decoder(Failure)


def read_answer(body: bytes) -> Answer:
    """A whole answer, or the data of one event. Raises Unreadable where it is none."""
    try:
        return _answer.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Unreadable from None


async def whole(pieces: AsyncIterable[bytes], *, most: int) -> bytes:
    """All of a body, up to `most` bytes. Raises Unreadable where it has more."""
    body = bytearray()
    async for piece in pieces:
        body += piece
        if len(body) > most:
            raise Unreadable
    return bytes(body)


async def events(pieces: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The data of each server-sent event, as soon as it is whole. Comments and names of events are left out.

    https://html.spec.whatwg.org/multipage/server-sent-events.html
    """
    rest = b""
    async for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                yield line[5:].strip()
        if len(rest) > MOST_EVENT_BYTES:
            raise Unreadable


def without(key: str, data: bytes) -> bytes:
    """The data with no trace of the key, should the model's server ever quote it."""
    # A shorter one is a placeholder such as "none", which an answer may well contain.
    return data.replace(key.encode(), b"") if len(key) >= LEAST_KEY else data


def failure(status: int, body: bytes, *, retry_after: str) -> NotAnswered:
    """What the agent gets for an answer that is not 200: the model's own sentence at the most, and never the key."""
    if status in (401, 403):
        return key_refused()
    if not 400 <= status <= 599:
        return unreadable()
    headers: list[Header] = []
    if status in (429, 503) and retry_after.isascii() and retry_after.isdigit():
        headers.append((b"retry-after", str(min(int(retry_after[:6]), MOST_WAIT_SECONDS)).encode()))
    trouble = _trouble(body)
    message = trouble.message[:MOST_ERROR_TEXT] or f"The model answered {status}."
    # OpenHands tells by the code whether a prompt was too long, or against the provider's rules.
    code = trouble.code[:MOST_CODE] if isinstance(trouble.code, str) else ""
    return NotAnswered(status, message, code=code or f"model_{status}", headers=headers)


def _trouble(body: bytes) -> Trouble:
    try:
        return _failure.decode(body).trouble
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return Trouble()
