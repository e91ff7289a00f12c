"""What Handover relies on in an agent-server: the same for the real one and its stand-in, in a sandbox each."""

import time
import uuid
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from handover.agent.calls import AgentUnavailable, Calls
from handover.agent.events import AgentEvent
from handover.agent.server import AgentRefused, AgentServer, Conversation, Model, Standing
from handover.sandboxes.blueprint import Agent
from handover.sandboxes.environment import RUNS_AT_ONCE
from tests.real.opened import KEY, Opened, ScriptedModel, blueprint, calls, opened, says

SCRIPTS: dict[str, list[dict[str, object] | int]] = {
    "work": [
        calls("terminal", command="mkdir deep && cd deep && echo made > file.txt"),
        calls("terminal", command="pwd; false"),
        calls("finish", message="All is done."),
    ],
    "ask": [says("Which currency?")],
    "slow": [calls("terminal", command="sleep 40", timeout=60), calls("finish", message="Slept.")],
    "endless": [calls("terminal", command="echo {turn}")],
    "stuck": [calls("terminal", command="echo again")],
    "confused": [calls("nothing_like_it"), calls("terminal", wrong=1), calls("finish", message="Found my way.")],
    "refused401": [401],
    "refused429": [429],
    "refused500": [500],
}
ENDED = ("finished", "error", "stuck", "paused")


@pytest.fixture(scope="module", params=["stand-in", pytest.param("openhands", marks=pytest.mark.real)])
def agent_kind(request: pytest.FixtureRequest) -> Agent:
    return "openhands" if request.param == "openhands" else "stand-in"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, agent_kind: Agent) -> Iterator[ScriptedModel]:
    scripted = ScriptedModel(tmp_path_factory.mktemp("model") / "m.sock", SCRIPTS)
    yield scripted
    scripted.close()


@pytest.fixture(scope="module")
def it(tmp_path_factory: pytest.TempPathFactory, model: ScriptedModel, agent_kind: Agent) -> Iterator[Opened]:
    with opened(blueprint(tmp_path_factory.mktemp("run") / "r", model.path, agent=agent_kind)) as sandbox:
        yield sandbox


def conversation(it: Opened, script: str, *, steps: int = 20) -> Conversation:
    model = Model("openai/scripted", it.sandbox.model_url, KEY, Decimal("0.000001"), Decimal("0.000002"))
    named = str(uuid.uuid4())
    return Conversation(named, f"{script} please", f"{it.sandbox.workspace}/{named}", model, steps)


def begun(it: Opened, script: str, *, steps: int = 20) -> Conversation:
    one = conversation(it, script, steps=steps)
    it.do(it.agent.create(one))
    return one


def standing(it: Opened, one: Conversation, *wanted: str) -> Standing:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = it.do(it.agent.standing(one.id))
        if found.status in (wanted or ENDED):
            return found
        time.sleep(0.05)
    raise AssertionError(f"The conversation still stands at {found}.")


