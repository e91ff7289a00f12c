"""A program inside tries to get out, in every way that we know of. Each attempt really runs, and each is refused."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from handover.sandboxes.blueprint import Kind
from tests.real.opened import UID, Opened, ScriptedModel, blueprint, opened

ATTEMPTS = Path(__file__).with_name("attempts.py")
CHECKOUT = Path(__file__).parents[2]
# What no sandbox keeps from a program: these show that the attempts are good ones.
SUCCEED_IN_THE_OPEN = (
    "see host processes",
    "host listener",
    "host's abstract socket",
    "host's shared memory",
    "network devices",
    "the checkout",
)


@dataclass(frozen=True)
class Outcome:
    """What the program inside printed."""

    uid: int
    attempts: list[str]
    results: dict[str, str]


@dataclass(frozen=True)
class Host:
    """What there is to be reached on the host."""

    model: ScriptedModel
    other: Opened
    port: int
    abstract: str
    socket: Path
    memory: Path
    process: "subprocess.Popen[bytes]"
    marker: str

    def target(self, it: Opened) -> dict[str, object]:
        """All that as the program inside is told it."""
        box, here, there = it.sandbox, it.sandbox.folder, self.other.sandbox.folder
        return {
            "host_pid": self.process.pid,
            "marker": self.marker,
            "root_file": str(a_file_of_roots()),
            "port": self.port,
            "abstract": self.abstract,
            "host_socket": str(self.socket),
            "shared_memory": str(self.memory),
            "other_socket": str(there.agent_socket),
            "other_workspace": str(there.workspace / "secret"),
            "other_key": str(there.path / "secret.key"),
            "own_key": str(here.path / "secret.key"),
            "checkout": str(ATTEMPTS),
            "environment": sys.prefix,
            "interpreter": str(Path(sys.executable).resolve()),
            "workspace": box.workspace,
            "state": "/state" if box.workspace == "/workspace" else str(here.state),
            "inbox": box.inbox,
            "inbox_file": f"{box.inbox}/attempts.py",
            "outbox": box.outbox,
            "model_socket": "/run/handover/model.sock",
            "model_url": box.model_url,
        }


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    folder = tmp_path_factory.mktemp("host")
    model = ScriptedModel(folder / "m.sock", {})
    abstract, memory = f"handover-{secrets.token_hex(8)}", Path("/dev/shm") / f"handover-{secrets.token_hex(8)}"
    memory.write_text("of the host")
    memory.chmod(0o644)
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.socket(socket.AF_UNIX) as hidden,
        socket.socket(socket.AF_UNIX) as named,
        opened(blueprint(folder / "other", model.path)) as other,
    ):
        hidden.bind("\0" + abstract)
        hidden.listen()
        named.bind(str(folder / "host.sock"))
        (folder / "host.sock").chmod(0o666)
        named.listen()
        other.sh("echo secret > secret")
        marker = f"300.{secrets.randbelow(10**9)}"
        process = subprocess.Popen(["sleep", marker])
        yield Host(model, other, listener.getsockname()[1], abstract, folder / "host.sock", memory, process, marker)
        process.kill()
        process.wait()
    memory.unlink()
    model.close()


def tried(host: Host, folder: Path, kind: Kind) -> Outcome:
    with opened(blueprint(folder, host.model.path, kind=kind, agent="stand-in")) as it:
        it.sandbox.put("attempts.py", ATTEMPTS)
        target = folder.with_name("target.json")
        target.write_text(json.dumps(host.target(it)))
        it.sandbox.put("target.json", target)
        inbox, cwd = it.sandbox.inbox, it.sandbox.workspace
        done = it.do(it.agent.execute(f"python3 {inbox}/attempts.py {inbox}/target.json", cwd=cwd, seconds=50))
        keys = (it.sandbox.session_key, (it.sandbox.folder.path / "secret.key").read_text().strip())
        assert not [key for key in keys if key in command_lines()], "A key stands on a command line."
    lines = [line for line in done.output.splitlines() if line.startswith("{")]
    assert lines, done.output
    return Outcome(**json.loads(lines[0]))


def a_file_of_roots() -> Path:
    if os.geteuid() == 0:
        return next(path for path in Path("/root").iterdir() if path.is_file())
    return Path("/root/.bashrc")


def command_lines() -> str:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            found.append((process / "cmdline").read_bytes().decode(errors="replace"))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return "\n".join(found)


def test_nothing_gets_out(host: Host, tmp_path: Path) -> None:
    outcome = tried(host, tmp_path / "run", "bubblewrap")
    assert outcome.uid == (UID if os.geteuid() == 0 else os.getuid())
    assert len(outcome.attempts) > 50
    controls = {name: result for name, result in outcome.results.items() if name not in outcome.attempts}
    assert set(controls.values()) == {"done"}, controls
    attempts = {name: outcome.results[name] for name in outcome.attempts}
    got_out = {name: result for name, result in attempts.items() if not result.startswith("refused: ")}
    assert got_out == {}
    # The files that it tried to read are there.
    assert (host.other.sandbox.folder.workspace / "secret").read_text() == "secret\n"


def test_the_attempts_would_succeed_in_the_open(host: Host) -> None:
    if os.geteuid() == 0 and not all(folder.stat().st_mode & 0o001 for folder in (CHECKOUT, *CHECKOUT.parents)):
        pytest.skip("Without a sandbox the agent's account cannot reach a checkout below a closed folder.")
    # Where its account can reach it, which pytest's own folders are not.
    folder = Path(tempfile.mkdtemp(dir=CHECKOUT / "var"))
    folder.chmod(0o711)
    try:
        open_model = ScriptedModel(folder / "m.sock", {})
        outcome = tried(Host(**{**vars(host), "model": open_model}), folder / "run", "none")
        open_model.close()
    finally:
        shutil.rmtree(folder)
    assert outcome.uid != 0
    assert {name: outcome.results[name] for name in SUCCEED_IN_THE_OPEN} == dict.fromkeys(SUCCEED_IN_THE_OPEN, "done")
