"""What the door costs: CPU time per request, dropping and journaling, to a bare ASGI answer in the same server."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import cast

import uvloop

from bench import door_bodies

VAR = Path(__file__).resolve().parent.parent / "var"
SECRET = "bench-" + "s" * 34
ROUNDS = 7
REQUESTS = 4_000
# Jira 10 opens five connections to a host; several nodes and several Jiras deliver at once.
CONNECTIONS = 32
KINDS = 64
ROUND_SECONDS = 60.0


@dataclass(frozen=True)
class Ratio:
    """A cost as a multiple of the bare answer's: median of the rounds, least and most."""

    median: float
    least: float
    most: float


def run() -> dict[str, Ratio]:
    """`door_drop_ratio` and `door_journal_ratio`."""
    VAR.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=VAR, prefix="bench-door-") as data, _server(Path(data)) as server:
        # A loop of the same make: the load shall not be what is waited for.
        costs = uvloop.run(_rounds(server))
    return {name: _ratio(costs[name], costs["bare"]) for name in ("door_drop_ratio", "door_journal_ratio")}


@dataclass(frozen=True)
class Server:
    """A server under measurement."""

    pid: int
    port: int
    path: str

    def cpu_nanoseconds(self) -> int:
        """User and system time of all its threads so far."""
        # The clock of another process, as clock_getcpuclockid(3) makes its number on Linux.
        return time.clock_gettime_ns((~self.pid << 3) | 2)


async def _rounds(server: Server) -> dict[str, list[float]]:
    load = {
        "bare": [_request("/bare", *door_bodies.dropped(SECRET, number)) for number in range(KINDS)],
        "door_drop_ratio": [_request(server.path, *door_bodies.dropped(SECRET, number)) for number in range(KINDS)],
        "door_journal_ratio": [
            _request(server.path, *door_bodies.journaled(SECRET, number)) for number in range(KINDS)
        ],
    }
    for requests in load.values():
        await _send(server, requests, count=REQUESTS // 4)
    costs: dict[str, list[float]] = {name: [] for name in load}
    for _ in range(ROUNDS):
        for name, requests in load.items():
            before = server.cpu_nanoseconds()
            await _send(server, requests, count=REQUESTS)
            costs[name].append((server.cpu_nanoseconds() - before) / REQUESTS)
    return costs


def _request(path: str, body: bytes, signature: str) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: handover.acme.example\r\nContent-Type: application/json; charset=UTF-8\r\n"
        "User-Agent: Atlassian HttpClient 4.2.0 / JIRA-10.3.5 (10030005) / Default\r\n"
        f"X-Event-Key: comment_created\r\nX-Hub-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _send(server: Server, requests: list[bytes], *, count: int) -> None:
    """Send `count` requests over CONNECTIONS connections, each the next one when it is answered."""
    loop = asyncio.get_running_loop()
    share = count // CONNECTIONS
    clients = [_Client(requests, first=number, count=share) for number in range(CONNECTIONS)]
    for client in clients:
        await loop.create_connection(lambda client=client: client, "127.0.0.1", server.port)  # type: ignore[misc]
    async with asyncio.timeout(ROUND_SECONDS):
        await asyncio.gather(*(client.ended for client in clients))


class _Client(asyncio.Protocol):
    """One connection: a request, its answer, the next request."""

    def __init__(self, requests: list[bytes], *, first: int, count: int) -> None:
        self.ended = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._next = first
        self._left = count
        self._answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's is none by inheritance.
        self._transport = cast(asyncio.Transport, transport)
        self._more()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if not self._answer.startswith(b"HTTP/1.1 200 "):
            self._end(RuntimeError(f"The server answered {self._answer[:200]!r}."))
        elif self._answer.endswith(b"\r\n\r\nok\n"):
            self._answer = b""
            self._left -= 1
            self._more()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or RuntimeError("The server closed the connection."))

    def _more(self) -> None:
        if self._left == 0:
            self._end(None)
            return
        self._next += 1
        self._transport.write(self._requests[self._next % len(self._requests)])

    def _end(self, error: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None) if error is None else self.ended.set_exception(error)
        self._transport.close()


def _ratio(costs: list[float], bare: list[float]) -> Ratio:
    # Each round against its own bare one: the machine drifts from round to round.
    ratios = [cost / least for cost, least in zip(costs, bare, strict=True)]
    return Ratio(median=median(ratios), least=min(ratios), most=max(ratios))


@contextmanager
def _server(data: Path) -> Iterator[Server]:
    environment = os.environ | {"HANDOVER_DATA": str(data), "DJANGO_SETTINGS_MODULE": "handover.settings"}
    path = subprocess.run(
        [sys.executable, "-m", "bench.door_connection", door_bodies.JIRA, SECRET],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    ).stdout.strip()
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        port = listener.getsockname()[1]
        descriptor = listener.fileno()
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.asgi_bare", str(descriptor)], env=environment, pass_fds=[descriptor]
        )
    try:
        yield Server(process.pid, port, path)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


if __name__ == "__main__":
    for name, ratio in run().items():
        print(f"{name:20} {ratio.median:.2f}  ({ratio.least:.2f} to {ratio.most:.2f})")
