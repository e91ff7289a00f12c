"""What the gateway lets through to the model, and in what words it refuses the rest."""

import json
from typing import Any

import pytest

from handover.gateway.reading import most_of, read, written
from handover.gateway.replies import NotAnswered
from handover.gateway.upstream import Upstream, upstream_of

USER = {"role": "user", "content": "hello"}
ASKED: dict[str, Any] = {"model": "gpt-5", "messages": [USER]}
FUNCTION = {"type": "function", "function": {"name": "terminal", "parameters": {"type": "object"}}}
UPSTREAM = upstream_of("openai/gpt-5", base_url="https://models.acme.example/v1", key="sk-x")
PIXEL = "data:image/png;base64,iVBORw0KGgo="


def image(url: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]}


def nested(depth: int) -> Any:
    value: Any = {}
    for _ in range(depth):
        value = {"properties": value}
    return value


def tool(**function: object) -> dict[str, Any]:
    return {"tools": [{"type": "function", "function": {"name": "terminal", **function}}]}


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "another model": ({"model": "gpt-5-pro"}, "`model`"),
    "the dialect is no part of the model's name": ({"model": "openai/gpt-5"}, "`model`"),
    "two answers": ({"n": 2}, "$.n"),
    "a server's web search": ({"web_search_options": {}}, "`web_search_options`"),
    "a server's tool": ({"tools": [{"type": "web_search"}]}, "$.tools"),
    "an MCP server": ({"tools": [{"type": "mcp", "server_url": "https://x.example"}]}, "$.tools[0].type"),
    "a custom tool": ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, "$.tools[0].type"),
    "old functions": ({"functions": []}, "`functions`"),
    "a choice of a server's tool": ({"tool_choice": {"type": "hosted_file_search"}}, "$.tool_choice"),
    "an image elsewhere": (image("https://acme.example/a.png"), "`image_url`"),
    "an image on this machine": (image("file:///etc/passwd"), "`image_url`"),
    "a picture with scripts": (image("data:image/svg+xml;base64,PHN2Zz4="), "`image_url`"),
    "an image that is no base64": (image("data:image/png;base64,a b"), "`image_url`"),
    "two addresses in one": (image(f"{PIXEL}\nhttps://acme.example"), "`image_url`"),
    "a remote file": (
        {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}]},
        "$.messages[0].content[0].type",
    ),
    "sound": ({"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "$.messages[0].content[0].type"),
    "an unknown role": ({"messages": [{"role": "function", "content": "x", "name": "y"}]}, "$.messages[0].role"),
    "an unknown field of a message": ({"messages": [{**USER, "audio": {}}]}, "`audio`"),
    "no messages": ({"messages": []}, "$.messages"),
    "a limit below one": ({"max_tokens": 0}, "$.max_tokens"),
    "a limit that is a text": ({"max_tokens": "9"}, "$.max_tokens"),
    "another ending of a stream": ({"stream": True, "stream_options": {"include_obfuscation": True}}, "obfuscation"),
    "a deep schema": (tool(parameters=nested(60)), "nests deeper"),
    "a schema that is no object": (tool(parameters=[]), "$.tools[0].function.parameters"),
    "a deep format": (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": nested(60)}}},
        "nests deeper",
    ),
    "extra body": ({"extra_body": {"x": 1}}, "`extra_body`"),
    "Anthropic's thinking": ({"thinking": {"type": "enabled"}}, "`thinking`"),
}


@pytest.mark.parametrize(("changes", "named"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(NotAnswered) as refusal:
        read(json.dumps({**ASKED, **changes}).encode(), model="gpt-5")
    assert refusal.value.status == 400
    assert named in refusal.value.message


BODIES = {
    "nothing": b"",
    "no JSON": b"model=gpt-5",
    "a list": b"[]",
    "a part": b'{"model":"gpt-5"',
    "two": b"{}{}",
    "no UTF-8": b'{"model":"gpt-5","messages":[{"role":"user","content":"\xff"}]}',
    "half a pair of surrogates": b'{"model":"gpt-5","messages":[{"role":"user","content":"\\ud800"}]}',
    "a pit": b'{"model":"gpt-5","metadata":' + b"[" * 500_000,
    "a pit in a schema": b'{"tools":[{"type":"function","function":{"name":"x","parameters":'
    + b'{"a":' * 200_000
    + b"1"
    + b"}" * 200_000
    + b"}}]}",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_what_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(NotAnswered) as refusal:
        read(body, model="gpt-5")
    assert refusal.value.status == 400


PASSED: dict[str, dict[str, Any]] = {
    "a plain question": {},
    "parts": {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}]},
    "an image as data": image(PIXEL),
    "a conversation with a tool": {
        "messages": [
            {"role": "system", "content": "be good"},
            USER,
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c", "type": "function", "function": {"name": "t", "arguments": "{}"}}],
            },
            {"role": "tool", "content": "done", "tool_call_id": "c", "name": "t"},
        ],
        "tools": [FUNCTION],
        "tool_choice": "auto",
        "parallel_tool_calls": True,
    },
    "one tool to call": {"tools": [FUNCTION], "tool_choice": {"type": "function", "function": {"name": "terminal"}}},
    "how to write": {"top_p": 0.5, "temperature": 1.0, "seed": 7, "stop": ["END"], "n": 1, "reasoning_effort": "low"},
    "some JSON": {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": nested(3)}}},
    "a mark to keep the prompt at": {
        "messages": [
            {
                "role": "user",
                "content": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}],
            }
        ]
    },
}


@pytest.mark.parametrize("changes", PASSED.values(), ids=PASSED.keys())
def test_passed_on_as_it_is(changes: dict[str, Any]) -> None:
    body = {**ASKED, **changes, "max_tokens": 9}
    asked = read(json.dumps(body).encode(), model="gpt-5")
    assert json.loads(written(asked, upstream=UPSTREAM, output_tokens=9)) == body


def test_the_smaller_of_two_limits_counts_and_both_are_lowered() -> None:
    asked = read(json.dumps({**ASKED, "max_tokens": 900, "max_completion_tokens": 500}).encode(), model="gpt-5")
    assert most_of(asked, size=100, upstream=UPSTREAM).output_tokens == 500
    body = json.loads(written(asked, upstream=UPSTREAM, output_tokens=300))
    assert (body["max_tokens"], body["max_completion_tokens"]) == (300, 300)


def test_an_image_costs_less_than_its_bytes() -> None:
    large = "data:image/png;base64," + "A" * 3_000_000
    body = json.dumps({**ASKED, **image(large)}).encode()
    assert most_of(read(body, model="gpt-5"), size=len(body), upstream=UPSTREAM).input_tokens < 51_000


NAMES = [
    ("openai/gpt-5", "https://api.openai.com/v1", "gpt-5", "max_completion_tokens"),
    ("gpt-5", "https://models.acme.example/v1", "gpt-5", "max_tokens"),
    ("litellm_proxy/team/gpt", "https://proxy.acme.example", "team/gpt", "max_tokens"),
    ("openai/anthropic/claude", "https://router.acme.example/v1/", "anthropic/claude", "max_tokens"),
]


@pytest.mark.parametrize(("model", "base_url", "name", "limit"), NAMES)
def test_the_upstream_of_the_settings(model: str, base_url: str, name: str, limit: str) -> None:
    upstream: Upstream = upstream_of(model, base_url=base_url, key="sk-secret")
    assert (upstream.model_for_agent, upstream.model_upstream, upstream.limit_field) == (name, name, limit)
    assert upstream.url == f"{base_url.rstrip('/')}/chat/completions"
    assert "sk-secret" not in repr(upstream)