def until_told(it: Opened, one: Conversation, title: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if title in [event.title for event in it.do(it.agent.events(one.id))]:
            return
        time.sleep(0.05)
    raise AssertionError(f"Nothing was told of {title!r}.")


def told(events: list[AgentEvent]) -> list[tuple[str, str]]:
    return [(event.kind, event.title) for event in events]


def test_a_conversation_works_and_reports(it: Opened, model: ScriptedModel) -> None:
    one = begun(it, "work")
    assert standing(it, one) == Standing("finished")
    assert it.do(it.agent.final_text(one.id)) == "All is done."
    assert it.do(it.agent.finished_by_tool(one.id))
    assert it.sh(f"cat {one.working_dir}/deep/file.txt") == "made\n"
    assert model.keys == {f"Bearer {KEY}"}
    events = it.do(it.agent.events(one.id))
    assert told(events) == [
        ("says", "The task"),
        ("acts", "$ mkdir deep && cd deep && echo made > file.txt"),
        ("sees", "Sees (exit code 0)"),
        ("acts", "$ pwd; false"),
        ("sees", "Sees (exit code 1)"),
        ("says", "The agent has finished"),
    ]
    # The shell keeps its folder.
    assert f"{one.working_dir}/deep" in events[4].text
    assert events[0].text == "work please"
    assert len({event.id for event in events}) == 6
    assert [event.at for event in events] == sorted(event.at for event in events)


def test_events_are_told_once(it: Opened) -> None:
    one = begun(it, "work")
    standing(it, one)
    whole = it.do(it.agent.events(one.id))
    assert it.do(it.agent.events(one.id, len(whole))) == []
    fresh = AgentServer(it.sandbox.agent_socket, it.sandbox.session_key)
    assert it.do(fresh.events(one.id, 4)) == whole[4:]


def test_the_same_conversation_twice_is_begun_once(it: Opened, model: ScriptedModel) -> None:
    one = conversation(it, "ask")
    before = model.times("ask")
    assert not it.do(it.agent.exists(one.id))
    it.do(it.agent.create(one))
    standing(it, one)
    it.do(it.agent.create(one))
    assert it.do(it.agent.exists(one.id))
    assert standing(it, one) == Standing("finished")
    assert model.times("ask") == before + 1


def test_one_that_ends_with_a_message_may_be_asking(it: Opened) -> None:
    one = begun(it, "ask")
    assert standing(it, one) == Standing("finished")
    assert it.do(it.agent.final_text(one.id)) == "Which currency?"
    assert not it.do(it.agent.finished_by_tool(one.id))


def test_it_ends_after_its_last_step(it: Opened) -> None:
    one = begun(it, "endless", steps=3)
    assert standing(it, one) == Standing("error", "MaxIterationsReached")
    assert it.do(it.agent.final_text(one.id)) == ""


def test_one_that_repeats_itself_is_stuck(it: Opened) -> None:
    assert standing(it, begun(it, "stuck")) == Standing("stuck")


def test_it_outlives_calls_that_make_no_sense(it: Opened) -> None:
    one = begun(it, "confused")
    assert standing(it, one) == Standing("finished")
    assert [title for kind, title in told(it.do(it.agent.events(one.id))) if kind == "error"] == [
        "nothing_like_it failed",
        "terminal failed",
    ]


@pytest.mark.parametrize(
    ("script", "code", "times"),
    [
        ("refused401", "LLMAuthenticationError", 1),
        ("refused429", "LLMRateLimitError", 2),
        ("refused500", "LLMServiceUnavailableError", 2),
    ],
)
def test_the_model_refuses(it: Opened, model: ScriptedModel, script: str, code: str, times: int) -> None:
    one = begun(it, script)
    assert standing(it, one) == Standing("error", code)
    assert model.times(script) == times
    assert told(it.do(it.agent.events(one.id)))[-1] == ("error", code)


def test_an_interrupt_kills_the_command_and_it_can_go_on(it: Opened) -> None:
    one = begun(it, "slow")
    until_told(it, one, "$ sleep 40")
    asked_at = time.monotonic()
    it.do(it.agent.interrupt(one.id))
    assert standing(it, one) == Standing("paused")
    assert time.monotonic() - asked_at < 5
    assert it.sh("pgrep -x sleep || echo none") == "none\n"
    assert told(it.do(it.agent.events(one.id)))[-2:] == [("error", "terminal failed"), ("says", "Stopped")]
    it.do(it.agent.create(one))
    assert standing(it, one, "finished") == Standing("finished")


def test_one_that_runs_is_not_begun_again(it: Opened, model: ScriptedModel) -> None:
    one = begun(it, "slow")
    until_told(it, one, "$ sleep 40")
    asked = model.times("slow")
    it.do(it.agent.create(one))
    it.do(it.agent.run(one.id))
    assert standing(it, one, "running") == Standing("running")
    assert model.times("slow") == asked
    it.do(it.agent.interrupt(one.id))


@pytest.mark.parametrize(
    ("command", "exit_code", "output"),
    [("echo out; echo err >&2; exit 3", 3, "out\nerr\n"), ("pwd", 0, "{cwd}\n"), ("sleep 20", -1, "")],
    ids=["both outputs", "the folder", "cut off"],
)
def test_a_command_beside_the_conversation(it: Opened, command: str, exit_code: int, output: str) -> None:
    done = it.do(it.agent.execute(command, cwd=it.sandbox.workspace, seconds=2))
    assert (done.exit_code, done.output) == (exit_code, output.format(cwd=it.sandbox.workspace))


def test_a_wrong_key_is_refused(it: Opened) -> None:
    stranger = AgentServer(it.sandbox.agent_socket, "guessed")
    for asked in (
        stranger.create(conversation(it, "work")),
        stranger.exists(str(uuid.uuid4())),
        stranger.execute("id", cwd="/", seconds=1),
    ):
        with pytest.raises(AgentRefused) as refused:
            it.do(asked)
        assert refused.value.status == 401


@pytest.mark.parametrize(("named", "status"), [(str(uuid.uuid4()), 404), ("no-uuid", 422)])
def test_an_unknown_conversation(it: Opened, named: str, status: int) -> None:
    for asked in (it.agent.standing(named), it.agent.run(named), it.agent.interrupt(named), it.agent.events(named)):
        with pytest.raises(AgentRefused) as refused:
            it.do(asked)
        assert refused.value.status == status


WORKSPACE = {"kind": "LocalWorkspace", "working_dir": "/workspace"}
LLM = {"model": "openai/scripted", "usage_id": "agent"}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, AgentRefused),
        ([1], AgentRefused),
        ({"workspace": "here"}, AgentRefused),
        ({"workspace": WORKSPACE, "agent": {"kind": "Agent", "tools": []}}, AgentRefused),
        ({"workspace": {"kind": "LocalWorkspace"}, "agent": {"kind": "Agent", "llm": LLM}}, AgentUnavailable),
        (
            {
                "workspace": WORKSPACE,
                "agent": {"kind": "Agent", "llm": LLM, "tools": [{"name": "x"}]},
                "initial_message": {"role": "user", "content": [{"type": "text", "text": "ask"}], "run": False},
            },
            AgentUnavailable,
        ),
    ],
    ids=["empty", "a list", "workspace is a text", "no model", "no folder", "no such tool"],
)
def test_a_body_that_is_none(it: Opened, body: object, error: type[Exception]) -> None:
    straight = Calls(it.sandbox.agent_socket, it.sandbox.session_key)
    with pytest.raises(error):
        it.do(straight.post("/api/conversations", body))


