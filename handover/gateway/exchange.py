"""One call to the model: asked, passed on as it comes, counted."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

import httpx

from handover.gateway import answers, replies
from handover.gateway.ledger import Usage
from handover.gateway.replies import NotAnswered, Reply
from handover.gateway.tally import Tally
from handover.gateway.upstream import Upstream

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

CONNECT_SECONDS = 10.0
DONE = b"[DONE]"
# What the record says where something answered 200 that is no chat completion.
UNREADABLE = 502
WHOLE, EVENTS = "application/json", "text/event-stream"
STREAM_HEADERS = ((b"content-type", EVENTS.encode()), (b"cache-control", b"no-store"))


@dataclass(frozen=True)
class Tail:
    """What is still to be sent of a stream that has begun."""

    body: bytes


class Exchange:
    """One call. `converse` makes it; `used` and `tally.status` say at any time what is known of it."""

    def __init__(self, upstream: Upstream, http: httpx.AsyncClient, *, most: Usage, count_asked: bool) -> None:
        self.tally = Tally(most)
        self._upstream = upstream
        self._http = http
        self._count_asked = count_asked
        self._asked_at = monotonic()
        self._free = False
        self._begun = False
        self._ended = False

    @property
    def milliseconds(self) -> int:
        """How long it has taken until now."""
        return int((monotonic() - self._asked_at) * 1000)

    @property
    def used(self) -> Usage | None:
        """What it used as far as is known; None where no model answered, or it refused."""
        if self._free:
            return None
        return self.tally.answered() if self._ended else self.tally.broken_off(monotonic() - self._asked_at)

    async def converse(self, body: bytes, send: Send) -> Reply | Tail:
        """Ask the model. A stream is sent as it comes; what is returned remains to be sent when the call is settled."""
        try:
            async with asyncio.timeout(self._upstream.seconds):
                return await self._ask(body, send)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            self._free = True
            return self._failed(replies.out_of_reach(), status=0)
        except (TimeoutError, httpx.TimeoutException):
            return self._failed(replies.too_slow(), status=0)
        except httpx.RequestError:
            return self._failed(replies.broken() if self._begun else replies.out_of_reach(), status=0)
        except NotAnswered as failure:
            return self._failed(failure, status=self.tally.status)

    def _failed(self, failure: NotAnswered, *, status: int) -> Reply | Tail:
        self.tally.status = status
        return Tail(failure.event) if self._begun else failure.reply

    async def _ask(self, body: bytes, send: Send) -> Reply | Tail:
        # Redirects are not followed: the key goes to the configured address alone.
        response = await self._http.send(self._request(body), stream=True, follow_redirects=False)
        try:
            self.tally.status = response.status_code
            return await self._take(response, send)
        finally:
            await response.aclose()

    def _request(self, body: bytes) -> httpx.Request:
        # Not `build_request`: that would add the cookies that the client was ever given.
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        headers["User-Agent"] = self._http.headers.get("User-Agent", "Handover")
        if self._upstream.key:
            headers["Authorization"] = f"Bearer {self._upstream.key}"
        limits = httpx.Timeout(self._upstream.seconds, connect=CONNECT_SECONDS)
        return httpx.Request(
            "POST", self._upstream.url, headers=headers, content=body, extensions={"timeout": limits.as_dict()}
        )

    async def _take(self, response: httpx.Response, send: Send) -> Reply | Tail:
        self._free = True
        if response.status_code != 200:
            raise await self._refusal(response)
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in (EVENTS, WHOLE):
            raise self._unreadable()
        self._free = False
        return await (self._pass_on(response, send) if kind == EVENTS else self._take_whole(response))

    async def _refusal(self, response: httpx.Response) -> NotAnswered:
        try:
            body = await answers.whole(response.aiter_bytes(), most=answers.MOST_ERROR_BYTES)
        except (answers.Unreadable, httpx.RequestError):
            body = b""
        body = answers.without(self._upstream.key, body)
        return answers.failure(response.status_code, body, retry_after=response.headers.get("retry-after", ""))

    def _unreadable(self) -> NotAnswered:
        self.tally.status = UNREADABLE
        return replies.unreadable()

    async def _take_whole(self, response: httpx.Response) -> Reply:
        try:
            body = await answers.whole(response.aiter_bytes(), most=answers.MOST_BYTES)
            answer = answers.read_answer(body)
        except answers.Unreadable:
            raise self._unreadable() from None
        if not answer.choices:
            raise self._unreadable()
        self._count(answer)
        self._ended = True
        return Reply(200, answers.without(self._upstream.key, body))

    async def _pass_on(self, response: httpx.Response, send: Send) -> Tail:
        await send({"type": "http.response.start", "status": 200, "headers": STREAM_HEADERS})
        self._begun = True
        try:
            async for data in self._events(response):
                await send({"type": "http.response.body", "body": _event(data), "more_body": True})
        except answers.Unreadable:
            raise self._unreadable() from None
        if not self._ended:
            self.tally.status = UNREADABLE
            raise replies.broken()
        return Tail(_event(DONE))

    async def _events(self, response: httpx.Response) -> AsyncIterator[bytes]:
        size = 0
        async for data in answers.events(response.aiter_bytes()):
            size += len(data)
            if size > answers.MOST_BYTES:
                raise answers.Unreadable
            if data == DONE:
                self._ended = True
                return
            answer = answers.read_answer(data)
            self._count(answer)
            # Some servers end without the word, but never without a reason.
            self._ended = self._ended or answer.finished
            if answer.choices or self._count_asked:
                yield answers.without(self._upstream.key, data)

    def _count(self, answer: answers.Answer) -> None:
        self.tally.counted = answer.usage.usage if answer.usage else self.tally.counted
        if text := answer.text:
            self.tally.saw(text)


def _event(data: bytes) -> bytes:
    return b"data: " + data + b"\n\n"
