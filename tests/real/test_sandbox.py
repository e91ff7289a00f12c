"""A sandbox from its start to its end, with the stand-in agent inside."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from handover.agent.server import AgentServer, AgentUnavailable
from handover.sandboxes.blueprint import Agent, Kind, Limits, SandboxFailed
from handover.sandboxes.check import Ready, Unusable, check
from handover.sandboxes.folder import remove
from handover.sandboxes.open import open_sandbox
from tests.real.opened import UID, Opened, ScriptedModel, blueprint, opened

# Opens a sandbox, and is killed so many seconds later.
SHORT_LIVED = """
import asyncio, os, sys, time
from pathlib import Path
from handover.sandboxes.open import open_sandbox
from tests.real.opened import blueprint

async def hold():
    async with open_sandbox(blueprint(Path(sys.argv[1]), Path(sys.argv[2]))):
        time.sleep(float(sys.argv[3]))
        os.kill(os.getpid(), 9)

asyncio.run(hold())
"""
# Opens a sandbox, says so, and waits to be killed.
HOLDER = """
import asyncio, sys
from pathlib import Path
from handover.agent.server import AgentServer
from handover.sandboxes.open import open_sandbox
from tests.real.opened import blueprint

async def hold():
    async with open_sandbox(blueprint(Path(sys.argv[1]), Path(sys.argv[2]))) as sandbox:
        agent = AgentServer(sandbox.agent_socket, sandbox.session_key)
        await agent.ready(30)
        await agent.execute("setsid sleep 300 >/dev/null 2>&1 & sleep 0.2", cwd="/workspace", seconds=10)
        print("open", flush=True)
        await asyncio.sleep(60)

