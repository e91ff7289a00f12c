"""Events of the agent-server, as a person can follow them; and what a hostile one may try."""

import json
from datetime import UTC, datetime

import pytest

from handover.agent.events import MOST_TEXT, MOST_TITLE, AgentEvent, AgentUnreadable, ended_by_tool, error_code, read

AT = "2026-11-24T01:26:19.411914"


def raw(kind: str, **fields: object) -> bytes:
    return json.dumps(
        {"id": "e1", "timestamp": AT, "source": "agent", "parent_id": None, "kind": kind, **fields}
    ).encode()


def parts(*texts: str) -> list[dict[str, object]]:
    return [{"cache_prompt": False, "type": "text", "text": text} for text in texts]


def action(tool: str, kind: str, *, thought: str = "", **fields: object) -> bytes:
    thoughts = parts(thought) if thought else []
    return raw("ActionEvent", tool_name=tool, thought=thoughts, action={**fields, "kind": kind}, tool_call={"id": "c"})


def observation(tool: str, *texts: str, **fields: object) -> bytes:
    return raw("ObservationEvent", tool_name=tool, observation={"content": parts(*texts), "is_error": False, **fields})


IMAGE = {"type": "image", "image_urls": ["data:image/png;base64,AAAA"]}
MESSAGE = {"role": "user", "content": parts("Do it", "now")}


@pytest.mark.parametrize(
    ("event", "kind", "title", "text"),
    [
        (raw("MessageEvent", source="user", llm_message=MESSAGE), "says", "The task", "Do it\nnow"),
        (raw("MessageEvent", llm_message={"content": parts("Which?")}), "says", "The agent says", "Which?"),
        (raw("MessageEvent", llm_message={"content": [IMAGE]}), "says", "The agent says", ""),
        (
            action("terminal", "TerminalAction", thought="First", command="ls\npwd"),
            *("acts", "$ ls", "First\n\nls\npwd"),
        ),
        (
            action("file_editor", "FileEditorAction", command="create", path="/w/a", file_text="x"),
            *("acts", "Writes /w/a", "x"),
        ),
        (
            action("file_editor", "FileEditorAction", command="str_replace", path="/w/a", old_str="o", new_str="n"),
            *("acts", "Changes /w/a", "n"),
        ),
        (
            action("task_tracker", "TaskTrackerAction", command="plan", task_list=[]),
            "acts",
            "Looks at its list of tasks",
            "",
        ),
        (action("think", "ThinkAction", thought="Hm", thought_="x"), "says", "The agent thinks", ""),
        (action("finish", "FinishAction", message="Done."), "says", "The agent has finished", "Done."),
        (raw("ActionEvent", tool_name="new_tool", action=None), "acts", "Uses new_tool", ""),
        (observation("terminal", "out", exit_code=2), "sees", "Sees (exit code 2)", "out"),
        (observation("file_editor", "edited"), "sees", "Sees", "edited"),
        (observation("file_editor", "no such file", is_error=True), "error", "file_editor failed", "no such file"),
        (raw("AgentErrorEvent", tool_name="terminal", error="gone"), "error", "terminal failed", "gone"),
        (raw("UserRejectObservation", tool_name="t", rejection_reason="no"), "error", "t failed", "no"),
        (raw("ConversationErrorEvent", code="MaxIterationsReached", detail="5"), "error", "MaxIterationsReached", "5"),
        (raw("InterruptEvent", source="user"), "says", "Stopped", ""),
    ],
)
def test_what_is_told(event: bytes, kind: str, title: str, text: str) -> None:
    at = datetime(2026, 11, 24, 1, 26, 19, 411914, tzinfo=UTC)
    assert read(event) == AgentEvent("e1", kind, title, text, at)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "event",
    [
        raw("SystemPromptEvent", system_prompt={"text": "You are"}, tools=[]),
        raw("ConversationStateUpdateEvent", key="stats", value={"deep": {"er": 1}}),
        raw("EventOfTomorrow", more={"shapes": [None, 1.5, {}]}),
        observation("finish", "Done."),
        observation("think", "Logged."),
    ],
    ids=["instructions", "bookkeeping", "unknown", "finish again", "think again"],
)
def test_what_nobody_asks_for(event: bytes) -> None:
    assert read(event) is None


@pytest.mark.parametrize(
    "event",
    [
        b"",
        b"nonsense",
        b"[]",
        b"null",
        b'{"id": 1, "kind": "MessageEvent", "timestamp": "2026"}',
        b'{"kind": "MessageEvent", "timestamp": "2026"}',
        raw("InterruptEvent", timestamp="yesterday"),
        raw("InterruptEvent", timestamp="0001-01-01T00:00:00+23:59"),
        raw("InterruptEvent", id="x" * 101),
        raw("MessageEvent", llm_message="text"),
        raw("MessageEvent", llm_message={"content": [{"text": 1}]}),
        raw("ActionEvent", tool_name=[], action={}),
        raw("ObservationEvent", tool_name="terminal", observation={"exit_code": "1"}),
        raw("InterruptEvent", id="half a pair: \ud800"),
        b'{"id": "e1", "timestamp": "' + AT.encode() + b'", "kind": "InterruptEvent", "deep": ' + b"[" * 100_000,
        b'{"id": "e1", "timestamp": "'
        + AT.encode()
        + b'", "kind": "X", "deep": '
        + b"[" * 99_999
        + b"]" * 99_999
        + b"}",
        b'{"id": "e\xff", "timestamp": "' + AT.encode() + b'", "kind": "InterruptEvent"}',
    ],
)
def test_what_cannot_be_read(event: bytes) -> None:
    with pytest.raises(AgentUnreadable):
        read(event)


def test_texts_have_an_end_and_can_be_stored() -> None:
    long = read(action("terminal", "TerminalAction", command="\0äx" * 100_000))
    assert long is not None
    assert len(long.text) == MOST_TEXT and long.text.endswith("[shortened]")
    assert len(long.title) == MOST_TITLE
    assert "\0" not in long.text + long.title


@pytest.mark.parametrize(
    ("event", "ended"),
    [
        (action("finish", "FinishAction", message=""), True),
        (raw("MessageEvent", llm_message={"content": parts("Which?")}), False),
        (raw("MessageEvent", source="user", llm_message={"content": parts("Do it")}), None),
        (action("terminal", "TerminalAction", command="finish"), None),
        (raw("ActionEvent", tool_name="finish", action=None), None),
    ],
    ids=["by the tool", "by a message", "a person's message", "a command", "a call that makes no sense"],
)
def test_how_it_ended(event: bytes, ended: bool | None) -> None:
    assert ended_by_tool(event) is ended


def test_the_code_of_an_error() -> None:
    assert error_code(raw("ConversationErrorEvent", code="X\ny" + "z" * 999, detail="")) == "X"
    assert error_code(raw("InterruptEvent")) == ""
