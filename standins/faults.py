"""Faults that a test puts into a stand-in: refusals, slowness, requests held and answers lost."""

import asyncio
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_SECONDS_HELD = 60.0
LOOK_EVERY_SECONDS = 0.01
BODY = b'{"message": "This answer is a fault that a test has put in."}'


@dataclass
class Fault:
    """What happens to requests that match. `left` counts how many more; None means all."""

    method: str | None
    path: re.Pattern[str]
    status: int | None
    seconds: float
    hold: bool
    lose: bool
    after: bool
    left: int | None
    body: bytes
    headers: Mapping[str, str]
    released: threading.Event = field(default_factory=threading.Event)

    def matches(self, method: str, path: str) -> bool:
        """Whether it is meant for this request."""
        return self.left != 0 and self.method in (None, method) and bool(self.path.search(path))


@dataclass
class Exchange:
    """One request to which a fault happens."""

    scope: Scope
    receive: Receive
    send: Send


class Faults:
    """The faults of one stand-in. Tests add them from any thread; `around(app)` makes them happen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._held = 0

    def add(  # noqa: PLR0913  one argument for each thing that can go wrong, all by keyword
        self,
        *,
        method: str | None = None,
        path: str = "",
        status: int | None = None,
        seconds: float = 0.0,
        hold: bool = False,
        lose: bool = False,
        after: bool = False,
        times: int | None = None,
        body: bytes = BODY,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Let something happen to the next `times` requests (to all, without it) whose path the pattern finds.

        `status` answers so; `seconds` waits first; `hold` waits for `release` (60 s at most; if the caller goes away
        meanwhile, nothing is performed); `lose` cuts the connection. With `after` the request is performed first, and
        then the answer is what waits, is lost or is another.
        """
        wanted = method.upper() if method else None
        fault = Fault(wanted, re.compile(path), status, seconds, hold, lose, after, times, body, headers or {})
        with self._lock:
            self._faults.append(fault)

    def release(self) -> None:
        """Let all that is held go on, and hold nothing more."""
        with self._lock:
            for fault in self._faults:
                fault.released.set()
            self._faults = [fault for fault in self._faults if not fault.hold]

    def clear(self) -> None:
        """No fault any more; what is held goes on."""
        self.release()
        with self._lock:
            self._faults.clear()

    @property
    def waiting(self) -> int:
        """How many requests are held now."""
        with self._lock:
            return self._held

    def around(self, app: ASGIApp) -> ASGIApp:
        """The app, with these faults."""

        async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
            fault = self._due(scope) if scope["type"] == "http" else None
            if fault is None:
                await app(scope, receive, send)
            elif fault.after:
                await self._after(app, fault, Exchange(scope, receive, send))
            else:
                await self._before(app, fault, Exchange(scope, receive, send))

        return faulty

    def _due(self, scope: Scope) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.matches(scope["method"], scope["path"]):
                    fault.left = None if fault.left is None else fault.left - 1
                    return fault
        return None

    async def _before(self, app: ASGIApp, fault: Fault, exchange: Exchange) -> None:
        body = await _whole_body(exchange.receive)
        if not await self._wait(fault, exchange):
            return
        if fault.lose or fault.status is not None:
            await _instead(fault, exchange.send)
        else:
            await app(exchange.scope, _again(body, exchange.receive), exchange.send)

    async def _after(self, app: ASGIApp, fault: Fault, exchange: Exchange) -> None:
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        body = await _whole_body(exchange.receive)
        await app(exchange.scope, _again(body, exchange.receive), keep)
        if not await self._wait(fault, exchange):
            return
        if fault.lose or fault.status is not None:
            await _instead(fault, exchange.send)
            return
        for message in answer:
            await exchange.send(message)

    async def _wait(self, fault: Fault, exchange: Exchange) -> bool:
        """Wait as the fault says; False if the caller has gone away."""
        gone = asyncio.ensure_future(_gone(exchange.receive))
        try:
            await asyncio.wait([gone], timeout=fault.seconds)
            if fault.hold and not gone.done():
                await self._hold(fault, gone)
            return not gone.done()
        finally:
            gone.cancel()

    async def _hold(self, fault: Fault, gone: "asyncio.Future[None]") -> None:
        deadline = time.monotonic() + MOST_SECONDS_HELD
        with self._lock:
            self._held += 1
        try:
            # Another thread releases, so no asyncio.Event.
            while not fault.released.is_set() and not gone.done() and time.monotonic() < deadline:  # noqa: ASYNC110
                await asyncio.sleep(LOOK_EVERY_SECONDS)
        finally:
            with self._lock:
                self._held -= 1


async def _whole_body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return first.pop() if first else await receive()

    return again


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _instead(fault: Fault, send: Send) -> None:
    length = str(len(fault.body) + (1 if fault.lose else 0))
    headers = {"content-type": "application/json", **fault.headers, "content-length": length}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": fault.status or 200, "headers": raw})
    if not fault.lose:
        await send({"type": "http.response.body", "body": fault.body})
    # A promised byte that never comes: the server cuts the connection.