asyncio.run(hold())
"""


@pytest.fixture
def model(tmp_path: Path) -> Iterator[ScriptedModel]:
    scripted = ScriptedModel(tmp_path / "m.sock", {})
    yield scripted
    scripted.close()


@pytest.fixture
def it(tmp_path: Path, model: ScriptedModel) -> Iterator[Opened]:
    with opened(blueprint(tmp_path / "run", model.path)) as sandbox:
        yield sandbox


def descendants(pid: int) -> list[int]:
    """All processes below `pid` that are alive."""
    parents: dict[int, list[int]] = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (process / "stat").read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != "Z":
            parents.setdefault(int(parent), []).append(int(process.name))
    found, left = [], [pid]
    while left:
        children = parents.get(left.pop(), [])
        found += children
        left += children
    return found


def alive(pids: list[int]) -> list[int]:
    found = []
    for pid in pids:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                found.append(pid)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def within(seconds: float, holds: list[int]) -> list[int]:
    deadline = time.monotonic() + seconds
    while alive(holds) and time.monotonic() < deadline:
        time.sleep(0.02)
    return alive(holds)


def test_the_machine_can_make_them() -> None:
    assert asyncio.run(check("bubblewrap", uid=UID)) == Ready()
    assert asyncio.run(check("none", uid=UID)) == Ready()


def test_it_runs_as_an_account_that_is_not_root(it: Opened) -> None:
    expected = UID if os.geteuid() == 0 else os.getuid()
    assert it.sh("id -u; id -un; hostname; pwd; ulimit -c") == f"{expected}\nsandbox\nsandbox\n/workspace\n0\n"
    assert "CapEff:\t0000000000000000" in it.sh("cat /proc/self/status")


@pytest.mark.parametrize("agent", ["stand-in", pytest.param("openhands", marks=pytest.mark.real)])
def test_its_folder_may_be_closed_to_all_others(tmp_path: Path, model: ScriptedModel, agent: Agent) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with opened(blueprint(closed / "run", model.path, agent=agent)) as it:
        assert it.sh("echo here > file && cat file") == "here\n"
        assert (closed / "run" / "workspace" / "file").read_text() == "here\n"
        folder = closed / "run" / "workspace"
        assert folder.stat().st_uid == (UID if os.geteuid() == 0 else os.getuid())


def test_git_and_its_tools_work_inside(it: Opened) -> None:
    script = "git init -q r && cd r && echo 1 > f && git add f && git commit -qm one && git log --format='%an %ae %s'"
    assert it.sh(script) == "OpenHands openhands@sandbox.invalid one\n"
    assert it.sh("which git bash tmux python3") == "/usr/bin/git\n/usr/bin/bash\n/usr/bin/tmux\n/usr/bin/python3\n"


def test_its_commands_see_no_key(it: Opened) -> None:
    seen = it.sh("env")
    assert it.sandbox.session_key not in seen
    assert "LD_LIBRARY_PATH" not in seen
    assert not [line for line in seen.splitlines() if line.startswith(("LLM_", "HANDOVER_", "DJANGO_"))]


def test_what_is_put_in_is_read_inside_and_what_is_handed_out_is_taken(it: Opened, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"\0bytes")
    source.chmod(0o600)
    it.sandbox.put("name", source)
    it.sandbox.put("name", source)
    assert it.sh(f"cp {it.sandbox.inbox}/name {it.sandbox.outbox}/back; ls {it.sandbox.inbox}") == "name\n"
    assert it.sandbox.take("back", most_bytes=100) == b"\0bytes"
    assert it.sandbox.take("other", most_bytes=100) is None


def test_it_ends_with_all_that_runs_in_it(tmp_path: Path, model: ScriptedModel) -> None:
    with opened(blueprint(tmp_path / "run", model.path)) as it:
        it.sh("setsid sleep 300 >/dev/null 2>&1 & sleep 0.1")
        inside = descendants(it.sandbox.process.pid)
        assert len(inside) >= 3
        assert it.sandbox.lost() is None
    assert within(2, inside) == []
    assert not it.sandbox.agent_socket.exists()
    assert (tmp_path / "run" / "state").is_dir()


def test_what_it_left_is_there_when_it_is_opened_again(tmp_path: Path, model: ScriptedModel) -> None:
    plan = blueprint(tmp_path / "run", model.path)
    with opened(plan) as first:
        first.sh("echo kept > file")
        key, sealed = first.sandbox.session_key, (tmp_path / "run" / "secret.key").read_text()
    with opened(plan) as second:
        assert second.sh("cat file") == "kept\n"
        assert second.sandbox.session_key != key
        assert (tmp_path / "run" / "secret.key").read_text() == sealed
    assert (tmp_path / "run" / "secret.key").stat().st_mode & 0o777 == 0o600


def test_killed_from_outside_it_tells_so_and_is_refused(it: Opened) -> None:
    os.kill(it.sandbox.process.pid, signal.SIGKILL)
    assert within(2, [it.sandbox.process.pid]) == []
    it.sandbox.lost()
    with pytest.raises(AgentUnavailable):
        it.do(it.agent.exists("11111111-1111-4111-8111-111111111111"))
    assert str(it.sandbox.lost()).startswith("The sandbox ended by itself with code -9")


def test_killing_us_kills_all_that_runs_in_it(tmp_path: Path, model: ScriptedModel) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "run"), str(model.path)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root) as holder:
        assert holder.stdout and holder.stdout.readline() == b"open\n"
        inside = descendants(holder.pid)
        assert len(inside) >= 4
        holder.kill()
    assert within(2, inside) == []


@pytest.mark.parametrize("seconds", [0, 0.002, 0.005, 0.01, 0.05])
def test_however_early_we_are_killed_nothing_stays(tmp_path: Path, model: ScriptedModel, seconds: float) -> None:
    folder = tmp_path / "run"
    command = [sys.executable, "-c", SHORT_LIVED, str(folder), str(model.path), str(seconds)]
    assert subprocess.run(command, check=False, cwd=Path(__file__).parents[2]).returncode == -signal.SIGKILL
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline and (left := named(folder)):
        time.sleep(0.05)
    assert left == []


def named(folder: Path) -> list[int]:
    """The living processes with the folder on their command line."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"{folder}/".encode() in (process / "cmdline").read_bytes():
                found.append(int(process.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return alive(found)


def test_the_end_of_the_thread_that_opened_it_is_not_its_own(tmp_path: Path, model: ScriptedModel) -> None:
    loop = asyncio.new_event_loop()
    opening = open_sandbox(blueprint(tmp_path / "run", model.path))
    agent = AgentServer(tmp_path / "run" / "sockets" / "agent.sock", "")

    async def open_it() -> None:
        await opening.__aenter__()
        await agent.ready(30)

    thread = threading.Thread(target=lambda: loop.run_until_complete(open_it()))
    thread.start()
    thread.join()
    time.sleep(0.5)
    try:
        loop.run_until_complete(agent.ready(10))
    finally:
        loop.run_until_complete(opening.__aexit__(None, None, None))
        loop.close()


async def started(
    plan_folder: Path, model: Path, *, agent: Agent = "openhands", kind: Kind = "bubblewrap"
) -> str | None:
    """Open a sandbox whose agent does not start. What it says of that."""
    plan = blueprint(plan_folder, model, agent=agent, kind=kind)
    plan = type(plan)(**{**vars(plan), "agent_environment": Path(sys.prefix)})
    async with open_sandbox(plan) as sandbox:
        with pytest.raises(AgentUnavailable):
            await AgentServer(sandbox.agent_socket, sandbox.session_key).ready(30)
        for _ in range(100):
            if lost := sandbox.lost():
                return lost
            await asyncio.sleep(0.02)
    return None


def test_an_agent_that_is_not_installed_is_told(tmp_path: Path, model: ScriptedModel) -> None:
    told = asyncio.run(started(tmp_path / "run", model.path))
    assert told == "The sandbox ended by itself with code 1: ModuleNotFoundError: No module named 'openhands'"
    assert "Traceback" in (tmp_path / "run" / "agent.log").read_text()


async def enter(folder: Path, model: Path, **changed: object) -> None:
    plan = blueprint(folder, model)
    async with open_sandbox(type(plan)(**{**vars(plan), **changed})):
        raise AssertionError("It was opened.")


@pytest.mark.parametrize(
    ("folder", "changed", "sentence"),
    [
        ("run", {"model_socket": Path("/nowhere/m.sock")}, "The model's socket /nowhere/m.sock is not there"),
        ("run", {"agent": "openhands", "agent_environment": Path("/nowhere")}, "/nowhere is no Python environment"),
        ("r" * 100, {}, "is too long for a socket"),
        ("taken/run", {}, "cannot be made: Not a directory"),
    ],
    ids=["no model", "no agent", "long name", "no folder"],
)
def test_what_cannot_be_opened_is_told(
    tmp_path: Path, model: ScriptedModel, folder: str, changed: dict[str, object], sentence: str
) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(SandboxFailed, match=sentence):
        asyncio.run(enter(tmp_path / folder, model.path, **changed))


@pytest.mark.skipif(os.geteuid() != 0, reason="the account is ours where we are not root")
def test_without_a_sandbox_the_account_must_reach_its_folder(tmp_path: Path, model: ScriptedModel) -> None:
    with pytest.raises(SandboxFailed, match=f"The account {UID}, which agents run as, cannot reach"):
        asyncio.run(enter(tmp_path / "run", model.path, kind="none"))


def test_a_machine_that_forbids_them_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    refusing = tmp_path / "bwrap"
    refusing.write_text("#!/bin/sh\necho 'bwrap: No permissions to create a new namespace' >&2; exit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    answer = asyncio.run(check("bubblewrap", uid=UID))
    assert isinstance(answer, Unusable)
    assert "No permissions to create a new namespace" in answer.sentence
    assert "HANDOVER_SANDBOX=none" in answer.sentence


def test_a_machine_without_bubblewrap_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "setpriv").symlink_to("/usr/bin/setpriv")
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = asyncio.run(check("bubblewrap", uid=UID))
    assert isinstance(answer, Unusable)
    assert answer.sentence.startswith("Bubblewrap is not there. Install the Debian package bubblewrap")


def test_whatever_is_left_is_removed(tmp_path: Path, model: ScriptedModel) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("stays")
    with opened(blueprint(tmp_path / "run", model.path)) as it:
        it.sh(f"ln -s {outside} link; ln -s {outside}/file file; mkfifo fifo")
        it.sh("mkdir closed; touch closed/x; chmod 0 closed")
        it.sh("python3 -c \"import os\nfor _ in range(3000): os.mkdir('d'); os.chdir('d')\"")
    remove(tmp_path / "run")
    assert not (tmp_path / "run").exists()
    assert (outside / "file").read_text() == "stays"
    remove(tmp_path / "run")


def test_one_process_has_its_limits(tmp_path: Path, model: ScriptedModel) -> None:
    limits = Limits(memory_bytes=512 * 2**20, file_bytes=2**20)
    with opened(replace(blueprint(tmp_path / "s", model.path), limits=limits)) as it:
        assert "no room" in it.sh('python3 -c "bytearray(2**30)" || echo no room')
        assert it.sh('python3 -c "bytearray(2**27); print(1)"').strip() == "1"
        assert "too large" in it.sh("head -c 2000000 /dev/zero > big || echo too large")
        assert it.sh("head -c 1000000 /dev/zero > small && stat -c %s small").strip() == "1000000"
        assert "not permitted" in it.sh("ulimit -Hd unlimited 2>&1")
