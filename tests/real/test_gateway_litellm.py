"""The real client of the agent, litellm and the SDK around it, through the gateway. It runs in its own Python."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from handover import settings
from handover.runs.ledger import ceiling_reached, spent, token_of
from standins.model import StandInModel
from tests.unit.gateway_world import KEY, with_model

PYTHON = settings.AGENT_ENVIRONMENT / "bin" / "python"
SECONDS = 120
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not PYTHON.exists(), reason="the agent's environment is not installed: make setup"),
]

CLIENT = """
import json, sys, warnings
warnings.simplefilter("ignore")
import litellm
from openhands.sdk import LLM, Message, TextContent

base_url, token = sys.argv[1:]
TOOLS = [{"type": "function", "function": {"name": "terminal", "description": "x", "parameters": {
    "type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}}}]

def outcome(call):
    try:
        return call()
    except Exception as error:
        return {"error": type(error).__name__, "message": str(error)}

def asked(word, key=token, **further):
    return litellm.completion(model="openai/stand-in", base_url=base_url, api_key=key, tools=TOOLS,
        messages=[{"role": "user", "content": f"please [script:{word}]"}], **further)

def whole(word, key=token):
    answer = asked(word, key)
    message = answer.choices[0].message
    called = message.tool_calls and json.loads(message.tool_calls[0].function.arguments)["command"]
    return {"text": message.content, "called": called, "tokens": answer.usage.total_tokens}

def stream(word):
    chunks = list(asked(word, stream=True, stream_options={"include_usage": True}))
    answer = litellm.stream_chunk_builder(chunks)
    message = answer.choices[0].message
    called = message.tool_calls and json.loads(message.tool_calls[0].function.arguments)["command"]
    return {"text": message.content, "called": called, "tokens": answer.usage.total_tokens}

def sdk(word):
    llm = LLM(model="openai/stand-in", base_url=base_url, api_key=token, usage_id="agent", api_mode="chat",
        num_retries=2, retry_min_wait=1, retry_max_wait=1, timeout=60)
    answer = llm.completion([Message(role="user", content=[TextContent(text=f"please [script:{word}]")])])
    return {"text": answer.message.content[0].text}

report = {}
for name, call in {
    "whole": lambda: whole("ask"),
    "whole tool": lambda: whole("stuck"),
    "stream": lambda: stream("ask"),
    "stream tool": lambda: stream("stuck"),
    "sdk": lambda: sdk("ask"),
    "unknown": lambda: whole("ask", key="sk-of-nobody"),
    "refused key": lambda: whole("fail401"),
    "limited": lambda: sdk("fail429"),
    "dear": lambda: whole("expensive"),
    "ceiling": lambda: whole("ask"),
    "sdk ceiling": lambda: sdk("ask"),
}.items():
    report[name] = outcome(call)
print("REPORT " + json.dumps(report))
"""


@dataclass
class Relay:
    """Listens on loopback for a client that knows no unix socket, and counts the requests that pass."""

    url: str = ""
    requests: int = 0


@asynccontextmanager
async def relay(path: Path) -> AsyncIterator[Relay]:
    """A relay to the socket at `path`."""
    made = Relay()

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            made.requests += data.count(b"POST /v1/chat/completions ")
            writer.write(data)
            await writer.drain()
        writer.close()

    async def relayed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_unix_connection(str(path))
        await asyncio.gather(pipe(reader, inner_writer), pipe(inner_reader, writer), return_exceptions=True)

    server = await asyncio.start_server(relayed, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    async with server:
        yield made


async def report_of(url: str, token: str, folder: Path) -> dict[str, dict[str, Any]]:
    """What the client saw."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "DO_NOT_TRACK": "1",
        "OPENHANDS_SUPPRESS_BANNER": "1",
    }
    process = await asyncio.create_subprocess_exec(
        str(PYTHON), "-c", CLIENT, url, token, env=environment, cwd=folder, stdout=-1, stderr=-1
    )
    try:
        out, errors = await asyncio.wait_for(process.communicate(), SECONDS)
    except TimeoutError:
        process.kill()
        raise
    assert process.returncode == 0, errors.decode()[-3_000:]
    (line,) = [line for line in out.decode().splitlines() if line.startswith("REPORT ")]
    report: dict[str, dict[str, Any]] = json.loads(line.removeprefix("REPORT "))
    return report


def test_litellm_through_the_gateway(django_db: Path, tmp_path: Path) -> None:
    async def story() -> None:
        stand_in = StandInModel(key=KEY)
        async with with_model(tmp_path, stand_in) as made, relay(tmp_path / "gateway" / "model.sock") as way:
            report = await report_of(way.url, token_of(made.run.id), tmp_path)
            for name in ("whole", "stream", "sdk"):
                assert report[name]["text"].startswith("Which currency"), report[name]
            assert report["whole tool"]["called"] == report["stream tool"]["called"] == "echo again"
            assert report["whole"]["tokens"] == report["stream"]["tokens"] > 0
            assert report["unknown"]["error"] == "AuthenticationError"
            assert report["refused key"]["error"] == "AuthenticationError"
            assert report["limited"]["error"] == "LLMRateLimitError"
            assert report["ceiling"]["error"] == "BadRequestError"
            assert "reached what it may cost" in report["ceiling"]["message"]
            assert report["sdk ceiling"]["error"] == "LLMBadRequestError"
            assert await ceiling_reached(made.run.id)
            assert (await spent(made.run.id)).calls == len(stand_in.calls)
            # Tried again: what the model limited, once. Each of the three refusals of the gateway came once.
            assert len([call for call in stand_in.calls if call.script == "fail429"]) == 2
            assert way.requests == len(stand_in.calls) + 3
            assert KEY not in json.dumps(report)

    asyncio.run(story())
