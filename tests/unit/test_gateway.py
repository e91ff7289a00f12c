"""The gateway between an agent and the stand-in model, over its socket."""

import asyncio
import json
from pathlib import Path
from time import monotonic

import httpx
import pytest

from handover.runs.ledger import spent
from handover.runs.models import Run, State
from standins.model import StandInModel
from tests.unit.gateway_world import ASKED, KEY, PATH, a_run, error_of, events_of, with_model, world


def model() -> StandInModel:
    made = StandInModel(key=KEY)
    made.script = "ask"
    return made


def test_an_answer_comes_through_and_is_counted(django_db: Path, tmp_path: Path) -> None:
    async def story() -> None:
        stand_in = model()
        async with with_model(tmp_path, stand_in) as made:
            response = await made.ask()
            assert response.status_code == 200
            assert response.json()["choices"][0]["message"]["content"].startswith("Which currency")
            usage = response.json()["usage"]
            (call,) = await made.record()
            assert (call.status, call.input_tokens, call.output_tokens) == (
                200,
                usage["prompt_tokens"],
                usage["completion_tokens"],
            )
            assert (await spent(made.run.id)).cost == call.cost > 0

    asyncio.run(story())


def test_the_model_gets_the_real_key_and_nothing_else_of_the_agents_headers(django_db: Path, tmp_path: Path) -> None:
    async def story() -> None:
        stand_in = model()
        async with with_model(tmp_path, stand_in) as made:
            response = await made.agent.post(
                f"{PATH}?also=this", json=ASKED, headers={"X-Trace": "agent", "Cookie": "a=b", "User-Agent": "agent"}
            )
            assert response.status_code == 200
            assert set(response.headers) == {"content-type", "content-length"}
        (call,) = stand_in.calls
        assert call.headers["authorization"] == f"Bearer {KEY}"
        assert call.headers["user-agent"].startswith("Handover/")
        assert set(call.headers) == {
            "accept-encoding",
            "authorization",
            "content-length",
            "content-type",
            "host",
            "user-agent",
        }

    asyncio.run(story())


def test_the_body_is_written_anew_with_a_limit_and_without_labels(django_db: Path, tmp_path: Path) -> None:
    async def story() -> None:
        stand_in = model()
        async with with_model(tmp_path, stand_in) as made:
            await made.ask(prompt_cache_key="one", user="me", service_tier="priority", reasoning_effort="high")
            await made.ask(max_completion_tokens=300)
        first, second = stand_in.calls
        assert first.asked == {**ASKED, "reasoning_effort": "high", "max_tokens": 16_384}
        assert second.asked == {**ASKED, "max_completion_tokens": 300}

    asyncio.run(story())


def test_a_stream_comes_piece_by_piece_and_is_counted(django_db: Path, tmp_path: Path) -> None:
    async def story() -> None:
        stand_in = model()
        stand_in.piece_seconds = 0.1
        async with with_model(tmp_path, stand_in) as made:
            began, arrivals, text = monotonic(), [], ""
            async with made.agent.stream("POST", PATH, json={**ASKED, "stream": True}) as response:
                assert response.headers["content-type"] == "text/event-stream"
                async for piece in response.aiter_text():
                    arrivals.append(monotonic() - began)
                    text += piece
            (call,) = await made.record()
        assert arrivals[-1] - arrivals[0] > 0.25, "all at once"
        events = events_of(text)
        assert events[-1] == "[DONE]"
        assert all(json.loads(event)["choices"] for event in events[:-1]), "a count that nobody asked for"
        assert stand_in.calls[0].asked["stream_options"] == {"include_usage": True}
        written = "".join(json.loads(event)["choices"][0]["delta"].get("content") or "" for event in events[:-1])
        assert call.status == 200
        assert call.output_tokens == -(-len(written) // 4)

    asyncio.run(story())


def test_a_stream_tells_its_count_where_that_is_asked_for(django_db: Path, tmp_path: Path) -> None:
    async def story() -> None:
        async with with_model(tmp_path, model()) as made:
            response = await made.ask(stream=True, stream_options={"include_usage": True})
            *_, last, done = events_of(response.text)
            assert json.loads(last)["usage"]["completion_tokens"] > 0
            assert done == "[DONE]"

    asyncio.run(story())


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_without_a_count_the_estimate_is_on_the_high_side(django_db: Path, tmp_path: Path, stream: bool) -> None:
    async def story() -> None:
        stand_in = model()
        async with with_model(tmp_path, stand_in) as made:
            counted = await made.ask()
            stand_in.counts = False
            await made.ask(stream=stream)
            true, estimated = await made.record()
            assert estimated.status == 200
            assert estimated.input_tokens >= true.input_tokens
            assert true.output_tokens <= estimated.output_tokens <= 2 * true.output_tokens
            assert counted.status_code == 200

    asyncio.run(story())


OTHERS = [
    ("GET", PATH),
    ("POST", "/v1/chat/completions/"),
    ("POST", "/chat/completions"),
    ("POST", "/v1/responses"),
    ("POST", "/v1/files"),
    ("GET", "/v1/models"),
    ("POST", "/v1/chat/completions/../files"),
    ("POST", "//v1/chat/completions"),
]


def test_no_other_path_leads_anywhere(django_db: Path, tmp_path: Path) -> None:
    async def story() -> None:
        stand_in = model()
        async with with_model(tmp_path, stand_in) as made:
            for method, path in OTHERS:
                response = await made.agent.request(method, httpx.URL(f"http://gateway{path}"), json=ASKED)
                assert response.status_code == 404, path
                assert error_of(response)["code"] == "not_found"
        assert not stand_in.calls

    asyncio.run(story())


def test_a_token_that_is_not_of_a_live_run_is_refused(django_db: Path, tmp_path: Path) -> None:
    async def story(ended: Run) -> None:
        stand_in = model()
        async with with_model(tmp_path, stand_in) as made:
            mine = made.agent.headers["Authorization"]
            for value in ("", "Bearer", mine[:-1] + ("0" if mine[-1] != "0" else "1"), f"Basic {mine}", "Bearer é"):
                response = await made.agent.post(PATH, json=ASKED, headers=[(b"Authorization", value.encode())])
                assert response.status_code == 401, value
                assert error_of(response)["code"] == "handover_unknown_run"
            async with world(tmp_path / "ended", ended, "http://127.0.0.1:1") as over:
                assert (await over.ask()).status_code == 401
                assert await over.record() == []
        assert not stand_in.calls

    asyncio.run(story(a_run(state=State.ENDED, key="comment:2:2")))


def test_a_request_that_is_too_large_is_not_read_to_its_end(django_db: Path, tmp_path: Path) -> None:
    async def story() -> None:
        stand_in = model()
        async with with_model(tmp_path, stand_in) as made:
            response = await made.agent.post(PATH, content=b'{"model":"' + b"x" * (9 * 2**20))
            assert response.status_code == 413
            assert error_of(response)["code"] == "handover_too_large"
            assert (await made.ask()).status_code == 200
        assert len(stand_in.calls) == 1

    asyncio.run(story())


def test_a_refused_field_reaches_no_model_and_costs_nothing(django_db: Path, tmp_path: Path) -> None:
    async def story() -> None:
        stand_in = model()
        async with with_model(tmp_path, stand_in) as made:
            response = await made.ask(web_search_options={})
            assert response.status_code == 400
            assert "`web_search_options`" in error_of(response)["message"]
            assert await made.record() == []
        assert not stand_in.calls

    asyncio.run(story())
