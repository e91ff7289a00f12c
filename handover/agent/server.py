"""One agent-server, spoken to over its unix socket. All that it answers is hostile: bounded, and read into what we use.

The calls: https://docs.openhands.dev/sdk (the agent-server's own /openapi.json names every field).
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import httpx
import msgspec

from handover.agent.events import AgentEvent, AgentUnreadable, decoded, ended_by_tool, error_code, read
from handover.lib import http

__all__ = [
    "AgentEvent",
    "AgentRefused",
    "AgentServer",
    "AgentUnavailable",
    "AgentUnreadable",
    "Conversation",
    "Executed",
    "Model",
    "Standing",
]

CALL_SECONDS = 30.0
# An event that edits a file carries it twice.
MOST_BYTES = 16 * 1024 * 1024
# The agent-server gives 100 events at most; where so many are too much to read, fewer are asked for.
PAGES = (100, 10, 1)
# A conversation of a few hundred steps has some five raw events to each.
MOST_PAGES = 60
MOST_OUTPUT = 20_000
# A conversation that is resumed answers with its old status for some 0.1 s.
RESUMED_WITHIN = 5.0


class AgentUnavailable(Exception):  # noqa: N818  read aloud: the agent is unavailable
    """The agent-server did not answer, or could not just now. To be tried again, if need be in a new sandbox."""


class AgentRefused(Exception):  # noqa: N818  read aloud: the agent refused
    """The agent-server refused the call."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"The agent refused a call with {status}: {message}")
        self.status = status


@dataclass(frozen=True)
class Model:
    """The model as the agent reaches it. Prices are per token; `token` is the run's own, and no provider's key."""

    name: str
    base_url: str
    token: str
    input_price: Decimal
    output_price: Decimal


@dataclass(frozen=True)
class Conversation:
    """What the agent is asked to do. `id` is a UUID; `working_dir` is a path inside the sandbox."""

    id: str
    text: str
    working_dir: str
    model: Model
    steps: int


@dataclass(frozen=True)
class Standing:
    """How a conversation stands, in the agent-server's words: idle, running, paused, finished, error, stuck, deleting."""

    status: str
    error_code: str = ""


@dataclass(frozen=True)
class Executed:
    """A command that was run inside. `exit_code` is -1 where it was cut off; the output is its end."""

    exit_code: int
    output: str


class _Info(msgspec.Struct):
    execution_status: str


class _Page(msgspec.Struct):
    items: list[msgspec.Raw]
    next_page_id: str | None = None


class _Response(msgspec.Struct):
    response: str


class _Output(msgspec.Struct):
    exit_code: int | None = None
    stdout: str | None = None
    stderr: str | None = None


@dataclass(frozen=True)
class _Mark:
    """Where the reading of a conversation's events has come to: the last one's id, and how many were told."""

    last: str
    told: int