def test_more_than_it_has_places_for(it: Opened) -> None:
    running = [begun(it, "slow") for _ in range(RUNS_AT_ONCE)]
    with pytest.raises(AgentUnavailable, match="429"):
        begun(it, "slow")
    for one in running:
        it.do(it.agent.interrupt(one.id))
        standing(it, one, "paused")


def test_killed_in_the_middle_it_goes_on_in_a_new_sandbox(
    tmp_path: Path, model: ScriptedModel, agent_kind: Agent
) -> None:
    plan = blueprint(tmp_path / "r", model.path, agent=agent_kind)
    with opened(plan) as first:
        one = begun(first, "slow")
        until_told(first, one, "$ sleep 40")
        asked = model.times("slow")
    with opened(plan) as second:
        assert standing(second, one) == Standing("error")
        second.do(second.agent.create(one))
        assert standing(second, one, "finished") == Standing("finished")
        # The command that was interrupted is not run again: one more call to the model, and it is told of it.
        assert model.times("slow") == asked + 1
        titles = [title for _, title in told(second.do(second.agent.events(one.id)))]
        assert titles == ["The task", "$ sleep 40", "terminal failed", "The agent has finished"]


@pytest.mark.real
def test_the_stand_in_answers_in_the_shapes_of_the_real_one(tmp_path: Path) -> None:
    model = ScriptedModel(tmp_path / "m.sock", SCRIPTS)
    with opened(blueprint(tmp_path / "real", model.path, agent="openhands")) as real:
        described = real.do(got(real, "/openapi.json"))
    with opened(blueprint(tmp_path / "stand-in", model.path)) as it:
        for script in ("slow", "work", "ask", "endless", "confused", "refused401"):
            one = begun(it, script, steps=3)
            if script == "slow":
                until_told(it, one, "$ sleep 40")
                it.do(it.agent.interrupt(one.id))
            standing(it, one)
            path = f"/api/conversations/{one.id}"
            check(described, "ConversationInfo", it.do(got(it, path)))
            check(described, "AgentResponseResult", it.do(got(it, f"{path}/agent_final_response")))
            page = it.do(got(it, f"{path}/events/search"))
            assert set(page) == {"items", "next_page_id"}
            for event in page["items"]:
                check(described, str(event["kind"]), event)
        executed = {"command": "echo 1", "cwd": it.sandbox.workspace}
        check(described, "BashOutput", it.do(posted(it, "/api/bash/execute_bash_command", executed)))
        check(described, "Success", it.do(posted(it, f"/api/conversations/{one.id}/run", None)))
        check(described, "HTTPValidationError", it.do(posted(it, "/api/conversations", {})))
    model.close()


def check(described: dict[str, Any], schema: str, answer: object) -> None:
    whole = {"$ref": f"#/components/schemas/{schema}", "components": described["components"]}
    Draft202012Validator(whole).validate(answer)


async def got(it: Opened, path: str) -> dict[str, Any]:
    async with straight(it) as client:
        found: dict[str, Any] = (await client.get(path)).json()
        return found


async def posted(it: Opened, path: str, body: object) -> dict[str, Any]:
    async with straight(it) as client:
        answer: dict[str, Any] = (await client.post(path, json=body)).json()
        return answer


def straight(it: Opened) -> httpx.AsyncClient:
    transport = httpx.AsyncHTTPTransport(uds=str(it.sandbox.agent_socket))
    headers = {"X-Session-API-Key": it.sandbox.session_key}
    return httpx.AsyncClient(transport=transport, headers=headers, base_url="http://agent", timeout=30)
