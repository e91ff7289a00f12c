"""The command line, run as people run it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = (
    *("serve", "work", "migrate", "demo", "runs", "deliveries", "connection", "forge", "member", "doctor"),
    *("read", "markup"),
)
BODY = {
    "webhookEvent": "comment_created",
    "timestamp": 1,
    "comment": {
        "self": "https://jira.acme.example/jira/rest/api/2/issue/10001/comment/20001",
        "id": "20001",
        "author": {"name": "lina", "key": "JIRAUSER10101"},
        "body": "@openhands please fix this",
    },
}


def handover(
    *arguments: str, data: Path, given: str = "", path: str = "/usr/bin:/bin"
) -> "subprocess.CompletedProcess[str]":
    environment = {"HANDOVER_DATA": str(data), "PATH": path}
    command = [sys.executable, "-m", "handover", *arguments]
    return subprocess.run(
        command, env=environment, input=given, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commands")
    assert handover("migrate", data=folder).returncode == 0
    return folder


def test_each_command_explains_itself(data: Path) -> None:
    whole = handover("--help", data=data).stdout
    assert all(f"\n  {name} " in whole for name in COMMANDS)
    for name in ("serve", "demo", "runs", "deliveries", "doctor", "read", "markup"):
        assert "Usage:" in handover(name, "--help", data=data).stdout


@pytest.mark.parametrize("name", ["runs", "deliveries", "connection", "forge", "member"])
def test_lists_have_their_empty_state_and_json(name: str, data: Path) -> None:
    assert "yet" in handover(name, "list", data=data).stdout
    assert json.loads(handover(name, "list", "--json", data=data).stdout) == []


def test_a_database_of_another_version_is_told(tmp_path: Path) -> None:
    told = handover("runs", "list", data=tmp_path)
    assert (told.returncode, told.stderr) == (
        2,
        "handover: the database is not at this version. Run `handover migrate`.\n",
    )


def test_what_is_not_there_is_told(data: Path) -> None:
    told = handover("runs", "show", "8f14e45f-ceea-4670-9bc9-0d6c3a4f2b11", data=data)
    assert told.returncode == 1
    assert "handover runs list" in told.stderr


def test_read_tells_how_a_body_is_understood(tmp_path: Path) -> None:
    file = tmp_path / "body.json"
    file.write_text(json.dumps(BODY))
    assert json.loads(handover("read", str(file), data=tmp_path).stdout) == {
        "outcome": "trigger",
        "kind": "mention",
        "issue_id": "10001",
        "issue_key": None,
        "comment_id": "20001",
        "actor_key": "JIRAUSER10101",
        "instruction": "please fix this",
        "dedupe_key": "comment:10001:20001",
        "reason": None,
    }
    other = handover("read", str(file), "--mention", "@handover", data=tmp_path)
    assert json.loads(other.stdout)["outcome"] == "ignored"
    own = handover("read", str(file), "--bot-key", "JIRAUSER10101", data=tmp_path)
    assert json.loads(own.stdout)["outcome"] == "ignored"


def test_read_refuses_what_is_no_body(tmp_path: Path) -> None:
    told = handover("read", "-", data=tmp_path, given="{")
    assert told.returncode == 1
    assert "no webhook body" in told.stderr


def test_markup_turns_markdown_into_wiki_markup(tmp_path: Path) -> None:
    given = "# Done\n\n```typescript\nlet a = {b}\n```\n[~bob] **now**\n"
    made = handover("markup", data=tmp_path, given=given).stdout
    assert made == "h1. Done\n\n{code:javascript}\nlet a = {b}\n{code}\n\n\\[\\~bob\\] *now*\n"


def test_a_second_process_is_refused(data: Path) -> None:
    import fcntl

    with (data / "process.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        told = handover("work", data=data)
    assert told.returncode == 1
    assert "Another Handover works in" in told.stderr


def test_without_bubblewrap_the_start_is_refused(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "setpriv").symlink_to("/usr/bin/setpriv")
    told = handover("work", data=tmp_path / "data", path=str(tools))
    assert told.returncode == 1
    assert "Install the Debian package bubblewrap, or set HANDOVER_SANDBOX=none" in told.stderr