class AgentServer:
    """The agent-server at `socket`. Every method may raise AgentUnavailable, AgentRefused and AgentUnreadable."""

    def __init__(self, socket: Path, session_key: str) -> None:
        self._headers = {"X-Session-API-Key": session_key, "User-Agent": http.USER_AGENT}
        # No connection is kept between calls: there is nothing to close, and a new sandbox is met at once.
        transport = httpx.AsyncHTTPTransport(uds=str(socket), limits=httpx.Limits(max_keepalive_connections=0))
        self._http = httpx.AsyncClient(transport=transport, headers=self._headers, base_url="http://agent", timeout=None)  # noqa: S113  _answer has one limit for the whole call
        self._marks: dict[str, _Mark] = {}

    async def ready(self, seconds: float) -> None:
        """Wait until the agent-server has started. We listen before it does, so the first call waits for it."""
        try:
            async with asyncio.timeout(seconds):
                while (await self._answer("GET", "/ready", seconds=seconds)).status_code == 503:
                    await asyncio.sleep(0.05)
        except TimeoutError as error:
            raise AgentUnavailable(f"The agent did not start within {seconds:.0f} s.") from error

    async def exists(self, conversation_id: str) -> bool:
        """Whether the conversation was begun."""
        answer = await self._answer("GET", _path(conversation_id))
        return answer.status_code != 404 and bool(_accepted(answer))

    async def create(self, conversation: Conversation) -> None:
        """Begin the conversation; where it was begun before and broke off, go on with it. Never begins a second one."""
        answer = _accepted(await self._answer("POST", "/api/conversations", json=_body(conversation)))
        if answer.status_code == 200:
            await self._go_on(conversation.id)

    async def _go_on(self, conversation_id: str) -> None:
        standing = await self.standing(conversation_id)
        # An error with a code was the conversation's own end; one without is what a restart leaves.
        if standing.status in ("idle", "paused") or standing == Standing("error"):
            await self.run(conversation_id)
            await self._until_gone_on(conversation_id, standing)

    async def _until_gone_on(self, conversation_id: str, before: Standing) -> None:
        deadline = asyncio.get_running_loop().time() + RESUMED_WITHIN
        while await self.standing(conversation_id) == before and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.05)

    async def run(self, conversation_id: str) -> None:
        """Let the conversation go on. One that is running goes on as it is."""
        answer = await self._answer("POST", f"{_path(conversation_id)}/run")
        if answer.status_code != 409:
            _accepted(answer)

    async def interrupt(self, conversation_id: str) -> None:
        """Stop the conversation now, with the command that is running. It can be gone on with."""
        _accepted(await self._answer("POST", f"{_path(conversation_id)}/interrupt"))

    async def standing(self, conversation_id: str) -> Standing:
        """How the conversation stands, by its own word."""
        status = (await self._read("GET", _path(conversation_id), _Info)).execution_status[:50]
        if status != "error":
            return Standing(status)
        newest = await self._newest(conversation_id, limit=1, kind="ConversationErrorEvent")
        return Standing(status, error_code(newest[0]) if newest else "")

    async def events(self, conversation_id: str, *, after: int = 0) -> list[AgentEvent]:
        """What can be told of the conversation, without the first `after` of it, oldest first. Bounded: ask again for more."""
        mark = self._marks.get(conversation_id)
        if mark is None or mark.told != after:
            mark = _Mark("", 0)
        found: list[AgentEvent] = []
        async for raw in self._raw_events(conversation_id, since=mark.last):
            event = read(raw)
            told = mark.told + (event is not None)
            mark = _Mark(decoded(raw, _Named, what="event").id, told)
            if event is not None and told > after:
                found.append(event)
        self._marks[conversation_id] = mark
        return found

    async def _raw_events(self, conversation_id: str, *, since: str) -> AsyncIterator[msgspec.Raw]:
        """Raw events, oldest first, after the one with the id `since`."""
        page_id: str | None = since
        for _ in range(MOST_PAGES):
            page = await self._page(conversation_id, {"page_id": page_id} if page_id else {})
            for raw in page.items:
                if decoded(raw, _Named, what="event").id != since:
                    yield raw
            page_id = page.next_page_id
            if not page_id:
                return

    async def _newest(self, conversation_id: str, *, limit: int, **only: str) -> list[msgspec.Raw]:
        asked = {"sort_order": "TIMESTAMP_DESC", **only}
        return (await self._page(conversation_id, asked, sizes=(limit,))).items

    async def _page(self, conversation_id: str, asked: Mapping[str, str], sizes: tuple[int, ...] = PAGES) -> _Page:
        path = f"{_path(conversation_id)}/events/search"
        for size in sizes[:-1]:
            try:
                return await self._read("GET", path, _Page, params={**asked, "limit": size})
            except _TooLarge:
                continue
        return await self._read("GET", path, _Page, params={**asked, "limit": sizes[-1]})

    async def final_text(self, conversation_id: str) -> str:
        """The agent's last word; "" where it has none."""
        answer = await self._read("GET", f"{_path(conversation_id)}/agent_final_response", _Response)
        return answer.response[:MOST_OUTPUT].encode("utf-8", "replace").decode("utf-8").replace("\0", "")

    async def finished_by_tool(self, conversation_id: str) -> bool:
        """Whether the agent said itself that it has finished; one that ended with a message may be asking something."""
        for raw in await self._newest(conversation_id, limit=20):
            ended = ended_by_tool(raw)
            if ended is not None:
                return ended
        return False

    async def execute(self, command: str, *, cwd: str, seconds: float) -> Executed:
        """Run a shell command inside, beside the conversation."""
        asked = {"command": command, "cwd": cwd, "timeout": int(seconds)}
        path = "/api/bash/execute_bash_command"
        done = await self._read("POST", path, _Output, json=asked, seconds=seconds + CALL_SECONDS)
        output = (done.stdout or "") + (done.stderr or "")
        return Executed(-1 if done.exit_code is None else done.exit_code, output[-MOST_OUTPUT:])

    async def _read(  # noqa: PLR0913  the parts of one call
        self,
        method: str,
        path: str,
        shape: type["_Shape"],
        *,
        json: object = None,
        params: Mapping[str, str | int] | None = None,
        seconds: float = CALL_SECONDS,
    ) -> "_Shape":
        answer = _accepted(await self._answer(method, path, json=json, params=params, seconds=seconds))
        return decoded(answer.content, shape, what="answer")

    async def _answer(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        params: Mapping[str, str | int] | None = None,
        seconds: float = CALL_SECONDS,
    ) -> httpx.Response:
        """The answer, whatever its status, within `seconds` from first to last byte."""
        request = self._http.build_request(method, path, json=json, params=params)
        try:
            async with asyncio.timeout(seconds):
                return await http.bounded(self._http, request, most_bytes=MOST_BYTES)
        except http.AnswerTooLarge as error:
            raise _TooLarge(f"The agent's answer to {path} has no end.") from error
        except TimeoutError as error:
            raise AgentUnavailable(f"The agent did not answer {path} within {seconds:.0f} s.") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise AgentUnavailable(f"The agent did not answer {path}: {error or type(error).__name__}") from error
