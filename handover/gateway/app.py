"""The model's door: the one way from an agent to the model. It puts the key in, counts, and stops at the ceiling."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any, TypeVar

import httpx

from handover.gateway import replies
from handover.gateway.bodies import Completion, StreamOptions
from handover.gateway.exchange import Exchange, Send, Tail
from handover.gateway.ledger import Admitted, Ledger, Reason, Refused
from handover.gateway.reading import most_of, read, written
from handover.gateway.replies import NotAnswered, Reply
from handover.gateway.upstream import Upstream, upstream_of

__all__ = ["Gateway", "Upstream", "upstream_of"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
T = TypeVar("T")

PATH = "/v1/chat/completions"
MOST_BYTES = 8 * 2**20
# The agent has as long for its request as a slow machine needs, and no longer.
BODY_SECONDS = 60.0
REFUSALS = {Reason.UNKNOWN: replies.unknown_run, Reason.CEILING: replies.at_ceiling, Reason.TOO_MANY: replies.too_many}


class Gone(Exception):
    """The agent no longer waits for an answer."""


class Gateway:
    """ASGI app. `upstream` and `http` are asked for at each call, for both may change; `http` is used with time limits
    of the gateway's own."""

    def __init__(self, ledger: Ledger, upstream: Callable[[], Upstream], http: Callable[[], httpx.AsyncClient]) -> None:
        self._ledger = ledger
        self._upstream = upstream
        self._http = http

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        try:
            rest = await self._answer(scope, receive, send)
        except NotAnswered as failure:
            rest = failure.reply
        except Gone:
            return
        await _finish(rest, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> Reply | Tail:
        if (scope["method"], scope["path"]) != ("POST", PATH):
            raise replies.no_such_path()
        token = _token(scope)
        if not self._ledger.recognises(token):
            raise replies.unknown_run()
        body = await _body(receive)
        upstream = self._upstream()
        asked = read(body, model=upstream.model_for_agent)
        most = most_of(asked, size=len(body), upstream=upstream)
        match await self._ledger.admit(token, most):
            case Refused(reason=reason):
                raise REFUSALS[reason]()
            case Admitted() as admitted:
                return await self._make(asked, admitted, upstream, receive, send)

    async def _make(
        self, asked: Completion, admitted: Admitted, upstream: Upstream, receive: Receive, send: Send
    ) -> Reply | Tail:
        most = admitted.most
        exchange = Exchange(upstream, self._http(), most=most, count_asked=_count_asked(asked))
        body = written(asked, upstream=upstream, output_tokens=most.output_tokens)
        try:
            return await _unless_gone(exchange.converse(body, send), receive)
        finally:
            # Before the last byte is sent: whoever has the whole answer finds it in the record.
            await self._ledger.settle(
                admitted.call_id,
                status=exchange.tally.status,
                used=exchange.used,
                milliseconds=exchange.milliseconds,
            )


def _token(scope: Scope) -> str:
    values = [value for name, value in scope["headers"] if name == b"authorization"]
    scheme, _, token = values[0].decode("latin-1").partition(" ") if len(values) == 1 else ("", "", "")
    return token.strip() if scheme.lower() == "bearer" else ""


def _count_asked(asked: Completion) -> bool:
    return isinstance(asked.stream_options, StreamOptions) and asked.stream_options.include_usage is True


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    more = True
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Gone
                body += message.get("body", b"")
                more = message.get("more_body", False)
                if len(body) > MOST_BYTES:
                    raise replies.body_too_large(MOST_BYTES)
    except TimeoutError:
        raise Gone from None
    return bytes(body)


async def _unless_gone(work: Coroutine[Any, Any, T], receive: Receive) -> T:
    """What `work` comes to. Where the agent goes first, `work` is ended and Gone raised."""
    working, gone = asyncio.create_task(work), asyncio.create_task(_gone(receive))
    try:
        await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise Gone
        return working.result()
    finally:
        working.cancel()
        gone.cancel()
        await asyncio.gather(working, gone, return_exceptions=True)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _finish(rest: Reply | Tail, send: Send) -> None:
    body = rest.body
    if isinstance(rest, Reply):
        headers = [*rest.headers, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": rest.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
