"""Sandboxes for tests: opened on an event loop in a thread of their own, with a scripted model behind them."""

import asyncio
import json
import os
import threading
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Any, TypeVar

from handover.agent.server import AgentServer
from handover.sandboxes.blueprint import Agent, Blueprint, Kind, Limits
from handover.sandboxes.open import Sandbox, open_sandbox

T = TypeVar("T")
ENVIRONMENT = Path(__file__).parents[2] / "var" / "agent"
UID = 61731
SECONDS = 60.0
KEY = "token-of-the-run"


@dataclass
class Opened:
    """An open sandbox and its agent."""

    blueprint: Blueprint
    sandbox: Sandbox
    agent: AgentServer
    loop: asyncio.AbstractEventLoop

    def do(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run the coroutine where the sandbox lives."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(SECONDS)

    def sh(self, command: str, *, seconds: float = 20) -> str:
        """What a shell command writes inside."""
        return self.do(self.agent.execute(command, cwd=self.sandbox.workspace, seconds=seconds)).output


def blueprint(
    folder: Path, model: Path, *, agent: Agent = "stand-in", kind: Kind = "bubblewrap", uid: int = UID
) -> Blueprint:
    """A sandbox in `folder`."""
    return Blueprint(
        run_id=folder.name,
        folder=folder,
        agent=agent,
        agent_environment=ENVIRONMENT,
        uid=uid,
        model_socket=model,
        kind=kind,
        limits=Limits(memory_bytes=4 * 2**30, file_bytes=2**30),
    )


@contextmanager
def opened(plan: Blueprint) -> Iterator[Opened]:
    """Open it, wait until the agent answers, and close it in the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    opening = open_sandbox(plan)
    try:
        sandbox = asyncio.run_coroutine_threadsafe(opening.__aenter__(), loop).result(SECONDS)
        it = Opened(plan, sandbox, AgentServer(sandbox.agent_socket, sandbox.session_key), loop)
        try:
            it.do(it.agent.ready(SECONDS))
            yield it
        finally:
            it.do(opening.__aexit__(None, None, None))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


class ScriptedModel(ThreadingMixIn, UnixStreamServer):
    """Chat completions on a unix socket. The first word of what the person said chooses the script."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, path: Path, scripts: Mapping[str, list[dict[str, object] | int]]) -> None:
        super().__init__(str(path), _Handler)
        os.chmod(path, 0o666)  # noqa: PTH101  the agent has another account
        self.path = path
        self.scripts = scripts
        self.asked: list[dict[str, Any]] = []
        self.keys: set[str] = set()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def times(self, script: str) -> int:
        """How often the script was asked."""
        return sum(_script(body) == script for body in self.asked)

    def answer(self, body: dict[str, Any]) -> tuple[int, dict[str, object]]:
        """The next line of the script that the conversation plays."""
        self.asked.append(body)
        turn = sum(message["role"] == "assistant" for message in body["messages"])
        lines = self.scripts[_script(body)]
        line = lines[min(turn, len(lines) - 1)]
        if isinstance(line, int):
            return line, {"error": {"message": "no", "type": "scripted", "code": "scripted"}}
        usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
        text = json.dumps(line).replace("{turn}", str(turn))
        choice = {"index": 0, "message": json.loads(text), "finish_reason": "stop"}
        whole = {"id": f"r{turn}", "object": "chat.completion", "created": 1, "model": body["model"]}
        return 200, {**whole, "choices": [choice], "usage": usage}

    def handle_error(self, request: object, client_address: object) -> None:
        """An agent that was killed leaves its calls."""

    def close(self) -> None:
        """Serve no more."""
        self.shutdown()
        self.server_close()
        self._thread.join(5)


def calls(tool: str, **arguments: object) -> dict[str, object]:
    """A line of a script: a tool's call."""
    function = {"name": tool, "arguments": json.dumps(arguments)}
    call = {"id": "c{turn}", "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def says(text: str) -> dict[str, object]:
    """A line of a script: words alone."""
    return {"role": "assistant", "content": text}


def _script(body: dict[str, Any]) -> str:
    said = next(message for message in body["messages"] if message["role"] == "user")
    content = said["content"]
    text = content if isinstance(content, str) else content[0]["text"]
    return str(text).split()[0]


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedModel
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.keys.add(self.headers["authorization"])
        status, answer = self.server.answer(body)
        self._send(status, json.dumps(answer).encode())

    def do_GET(self) -> None:
        self._send(200, b'{"model": "here"}')

    def _send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
