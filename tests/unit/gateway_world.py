"""A run, the gateway on its socket, and a model behind it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from handover.connections.models import Connection
from handover.gateway.app import Gateway, upstream_of
from handover.gateway.prices import Prices
from handover.gateway.serving import GatewayServer
from handover.lib import clock
from handover.lib import http as network
from handover.runs.ledger import RunLedger, token_of
from handover.runs.models import ModelCall, Run, State
from standins.model import StandInModel
from standins.serving import Served

KEY = "sk-the-real-key-0123456789"
PATH = "/v1/chat/completions"
PRICES = Prices(input_token=Decimal("0.000001"), output_token=Decimal("0.00001"))
ASKED: dict[str, Any] = {"model": "stand-in", "messages": [{"role": "user", "content": "please fix this"}]}


def a_run(*, state: State = State.WORKING, key: str = "comment:1:1") -> Run:
    """A run that is under way."""
    connection, _ = Connection.objects.get_or_create(base_url="https://jira.acme.example/jira")
    return Run.objects.create(
        connection=connection, dedupe_key=key, kind="mention", issue_id="10001", state=state, asked_at=clock.now()
    )


@dataclass
class World:
    """What a test holds. `agent` is a client as the agent has it: on the socket, with the run's token."""

    run: Run
    agent: httpx.AsyncClient
    ledger: RunLedger

    async def ask(self, **changes: object) -> httpx.Response:
        """Ask the model as the agent does."""
        return await self.agent.post(PATH, json={**ASKED, **changes})

    async def record(self) -> list[ModelCall]:
        """Every call in the record, the oldest first."""
        return [call async for call in ModelCall.objects.filter(run=self.run).order_by("at")]

    async def settled(self, *, calls: int = 1) -> list[ModelCall]:
        """The record when so many calls are settled; waits up to 5 s."""
        for _ in range(250):
            record = await self.record()
            if len(record) >= calls and all(call.status is not None for call in record):
                return record
            await asyncio.sleep(0.02)
        raise AssertionError(f"not settled: {record}")


@asynccontextmanager
async def world(
    folder: Path, run: Run, base_url: str, *, ceiling: str = "5", seconds: float = 20.0, key: str = KEY
) -> AsyncIterator[World]:
    """The gateway before the model at `base_url`."""
    ledger = RunLedger(prices=PRICES, ceiling=Decimal(ceiling))
    upstream = replace(upstream_of("openai/stand-in", base_url=f"{base_url}/v1", key=key), seconds=seconds)
    socket = folder / "gateway" / "model.sock"
    headers = {"Authorization": f"Bearer {token_of(run.id)}"}
    async with (
        network.client() as http,
        GatewayServer(Gateway(ledger, lambda: upstream, lambda: http), socket),
        httpx.AsyncClient(
            base_url="http://gateway", headers=headers, transport=httpx.AsyncHTTPTransport(uds=str(socket)), timeout=30
        ) as agent,
    ):
        yield World(run, agent, ledger)


@asynccontextmanager
async def with_model(folder: Path, model: StandInModel, **settings: Any) -> AsyncIterator[World]:
    """The gateway before the stand-in model, with a run of its own."""
    run = await asyncio.to_thread(_made_in_thread)
    with Served(model.app) as served:
        async with world(folder, run, served.url, **settings) as made:
            yield made


def _made_in_thread() -> Run:
    from django.db import connections

    try:
        return a_run()
    finally:
        connections.close_all()


Receive = Callable[[], Any]
Send = Callable[[dict[str, Any]], Any]


@asynccontextmanager
async def with_upstream(
    folder: Path, app: Callable[[Any, Receive, Send], Any], **settings: Any
) -> AsyncIterator[World]:
    """The gateway before any ASGI app, with a run of its own."""
    run = await asyncio.to_thread(_made_in_thread)
    with Served(app) as served:
        async with world(folder, run, served.url, **settings) as made:
            yield made


def answers(
    status: int, body: bytes, *, kind: str = "application/json", headers: tuple[tuple[bytes, bytes], ...] = ()
) -> Callable[[Any, Receive, Send], Any]:
    """An ASGI app that answers everything alike."""

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": status, "headers": [(b"content-type", kind.encode()), *headers]}
        )
        await send({"type": "http.response.body", "body": body})

    return app


def error_of(response: httpx.Response) -> dict[str, Any]:
    """The error in OpenAI's shape."""
    body = json.loads(response.content)
    assert set(body) == {"error"}
    error: dict[str, Any] = body["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return error


def events_of(text: str) -> list[str]:
    """The data of each server-sent event."""
    return [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
