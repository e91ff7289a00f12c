"""One agent-server and its conversations. What it says of them is its own word, and no proof.

The calls, with every field: https://docs.openhands.dev/sdk and the agent-server's own /openapi.json.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from handover.agent.calls import CALL_SECONDS, AgentRefused, AgentUnavailable, AnswerTooLarge, Calls
from handover.agent.conversation import Conversation, Model
from handover.agent.events import AgentEvent, AgentUnreadable, clean, decoded, ended_by_tool, error_code, read

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

# The agent-server gives 100 events at most; where so many are too much to read, fewer are asked for.
PAGES = (100, 10, 1)
# Of one look at the events: a conversation of a hundred steps has some five raw events to each.
MOST_PAGES = 60
MOST_OUTPUT = 20_000
# A conversation that is resumed answers with its old status for some 0.1 s.
POLL_SECONDS = 0.05
RESUMED_POLLS = 60


@dataclass(frozen=True)
class Standing:
    """How a conversation stands, as the agent-server says: idle, running, paused, finished, error, stuck, deleting."""

    status: str
    error_code: str = ""


@dataclass(frozen=True)
class Executed:
    """A command that was run inside. `exit_code` is -1 where it was cut off; `output` is the end of what it wrote."""

    exit_code: int
    output: str


class _Info(msgspec.Struct):
    execution_status: str


class _Page(msgspec.Struct):
    items: list[msgspec.Raw]
    next_page_id: str | None = None


class _Named(msgspec.Struct):
    id: str


class _Response(msgspec.Struct):
    response: str


class _Output(msgspec.Struct):
    exit_code: int | None = None
    stdout: str | None = None
    stderr: str | None = None


@dataclass(frozen=True)
class _Mark:
    """How far a conversation was read: the last raw event's id, and how many events were told up to it."""

    last: str = ""
    told: int = 0


class AgentServer:
    """The agent-server at `socket`. Every method may raise AgentUnavailable, AgentRefused and AgentUnreadable."""

    def __init__(self, socket: Path, session_key: str) -> None:
        self._calls = Calls(socket, session_key)
        self._marks: dict[str, _Mark] = {}

    async def ready(self, seconds: float) -> None:
        """Wait until the agent-server has started. We listen before it does: the call waits, and is answered then."""
        await self._calls.look("/ready", seconds=seconds)

    async def exists(self, conversation_id: str) -> bool:
        """Whether the conversation was begun."""
        return await self._calls.look(_path(conversation_id), allowed=(404,)) != 404

    async def create(self, conversation: Conversation) -> None:
        """Begin the conversation; where it was begun before and broke off, go on with it. There is never a second."""
        if await self._calls.post("/api/conversations", conversation.body()) == 200:
            await self.go_on(conversation.id)

    async def go_on(self, conversation_id: str) -> None:
        """Let a conversation that broke off go on; one that runs or has ended is left as it is."""
        before = await self.standing(conversation_id)
        # An error with a code is the conversation's own ending; one without is what a restart leaves.
        if before.status in ("idle", "paused") or before == Standing("error"):
            await self.resume(conversation_id, before)

    async def resume(self, conversation_id: str, before: Standing) -> None:
        """Let a conversation that stands at `before` go on, and wait until it does."""
        await self.run(conversation_id)
        for _ in range(RESUMED_POLLS):
            if await self.standing(conversation_id) != before:
                return
            await asyncio.sleep(POLL_SECONDS)

    async def run(self, conversation_id: str) -> None:
        """Let the conversation go on. One that is running goes on as it is."""
        await self._calls.post(f"{_path(conversation_id)}/run", allowed=(409,))

    async def interrupt(self, conversation_id: str) -> None:
        """Stop the conversation now, with the command that is running. `run` goes on with it."""
        await self._calls.post(f"{_path(conversation_id)}/interrupt")

    async def standing(self, conversation_id: str) -> Standing:
        """How the conversation stands."""
        status = (await self._calls.read(_path(conversation_id), _Info)).execution_status[:50]
        if status != "error":
            return Standing(status)
        newest = await self._newest(conversation_id, 1, kind="ConversationErrorEvent")
        return Standing(status, error_code(newest[0]) if newest else "")

    async def events(self, conversation_id: str, after: int = 0) -> list[AgentEvent]:
        """What there is to tell of the conversation, oldest first, but for the first `after` of it.

        Bounded: where there is more, the next call has it.
        """
        mark = self._marks.get(conversation_id, _Mark())
        if mark.told != after:
            mark = _Mark()
        told: list[AgentEvent] = []
        async for raw in self._raw_events(conversation_id, since=mark.last):
            event = read(raw)
            mark = _Mark(_name(raw), mark.told + (event is not None))
            if event is not None and mark.told > after:
                told.append(event)
        self._marks[conversation_id] = mark
        return told

    async def _raw_events(self, conversation_id: str, *, since: str) -> AsyncIterator[msgspec.Raw]:
        page_id: str | None = since
        for _ in range(MOST_PAGES):
            page = await self._page(conversation_id, page_id)
            for raw in page.items:
                # A page begins with the event that it is asked for by.
                if _name(raw) != since:
                    yield raw
            page_id = page.next_page_id
            if not page_id:
                return

    async def _page(self, conversation_id: str, page_id: str | None) -> _Page:
        for limit in PAGES:
            with suppress(AnswerTooLarge):
                return await self._search(conversation_id, limit, **({"page_id": page_id} if page_id else {}))
        raise AgentUnreadable("The agent has an event that is too large to be read.")

    async def _newest(self, conversation_id: str, limit: int, **only: str) -> list[msgspec.Raw]:
        return (await self._search(conversation_id, limit, sort_order="TIMESTAMP_DESC", **only)).items

    async def _search(self, conversation_id: str, limit: int, **asked: str) -> _Page:
        path = f"{_path(conversation_id)}/events/search"
        return await self._calls.read(path, _Page, params={"limit": limit, **asked})

    async def final_text(self, conversation_id: str) -> str:
        """The agent's last word; "" where it has none."""
        answer = await self._calls.read(f"{_path(conversation_id)}/agent_final_response", _Response)
        return clean(answer.response)

    async def finished_by_tool(self, conversation_id: str) -> bool:
        """Whether the agent said that it has finished. One that ended with a message may be asking something."""
        ended = [ended_by_tool(raw) for raw in await self._newest(conversation_id, 20)]
        return next((by_tool for by_tool in ended if by_tool is not None), False)

    async def execute(self, command: str, *, cwd: str, seconds: float) -> Executed:
        """Run a shell command inside, beside the conversation."""
        body = {"command": command, "cwd": cwd, "timeout": int(seconds)}
        path = "/api/bash/execute_bash_command"
        done = await self._calls.ask(path, body, _Output, seconds=seconds + CALL_SECONDS)
        output = (done.stdout or "") + (done.stderr or "")
        return Executed(-1 if done.exit_code is None else done.exit_code, clean(output[-MOST_OUTPUT:]))


def _path(conversation_id: str) -> str:
    return f"/api/conversations/{conversation_id}"


def _name(raw: msgspec.Raw) -> str:
    return decoded(raw, _Named, what="event").id
