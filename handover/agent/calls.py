"""Single calls to an agent-server over its unix socket. All that it answers is hostile: bounded in time and size."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import httpx

from handover.agent.events import AgentUnreadable, decoded
from handover.lib import http

CALL_SECONDS = 30.0
# An event that edits a file carries it twice; a hundred times this are asked for again in smaller parts.
MOST_BYTES = 8 * 1024 * 1024
MOST_REASON = 300

T = TypeVar("T")


class AgentUnavailable(Exception):
    """The agent-server did not answer, or could not just now. To be tried again, if need be in a new sandbox."""


class AgentRefused(Exception):
    """The agent-server refused the call with `status`."""

    def __init__(self, status: int, reason: str) -> None:
        # Both are its arguments, so that the engine's record of it can be read again.
        super().__init__(status, reason)
        self.status = status
        self.reason = reason

    def __str__(self) -> str:
        return f"The agent refused a call with {self.status}: {self.reason}"


class AnswerTooLarge(AgentUnreadable):
    """The answer has more than MOST_BYTES."""


class Calls:
    """Makes calls. Each may raise AgentUnavailable, and the reading ones AgentRefused and AgentUnreadable too."""

    def __init__(self, socket: Path, session_key: str) -> None:
        # No connection is kept between calls: there is nothing to close, and a new sandbox is met at once.
        transport = httpx.AsyncHTTPTransport(uds=str(socket), limits=httpx.Limits(max_keepalive_connections=0))
        headers = {"X-Session-API-Key": session_key, "User-Agent": http.USER_AGENT}
        # One limit for the whole call, below: the agent could feed us a byte at a time.
        self._http = httpx.AsyncClient(transport=transport, headers=headers, base_url="http://agent", timeout=None)  # noqa: S113

    async def read(self, path: str, shape: type[T], *, params: Mapping[str, str | int] | None = None) -> T:
        """What is at `path`, as a `shape`."""
        return _read(await self._send("GET", path, params=params), shape)

    async def ask(self, path: str, body: object, shape: type[T], *, seconds: float = CALL_SECONDS) -> T:
        """What a POST is answered, as a `shape`."""
        return _read(await self._send("POST", path, body=body, seconds=seconds), shape)

    async def post(self, path: str, body: object = None, *, allowed: tuple[int, ...] = ()) -> int:
        """The status of a POST that was accepted, or refused with one of `allowed`."""
        answer = await self._send("POST", path, body=body)
        return answer.status_code if answer.status_code in allowed else _accepted(answer).status_code

    async def look(self, path: str, *, allowed: tuple[int, ...] = (), seconds: float = CALL_SECONDS) -> int:
        """The status of a GET that was accepted, or refused with one of `allowed`."""
        answer = await self._send("GET", path, seconds=seconds)
        return answer.status_code if answer.status_code in allowed else _accepted(answer).status_code

    async def _send(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        params: Mapping[str, str | int] | None = None,
        seconds: float = CALL_SECONDS,
    ) -> httpx.Response:
        request = self._http.build_request(method, path, json=body, params=params)
        try:
            async with asyncio.timeout(seconds):
                return await http.bounded(self._http, request, most_bytes=MOST_BYTES)
        except http.AnswerTooLarge as error:
            raise AnswerTooLarge(f"The agent's answer to {path} has more than {MOST_BYTES} bytes.") from error
        except TimeoutError as error:
            raise AgentUnavailable(f"The agent did not answer {path} within {seconds:.0f} s.") from error
        except httpx.HTTPError as error:
            raise AgentUnavailable(f"The agent did not answer {path}: {error or type(error).__name__}") from error


def _read(answer: httpx.Response, shape: type[T]) -> T:
    return decoded(_accepted(answer).content, shape, what="answer")


def _accepted(answer: httpx.Response) -> httpx.Response:
    status = answer.status_code
    if answer.is_success:
        return answer
    reason = answer.content[:MOST_REASON].decode("utf-8", "replace")
    # 429: all places for running conversations are taken.
    if status == 429 or status >= 500:
        raise AgentUnavailable(f"The agent answered with {status}: {reason}")
    raise AgentRefused(status, reason)
