"""The stand-in model: OpenAI's chat completions, played from scripts."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from standins.faults import Faults
from standins.model.acts import Act, Fail, Turn
from standins.model.completions import Completed
from standins.model.requests import Asked, Unacceptable, read
from standins.model.scripts import SCRIPTS, chosen

KEPT_CALLS = 10_000
PATIENCE = 0.05


@dataclass
class Received:
    """One call as it came. `status` is None until it is answered; `whole` says that all of the answer was taken."""

    headers: Mapping[str, str]
    body: bytes
    script: str = ""
    turn: int = 0
    status: int | None = None
    whole: bool = False

    @property
    def asked(self) -> dict[str, object]:
        """The body as JSON."""
        fields: dict[str, object] = json.loads(self.body)
        return fields


class StandInModel:
    """A model that plays scripts.

    `key` is what it wants as a bearer token. `script` names the script of every conversation; where it is None, a word
    in the conversation does. `slow_seconds` is the pause before each answer of the script `slow`, `piece_seconds` the
    one before each piece of a stream, and `counts` whether usage is reported.
    """

    def __init__(self, *, key: str = "sk-stand-in", models: tuple[str, ...] = ("stand-in", "scripted")) -> None:
        self.key = key
        self.models = models
        self.script: str | None = None
        self.slow_seconds = 5.0
        self.piece_seconds = 0.0
        self.counts = True
        self.calls: deque[Received] = deque(maxlen=KEPT_CALLS)
        self.faults = Faults()
        routes = [
            Route("/v1/chat/completions", self._complete, methods=["POST"]),
            Route("/v1/models", self._list, methods=["GET"]),
            Route("/calls", self._show, methods=["GET"]),
        ]
        self.app = self.faults.around(
            Starlette(routes=routes, exception_handlers={404: _no_such_path, Unacceptable: _refused})
        )

    async def _complete(self, request: Request) -> Response:
        received = Received(dict(request.headers), await request.body())
        self.calls.append(received)
        try:
            response = await self._answer(request, received)
        except Unacceptable as refusal:
            received.status = refusal.status
            raise
        received.status = response.status_code
        return response

    async def _answer(self, request: Request, received: Received) -> Response:
        self._check_key(request)
        asked = read(received.body)
        if asked.model not in self.models:
            message = f"The model `{asked.model}` does not exist or you do not have access to it."
            raise Unacceptable(404, message, code="model_not_found", param="model")
        act = await self._play(request, received, asked)
        if isinstance(act, Fail):
            raise Unacceptable(act.status, act.message, code=act.code)
        completed = Completed(asked, act, received.body)
        if asked.stream:
            return StreamingResponse(self._stream(completed, received), media_type="text/event-stream")
        received.whole = True
        return JSONResponse(self._counted(completed.whole()))

    async def _play(self, request: Request, received: Received, asked: Asked) -> Act:
        name, argument = chosen(Turn(asked, argument="").prompt, unless=self.script)
        turn = Turn(asked, argument=argument)
        received.script, received.turn = name, turn.number
        if name == "slow":
            await self._wait(request, float(argument or self.slow_seconds))
        return SCRIPTS[name](turn)

    async def _wait(self, request: Request, seconds: float) -> None:
        for _ in range(int(seconds / PATIENCE)):
            if await request.is_disconnected():
                return
            await asyncio.sleep(PATIENCE)

    async def _stream(self, completed: Completed, received: Received) -> AsyncIterator[bytes]:
        for piece in completed.pieces():
            await asyncio.sleep(self.piece_seconds)
            if piece["choices"] or self.counts:
                yield b"data: " + json.dumps(piece).encode() + b"\n\n"
        received.whole = True
        yield b"data: [DONE]\n\n"

    def _counted(self, whole: dict[str, object]) -> dict[str, object]:
        return whole if self.counts else {name: value for name, value in whole.items() if name != "usage"}

    def _check_key(self, request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {self.key}":
            message = "Incorrect API key provided. You can find your API key at https://models.acme.example/keys."
            raise Unacceptable(401, message, code="invalid_api_key")

    async def _list(self, request: Request) -> Response:
        self._check_key(request)
        models = [{"id": name, "object": "model", "created": 0, "owned_by": "acme"} for name in self.models]
        return JSONResponse({"object": "list", "data": models})

    async def _show(self, _request: Request) -> Response:
        shown = [{"script": call.script, "turn": call.turn, "status": call.status} for call in self.calls]
        return JSONResponse(shown)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Unacceptable)
    headers = {"retry-after": "1"} if error.status == 429 else None
    return JSONResponse(error.body, status_code=error.status, headers=headers)


async def _no_such_path(request: Request, _error: Exception) -> Response:
    refusal = Unacceptable(404, f"Invalid URL ({request.method} {request.url.path})", code="unknown_url")
    return JSONResponse(refusal.body, status_code=404)
