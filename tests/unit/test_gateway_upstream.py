"""What the agent gets, and what the record says, where the model does not answer as it should."""

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from handover.runs.ledger import last_trouble
from standins.model import StandInModel
from tests.unit.gateway_world import (
    ASKED,
    KEY,
    PATH,
    Receive,
    Send,
    a_run,
    answers,
    error_of,
    with_model,
    with_upstream,
    world,
)

CHUNK = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
HELLO = {**CHUNK, "choices": [{"index": 0, "delta": {"content": "hello"}, "finish_reason": None}]}


def chunk(fields: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(fields).encode() + b"\n\n"


REFUSALS = [
    ("fail401", 401, "handover_key_refused"),
    ("fail429", 429, "rate_limit_exceeded"),
    ("fail500", 500, "server_error"),
]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_refusal_is_passed_on_and_costs_nothing(django_db: Path, tmp_path: Path, stream: bool) -> None:
    async def story() -> None:
        stand_in = StandInModel(key=KEY)
        async with with_model(tmp_path, stand_in) as made:
            for stand_in.script, status, code in REFUSALS:
                answer = await made.ask(stream=stream)
                assert (answer.status_code, error_of(answer)["code"]) == (status, code)
                assert answer.headers.get("retry-after") == ("1" if status == 429 else None)
                *_, call = await made.record()
                assert (call.status, call.cost) == (status, Decimal(0))
                assert await last_trouble(made.run.id) == status

    asyncio.run(story())


def test_a_wrong_key_is_not_the_agents_to_see(django_db: Path, tmp_path: Path) -> None:
    async def story() -> None:
        async with with_model(tmp_path, StandInModel(key="sk-another-key-0123456789")) as made:
            answer = await made.ask()
            assert answer.status_code == 401
            assert "models.acme.example" not in answer.text

    asyncio.run(story())


ODD: dict[str, tuple[Any, int, int, str]] = {
    "a redirect": (
        answers(307, b"", headers=((b"location", b"http://127.0.0.1:1/steal"),)),
        502,
        307,
        "handover_unreadable",
    ),
    "a sign-in page": (answers(200, b"<html>sign in</html>", kind="text/html"), 502, 502, "handover_unreadable"),
    "HTML that says it is JSON": (answers(200, b"<html>"), 502, 502, "handover_unreadable"),
    "JSON that is no answer": (answers(200, b'{"ok":true}'), 502, 502, "handover_unreadable"),
    "JSON of another shape": (answers(200, b'{"choices":"none"}'), 502, 502, "handover_unreadable"),
    "an answer that nests": (answers(200, b'{"choices":' + b"[" * 100_000), 502, 502, "handover_unreadable"),
    "an answer without end": (answers(200, b" " * (17 * 2**20)), 502, 502, "handover_unreadable"),
    "an error without end": (answers(500, b" " * (17 * 2**20)), 500, 500, "model_500"),
    "an error page": (answers(503, b"<html>", kind="text/html"), 503, 503, "model_503"),
    "forbidden": (answers(403, b"{}"), 401, 403, "handover_key_refused"),
    "an empty account": (answers(402, b'{"error":{"message":"Pay first."}}'), 402, 402, "model_402"),
    "an event without end": (
        answers(200, b"data: " + b"x" * (5 * 2**20), kind="text/event-stream"),
        200,
        502,
        "handover_unreadable",
    ),
    "a stream of something else": (
        answers(200, b"data: <html>\n\n", kind="text/event-stream"),
        200,
        502,
        "handover_unreadable",
    ),
    "a stream that breaks off": (
        answers(200, chunk(HELLO), kind="text/event-stream"),
        200,
        502,
        "handover_broken",
    ),
}


def test_odd_answers(django_db: Path, tmp_path: Path) -> None:
    asked: list[str] = []

    async def odd(scope: Any, receive: Receive, send: Send) -> None:
        await ODD[asked[-1]][0](scope, receive, send)

    async def story() -> None:
        async with with_upstream(tmp_path, odd) as made:
            for name, (_, status, recorded, code) in ODD.items():
                asked.append(name)
                answer = await made.ask(stream=True)
                error = json.loads(answer.text.rpartition("data: ")[2])["error"]
                assert (answer.status_code, error["code"]) == (status, code), name
                assert len(answer.content) < 10_000, name
                assert "location" not in answer.headers
                *_, call = await made.record()
                assert call.status == recorded == await last_trouble(made.run.id), name

    asyncio.run(story())


def test_a_stream_without_its_last_word_is_whole_where_it_gave_a_reason(django_db: Path, tmp_path: Path) -> None:
    end = {**CHUNK, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    app = answers(200, b": comment\r\n" + chunk(HELLO) + chunk(end), kind="text/event-stream; charset=utf-8")

    async def story() -> None:
        async with with_upstream(tmp_path, app) as made:
            answer = await made.ask(stream=True)
            assert answer.text.endswith("data: [DONE]\n\n")
            (call,) = await made.record()
            assert (call.status, call.output_tokens) == (200, 2)

    asyncio.run(story())


async def echo(scope: Any, receive: Receive, send: Send) -> None:
    """Answers with the headers that it got, in the fields of an answer."""
    key = dict(scope["headers"])[b"authorization"].decode()
    asked = json.loads((await receive())["body"])
    if asked.get("seed"):
        await answers(asked["seed"], json.dumps({"error": {"message": key}}).encode())(scope, receive, send)
    elif asked.get("stream"):
        last = {**CHUNK, "choices": [{"index": 0, "delta": {"content": key}, "finish_reason": "stop"}]}
        body = chunk(last) + b"data: [DONE]\n\n"
        await answers(200, body, kind="text/event-stream", headers=((b"x-key", key.encode()),))(scope, receive, send)
    else:
        body = json.dumps({"choices": [{"message": {"content": key}, "finish_reason": "stop"}]}).encode()
        await answers(200, body, headers=((b"set-cookie", key.encode()),))(scope, receive, send)


def test_the_key_never_comes_back(django_db: Path, tmp_path: Path) -> None:
    async def story() -> None:
        async with with_upstream(tmp_path, echo) as made:
            for changes in ({}, {"stream": True}, {"seed": 400}, {"seed": 401}, {"seed": 500}):
                answer = await made.ask(**changes)
                assert answer.status_code == changes.get("seed", 200)
                assert KEY not in answer.text
                assert KEY not in str(answer.headers)
                assert not {"x-key", "set-cookie"} & set(answer.headers)

    asyncio.run(story())


def test_a_placeholder_of_a_key_leaves_answers_alone(django_db: Path, tmp_path: Path) -> None:
    body = b'{"choices":[{"message":{"content":"none of it"},"finish_reason":"stop"}]}'

    async def story() -> None:
        async with with_upstream(tmp_path, answers(200, body), key="none") as made:
            assert (await made.ask()).content == body

    asyncio.run(story())


def test_nobody_answers(django_db: Path, tmp_path: Path) -> None:
    run = a_run()

    async def story() -> None:
        async with world(tmp_path, run, "http://127.0.0.1:1") as made:
            answer = await made.ask()
            assert (answer.status_code, error_of(answer)["code"]) == (502, "handover_unreachable")
            (call,) = await made.record()
            assert (call.status, call.cost) == (0, Decimal(0))
            assert await last_trouble(run.id) == 0

    asyncio.run(story())


def test_a_cut_connection_is_charged_since_the_model_may_have_worked(django_db: Path, tmp_path: Path) -> None:
    async def story() -> None:
        stand_in = StandInModel(key=KEY)
        stand_in.faults.add(path="completions", lose=True)
        async with with_model(tmp_path, stand_in) as made:
            assert (await made.ask()).status_code == 502
            (call,) = await made.record()
            assert call.status == 0
            assert call.cost > 0

    asyncio.run(story())


def test_a_slow_model_is_given_up(django_db: Path, tmp_path: Path) -> None:
    async def story() -> None:
        stand_in = StandInModel(key=KEY)
        stand_in.faults.add(path="completions", hold=True)
        async with with_model(tmp_path, stand_in, seconds=0.5) as made:
            answer = await made.ask()
            assert (answer.status_code, error_of(answer)["code"]) == (504, "handover_too_slow")
            (call,) = await made.record()
            assert call.status == 0
            assert 0 < call.output_tokens < 1_000

    asyncio.run(story())


def test_an_agent_that_goes_ends_the_call(django_db: Path, tmp_path: Path) -> None:
    async def story() -> None:
        stand_in = StandInModel(key=KEY)
        stand_in.faults.add(path="completions", hold=True)
        async with with_model(tmp_path, stand_in) as made:
            asked = asyncio.create_task(made.ask())
            for _ in range(500):
                if stand_in.faults.waiting:
                    break
                await asyncio.sleep(0.01)
            asked.cancel()
            await asyncio.gather(asked, return_exceptions=True)
            (call,) = await made.settled()
            assert call.status == 0
            assert 0 < call.output_tokens < 16_384
            for _ in range(500):
                if not stand_in.faults.waiting:
                    return
                await asyncio.sleep(0.01)
            raise AssertionError("the model still works")

    asyncio.run(story())


def test_an_agent_that_goes_in_the_middle_of_a_stream(django_db: Path, tmp_path: Path) -> None:
    async def story() -> None:
        stand_in = StandInModel(key=KEY)
        stand_in.piece_seconds = 0.2
        async with with_model(tmp_path, stand_in) as made:
            async with made.agent.stream("POST", PATH, json={**ASKED, "stream": True}) as response:
                async for _ in response.aiter_bytes():
                    break
            (call,) = await made.settled()
            assert call.status == 200
            assert 0 < call.output_tokens < 1_000
        assert not stand_in.calls[0].whole

    asyncio.run(story())
