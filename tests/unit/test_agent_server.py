"""An agent-server that lies, floods and dawdles, and what Handover makes of it."""

import asyncio
import gzip
import json
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest

from handover.agent.calls import MOST_BYTES
from handover.agent.server import (
    MOST_PAGES,
    AgentRefused,
    AgentServer,
    AgentUnavailable,
    AgentUnreadable,
    Conversation,
    Executed,
    Model,
    Standing,
)

T = TypeVar("T")
ID = "11111111-1111-4111-8111-111111111111"
Answer = tuple[int, bytes]


def event(number: int, *, size: int = 1) -> dict[str, object]:
    words = {"content": [{"type": "text", "text": "x" * size}]}
    at = "2026-11-24T01:00:00"
    return {"id": f"e{number}", "timestamp": at, "source": "agent", "kind": "MessageEvent", "llm_message": words}


class Liar:
    """Answers every request with what `answer` makes of its first line and body."""

    def __init__(self, answer: Callable[[str, bytes], Answer], *, headers: str = "", drip: bool = False) -> None:
        self.answer = answer
        self.headers = headers
        self.drip = drip
        self.asked: list[str] = []
        self.serving: list[asyncio.Task[object]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self.serving.append(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._answer(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        body = await reader.readexactly(int(length[1])) if length else b""
        line = head.partition(" HTTP")[0]
        self.asked.append(line)
        status, content = self.answer(line, body)
        for _ in range(100 if self.drip else 0):
            writer.write(b"H")
            await writer.drain()
            await asyncio.sleep(0.05)
        lines = f"HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {len(content)}\r\n{self.headers}\r\n"
        writer.write(lines.encode() + content)
        await writer.drain()


def ask(tmp_path: Path, liar: Liar, asked: Callable[[AgentServer], Awaitable[T]]) -> T:
    async def asking() -> T:
        server = await asyncio.start_unix_server(liar.serve, str(tmp_path / "a.sock"))
        async with server:
            try:
                return await asked(AgentServer(tmp_path / "a.sock", "key"))
            finally:
                await asyncio.wait(liar.serving, timeout=10)

    return asyncio.run(asking())


def always(content: object, status: int = 200) -> Liar:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Liar(lambda _line, _body: (status, body))


CALLS: dict[str, Callable[[AgentServer], Awaitable[object]]] = {
    "standing": lambda agent: agent.standing(ID),
    "events": lambda agent: agent.events(ID),
    "final_text": lambda agent: agent.final_text(ID),
    "finished_by_tool": lambda agent: agent.finished_by_tool(ID),
    "execute": lambda agent: agent.execute("id", cwd="/", seconds=1),
}
UNREADABLE: dict[str, bytes] = {
    "no JSON": b"<html>",
    "nothing": b"",
    "a list": b"[]",
    "null": b"null",
    "deep": b'{"x":' + b"[" * 200_000,
    "deep and closed": b'{"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "other types": b'{"execution_status": 1, "items": {}, "response": [], "exit_code": "0"}',
    "items of other types": b'{"execution_status": null, "items": [1], "response": 1, "exit_code": 1.5}',
    "no UTF-8": b'{"execution_status": "\xff", "items": ["\xff"], "response": "\xff", "stdout": "\xff"}',
    "too large": b'{"x": "' + b"x" * MOST_BYTES + b'"}',
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("said", UNREADABLE)
def test_what_cannot_be_read(tmp_path: Path, call: str, said: str) -> None:
    with pytest.raises(AgentUnreadable):
        ask(tmp_path, always(UNREADABLE[said]), CALLS[call])


@pytest.mark.parametrize("call", [*CALLS, "create", "run", "interrupt", "exists", "ready"])
@pytest.mark.parametrize(
    ("status", "error"),
    [(302, AgentRefused), (401, AgentRefused), (422, AgentRefused), (429, AgentUnavailable), (500, AgentUnavailable)],
)
def test_refusals(tmp_path: Path, call: str, status: int, error: type[Exception]) -> None:
    more: dict[str, Callable[[AgentServer], Awaitable[object]]] = {
        "create": lambda agent: agent.create(conversation()),
        "run": lambda agent: agent.run(ID),
        "interrupt": lambda agent: agent.interrupt(ID),
        "exists": lambda agent: agent.exists(ID),
        "ready": lambda agent: agent.ready(1),
    }
    with pytest.raises(error):
        ask(tmp_path, always({"detail": "no"}, status), {**CALLS, **more}[call])


def conversation() -> Conversation:
    model = Model("openai/m", "http://127.0.0.1:1/v1", "token", Decimal("0.1"), Decimal("0.2"))
    return Conversation(ID, "Do it", "/workspace/repository", model, 7)


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(AgentUnavailable):
        asyncio.run(AgentServer(tmp_path / "none.sock", "key").standing(ID))


def test_one_that_dawdles_is_waited_for_no_longer(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(AgentUnavailable, match="within 0 s"):
        ask(tmp_path, Liar(lambda *_: (200, b"{}"), drip=True), lambda agent: agent.ready(0.3))
    assert time.monotonic() - began < 3


def test_a_small_answer_that_swells_is_refused(tmp_path: Path) -> None:
    swollen = gzip.compress(b'{"response": "' + b" " * (MOST_BYTES + 1) + b'"}')
    liar = Liar(lambda *_: (200, swollen), headers="content-encoding: gzip\r\n")
    with pytest.raises(AgentUnreadable, match="more than"):
        ask(tmp_path, liar, CALLS["final_text"])


def test_events_without_end_have_one(tmp_path: Path) -> None:
    liar = always({"items": [event(1)], "next_page_id": "e1"})
    told = ask(tmp_path, liar, lambda agent: agent.events(ID))
    assert len(liar.asked) == MOST_PAGES
    assert len(told) == MOST_PAGES


def test_a_page_that_is_too_large_is_asked_for_in_parts(tmp_path: Path) -> None:
    def answer(line: str, _: bytes) -> Answer:
        large = "limit=100" in line or "limit=10&" in line or line.endswith("limit=10")
        return 200, json.dumps({"items": [event(1, size=MOST_BYTES if large else 10)]}).encode()

    liar = Liar(answer)
    assert [one.text for one in ask(tmp_path, liar, lambda agent: agent.events(ID))] == ["x" * 10]
    assert [line.rpartition("=")[2] for line in liar.asked] == ["100", "10", "1"]


def test_an_event_that_is_too_large_for_any_page(tmp_path: Path) -> None:
    with pytest.raises(AgentUnreadable, match="too large"):
        ask(tmp_path, always({"items": [event(1, size=MOST_BYTES)]}), CALLS["events"])


def listing(count: int) -> Callable[[str, bytes], Answer]:
    """Pages of two over `count` events, as the agent-server gives them: each begins with the event it is named by."""

    def answer(line: str, _: bytes) -> Answer:
        named = re.search(r"page_id=e(\d+)", line)
        start = int(named[1]) if named else 0
        items = [event(number) for number in range(start, min(start + 2, count))]
        after = f"e{start + 2}" if start + 2 < count else None
        return 200, json.dumps({"items": items, "next_page_id": after}).encode()

    return answer


def test_the_events_go_on_where_they_were(tmp_path: Path) -> None:
    liar = Liar(listing(5))

    async def followed(agent: AgentServer) -> list[list[str]]:
        first = await agent.events(ID)
        liar.answer = listing(6)
        asked = len(liar.asked)
        second = await agent.events(ID, len(first))
        assert len(liar.asked) == asked + 1
        return [[one.id for one in part] for part in (first, second, await agent.events(ID, 4))]

    assert ask(tmp_path, liar, followed) == [["e0", "e1", "e2", "e3", "e4"], ["e5"], ["e4", "e5"]]


def test_what_is_asked_when_a_conversation_is_begun(tmp_path: Path) -> None:
    bodies: list[dict[str, object]] = []

    def answer(_: str, body: bytes) -> Answer:
        bodies.append(json.loads(body))
        return 201, b"{}"

    ask(tmp_path, Liar(answer), lambda agent: agent.create(conversation()))
    assert bodies == [
        {
            "conversation_id": ID,
            "agent": {
                "kind": "Agent",
                "llm": {
                    "model": "openai/m",
                    "base_url": "http://127.0.0.1:1/v1",
                    "api_key": "token",
                    "usage_id": "agent",
                    "api_mode": "chat",
                    "num_retries": 2,
                    "retry_min_wait": 1,
                    "retry_max_wait": 2,
                    "timeout": 300,
                    "input_cost_per_token": 0.1,
                    "output_cost_per_token": 0.2,
                },
                "tools": [{"name": "terminal"}, {"name": "file_editor"}, {"name": "task_tracker"}],
            },
            "workspace": {"kind": "LocalWorkspace", "working_dir": "/workspace/repository"},
            "initial_message": {"role": "user", "content": [{"type": "text", "text": "Do it"}], "run": True},
            "confirmation_policy": {"kind": "NeverConfirm"},
            "max_iterations": 7,
            "autotitle": False,
        }
    ]


@pytest.mark.parametrize(
    ("status", "code", "gone_on"),
    [
        ("running", "", False),
        ("finished", "", False),
        ("stuck", "", False),
        ("error", "MaxIterationsReached", False),
        ("error", "", True),
        ("paused", "", True),
        ("idle", "", True),
    ],
)
def test_one_that_was_begun_before_goes_on_where_it_broke_off(
    tmp_path: Path, status: str, code: str, gone_on: bool
) -> None:
    said = {"execution_status": status}
    liar = Liar(lambda line, _body: found(line))

    def found(line: str) -> Answer:
        if line.endswith("/run"):
            said["execution_status"] = "running"
        if "events/search" in line:
            items = [{**event(1), "kind": "ConversationErrorEvent", "code": code}] if code else []
            return 200, json.dumps({"items": items}).encode()
        return 200, json.dumps(said).encode()

    ask(tmp_path, liar, lambda agent: agent.create(conversation()))
    assert any(line.endswith("/run") for line in liar.asked) == gone_on


def test_outputs_have_an_end(tmp_path: Path) -> None:
    done = ask(tmp_path, always({"exit_code": None, "stdout": "x" * 100_000, "stderr": "\0end"}), CALLS["execute"])
    assert isinstance(done, Executed)
    assert done.exit_code == -1
    assert len(done.output) < 20_000 and done.output.endswith("xend")
    status = ask(tmp_path, always({"execution_status": "x" * 1000}), CALLS["standing"])
    assert status == Standing("x" * 50)
