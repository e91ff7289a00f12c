"""A body as it arrives: the exact bytes, at most 4 MiB of them."""

import asyncio

from asgiref.typing import ASGIReceiveCallable

MOST_BYTES = 4 * 1024 * 1024
# Jira sends a body in one go. Whoever trickles one keeps its memory no longer than this.
MOST_SECONDS = 20.0


class TooLarge(Exception):
    """More than MOST_BYTES came, or were announced."""


class TooSlow(Exception):
    """The end did not come within MOST_SECONDS of the beginning."""


class Gone(Exception):
    """The client left before the end."""


async def arrived(receive: ASGIReceiveCallable) -> bytes:
    """The whole body. Raises TooLarge as soon as it is, TooSlow, Gone."""
    message = await receive()
    if message["type"] != "http.request":
        raise Gone
    body = message.get("body", b"")
    if message.get("more_body", False):
        return await _rest(receive, bytearray(body))
    if len(body) > MOST_BYTES:
        raise TooLarge
    return body


async def _rest(receive: ASGIReceiveCallable, body: bytearray) -> bytes:
    try:
        async with asyncio.timeout(MOST_SECONDS):
            more = True
            while more:
                if len(body) > MOST_BYTES:
                    raise TooLarge
                message = await receive()
                if message["type"] != "http.request":
                    raise Gone
                body += message.get("body", b"")
                more = message.get("more_body", False)
    except TimeoutError as error:
        raise TooSlow from error
    if len(body) > MOST_BYTES:
        raise TooLarge
    return bytes(body)


def announces_too_much(content_length: bytes) -> bool:
    """Whether the header tells of more than MOST_BYTES. What is no number tells nothing: the bytes are counted."""
    digits = content_length.lstrip(b"0")
    return digits.isdigit() and (len(digits) > 12 or int(digits) > MOST_BYTES)
