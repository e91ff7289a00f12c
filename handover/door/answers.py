"""All that the door ever answers: made once, tiny, and saying nothing of secrets."""

from asgiref.typing import HTTPResponseBodyEvent, HTTPResponseStartEvent


class Answer:
    """A status and one line of plain text, ready to be sent."""

    __slots__ = ("body", "start", "status")

    def __init__(self, status: int, line: str, *, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        text = f"{line}\n".encode()
        self.status = status
        self.start: HTTPResponseStartEvent = {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", b"text/plain"),
                (b"content-length", str(len(text)).encode()),
                *headers,
            ],
            "trailers": False,
        }
        self.body: HTTPResponseBodyEvent = {"type": "http.response.body", "body": text, "more_body": False}


# What is left of the body is not read: the connection cannot be used again.
CLOSE = ((b"connection", b"close"),)

TAKEN = Answer(200, "ok")
NOT_JSON = Answer(400, "The body is no JSON object.")
FORBIDDEN = Answer(403, "There is no such connection, or the signature in X-Hub-Signature is not made with its secret.")
NOT_HERE = Answer(404, "Nothing is here.")
NOT_ALLOWED = Answer(405, "Deliveries are sent with POST.", headers=((b"allow", b"POST"),))
TOO_SLOW = Answer(408, "The body did not come in time.", headers=CLOSE)
TOO_LARGE = Answer(413, "The body is larger than 4 MiB.", headers=CLOSE)
NOT_JOURNALED = Answer(503, "The journal cannot be written now.")
