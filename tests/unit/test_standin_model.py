"""The stand-in model over real HTTP: as strict as OpenAI, and the same each time."""

import json
from collections.abc import Iterator
from time import monotonic
from typing import Any

import httpx
import pytest

from standins.model import StandInModel
from standins.serving import Served

PATH = "/v1/chat/completions"
ASKED: dict[str, Any] = {"model": "stand-in", "messages": [{"role": "user", "content": "[script:ask]"}]}
CALLING = {
    "role": "assistant",
    "tool_calls": [{"id": "a", "type": "function", "function": {"name": "terminal", "arguments": "{}"}}],
}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[StandInModel, httpx.Client]]:
    model = StandInModel()
    headers = {"Authorization": "Bearer sk-stand-in"}
    with Served(model.app) as server, httpx.Client(base_url=server.url, headers=headers, timeout=20) as client:
        yield model, client


@pytest.fixture
def client(served: tuple[StandInModel, httpx.Client]) -> httpx.Client:
    return served[1]


def message_of(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    message: dict[str, Any] = response.json()["choices"][0]["message"]
    return message


def says(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [*ASKED["messages"], *messages]}


REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "an unknown model": ({"model": "gpt-9"}, 404, "gpt-9"),
    "an unknown field": ({"foo": 1}, 400, "foo"),
    "a field of other servers": ({"top_k": 1}, 400, "top_k"),
    "no messages": ({"messages": []}, 400, "$.messages"),
    "a stream's options without a stream": ({"stream_options": {"include_usage": True}}, 400, "stream_options"),
    "two limits": ({"max_tokens": 1, "max_completion_tokens": 1}, 400, "max_completion_tokens"),
    "a limit of nothing": ({"max_tokens": 0}, 400, "$.max_tokens"),
    "an unknown role": ({"messages": [{"role": "robot", "content": ""}]}, 400, "robot"),
    "a result of no call": (says({"role": "tool", "content": "", "tool_call_id": "a"}), 400, "tool_calls"),
    "a call without a result": (says(CALLING), 400, "tool_call_id"),
    "a call that is passed over": (says(CALLING, {"role": "user", "content": "go on"}), 400, "tool_call_id"),
    "a server's tool": ({"tools": [{"type": "web_search"}]}, 400, "web_search"),
}


@pytest.mark.parametrize(("changes", "status", "named"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_in_openais_shape(client: httpx.Client, changes: dict[str, Any], status: int, named: str) -> None:
    response = client.post(PATH, json={**ASKED, **changes})
    assert response.status_code == status
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert named in error["message"]


def test_only_its_key_opens_it(client: httpx.Client) -> None:
    for value in ("", "Bearer sk-other", "sk-stand-in"):
        response = client.post(PATH, json=ASKED, headers={"Authorization": value})
        assert response.status_code == 401
        assert response.json()["error"]["code"] == "invalid_api_key"


def test_no_json_and_no_such_path(client: httpx.Client) -> None:
    assert client.post(PATH, content=b"{").status_code == 400
    assert client.post("/v1/responses", json=ASKED).json()["error"]["code"] == "unknown_url"
    assert [model["id"] for model in client.get("/v1/models").json()["data"]] == ["stand-in", "scripted"]


def test_the_same_request_gets_the_same_answer(client: httpx.Client) -> None:
    first, again, other = (client.post(PATH, json={**ASKED, "seed": seed}) for seed in (1, 1, 2))
    assert first.content == again.content
    assert first.json()["id"] != other.json()["id"]
    usage = first.json()["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


@pytest.mark.parametrize("script", ["ask", "fix"])
def test_a_stream_says_what_the_whole_answer_says(client: httpx.Client, script: str) -> None:
    asked = {**ASKED, "messages": [{"role": "user", "content": f"[script:{script}]"}]}
    whole = message_of(client.post(PATH, json=asked))
    response = client.post(PATH, json={**asked, "stream": True, "stream_options": {"include_usage": True}})
    *events, done = [line.removeprefix("data: ") for line in response.text.splitlines() if line]
    *chunks, last = [json.loads(event) for event in events]
    assert done == "[DONE]"
    assert last["choices"] == []
    assert last["usage"]["completion_tokens"] > 0
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert "".join(delta.get("content") or "" for delta in deltas) == (whole["content"] or "")
    pieces = [call["function"]["arguments"] for delta in deltas for call in delta.get("tool_calls", ())]
    called = [call["function"]["arguments"] for call in whole.get("tool_calls", ())]
    assert "".join(pieces) == "".join(called)
    assert chunks[-1]["choices"][0]["finish_reason"] == ("tool_calls" if called else "stop")


def test_a_limit_cuts_the_answer(client: httpx.Client) -> None:
    response = client.post(PATH, json={**ASKED, "max_tokens": 3})
    assert len(message_of(response)["content"]) == 12
    assert response.json()["choices"][0]["finish_reason"] == "length"
    assert response.json()["usage"]["completion_tokens"] == 3


@pytest.mark.parametrize(
    ("script", "status", "code"),
    [("fail401", 401, "invalid_api_key"), ("fail429", 429, "rate_limit_exceeded"), ("fail500", 500, "server_error")],
)
def test_failures(client: httpx.Client, script: str, status: int, code: str) -> None:
    response = client.post(PATH, json={**ASKED, "messages": [{"role": "user", "content": f"x [script:{script}] y"}]})
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert response.headers.get("retry-after") == ("1" if status == 429 else None)


def test_a_slow_answer_takes_its_time(client: httpx.Client) -> None:
    began = monotonic()
    message_of(client.post(PATH, json={**ASKED, "messages": [{"role": "user", "content": "[script:slow 0.4]"}]}))
    assert 0.4 <= monotonic() - began < 5


def test_a_test_names_the_script_and_reads_the_calls(served: tuple[StandInModel, httpx.Client]) -> None:
    model, client = served
    model.script = "claim"
    try:
        message = message_of(client.post(PATH, json=ASKED))
    finally:
        model.script = None
    assert message["tool_calls"][0]["function"]["name"] == "finish"
    call = model.calls[-1]
    assert (call.script, call.turn, call.status, call.whole) == ("claim", 0, 200, True)
    assert call.asked == ASKED
    assert client.get("/calls").json()[-1] == {"script": "claim", "turn": 0, "status": 200}


def test_an_expensive_answer_says_so(client: httpx.Client) -> None:
    asked = {**ASKED, "messages": [{"role": "user", "content": "[script:expensive]"}]}
    assert client.post(PATH, json=asked).json()["usage"]["completion_tokens"] == 1_000_000


def test_a_fault_comes_first(served: tuple[StandInModel, httpx.Client]) -> None:
    model, client = served
    model.faults.add(path="completions", status=503, times=1)
    assert [client.post(PATH, json=ASKED).status_code for _ in range(2)] == [503, 200]
