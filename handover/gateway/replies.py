"""What the gateway answers, in the shapes of OpenAI's API."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

Header = tuple[bytes, bytes]
JSON: Header = (b"content-type", b"application/json")
CEILING = "handover_ceiling"


@dataclass(frozen=True)
class Reply:
    """A whole answer."""

    status: int
    body: bytes
    headers: Sequence[Header] = field(default=(JSON,))


class NotAnswered(Exception):
    """The call gets no answer of the model. Carries the status and the sentence that the agent gets."""

    def __init__(self, status: int, message: str, *, code: str, headers: Sequence[Header] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = headers

    @property
    def body(self) -> bytes:
        """The error as JSON, the way OpenAI writes it."""
        error = {"message": self.message, "type": _kind(self.status), "param": None, "code": self.code}
        return msgspec.json.encode({"error": error})

    @property
    def reply(self) -> Reply:
        """The error as an answer of its own."""
        return Reply(self.status, self.body, (JSON, *self.headers))

    @property
    def event(self) -> bytes:
        """The error as the last event of a stream that has begun."""
        return b"data: " + self.body + b"\n\n"


def _kind(status: int) -> str:
    # litellm goes by this word before it looks at the status: an `invalid_request_error` is never tried again.
    match status:
        case 401:
            return "authentication_error"
        case 429:
            return "rate_limit_error"
    return "invalid_request_error" if status < 500 else "server_error"


def no_such_path() -> NotAnswered:
    """Anything but a chat completion."""
    return NotAnswered(404, "Only POST /v1/chat/completions is let through to the model.", code="not_found")


def unknown_run() -> NotAnswered:
    """No token of ours, or one of a run that has ended."""
    return NotAnswered(401, "This token belongs to no run that is under way.", code="handover_unknown_run")


def body_too_large(most: int) -> NotAnswered:
    """More than we read."""
    # The rest of the body is not read, so the connection cannot be used again.
    message = f"The request is larger than {most // 2**20} MiB."
    return NotAnswered(413, message, code="handover_too_large", headers=((b"connection", b"close"),))


def not_let_through(reason: str) -> NotAnswered:
    """A field or a value that Handover does not pass on. `reason` names it."""
    return NotAnswered(
        400, f"Handover does not let this request through to the model: {reason}", code="handover_refused"
    )


def at_ceiling() -> NotAnswered:
    """The run has cost what it may cost."""
    # 400, since neither litellm nor OpenAI's client tries it again; and worded so that neither takes it for a
    # request that is too long for the model, which OpenHands would answer with a shorter one.
    return NotAnswered(
        400, "This run has reached what it may cost. Handover makes no further call for it.", code=CEILING
    )


def too_many() -> NotAnswered:
    """More calls at once than one run may make."""
    return NotAnswered(
        429, "This run has too many calls under way.", code="handover_too_many", headers=((b"retry-after", b"1"),)
    )


def out_of_reach() -> NotAnswered:
    """No connection, or one that broke."""
    return NotAnswered(502, "The model could not be reached.", code="handover_unreachable")


def too_slow() -> NotAnswered:
    """It did not answer in time."""
    return NotAnswered(504, "The model did not answer in time.", code="handover_too_slow")


def unreadable() -> NotAnswered:
    """Something answered that is no chat completion: a redirect, a sign-in page, a body without end."""
    return NotAnswered(502, "What answered at the model's address is no chat completion.", code="handover_unreadable")


def broken() -> NotAnswered:
    """The stream ended in the middle."""
    return NotAnswered(502, "The model broke off in the middle of its answer.", code="handover_broken")


def key_refused() -> NotAnswered:
    """The model does not accept the key. Its own words may quote the key, so the agent does not get them."""
    return NotAnswered(401, "The model refused the key that Handover has for it.", code="handover_key_refused")
