"""From a comment to the first model call, and what a run costs: real agent-servers, stand-ins around them."""

import os
import secrets
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx

from bench.door import Ratio
from handover.demo.rehearsal import Rehearsal, free_port

ROOT = Path(__file__).resolve().parent.parent
AGENT = Path(os.environ.get("HANDOVER_AGENT_ENVIRONMENT", ROOT / "var" / "agent"))
ROUNDS = 5
PATIENCE_SECONDS = 120.0
# Each git that Handover starts writes down what it has cost; the shell around it is counted in, against us.
COUNTED_GIT = """#!/bin/bash
{git} "$@"
status=$?
times >> {record}
exit $status
"""


@dataclass(frozen=True)
class Round:
    """One run beside one bare start. Seconds; CPU is user and system time."""

    bare_start: float
    first_model_call: float
    handover_cpu: float
    git_cpu: float
    agent_cpu: float


def rounds(count: int = ROUNDS) -> list[Round]:
    """Measure `count` runs, each after a bare start of an agent-server; one of each goes before, to warm up."""
    with tempfile.TemporaryDirectory(prefix="handover-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        record = folder / "git-times"
        path = _counted_git(folder, record)
        with Rehearsal(folder / "r", environment={"PATH": path}) as rehearsal:
            measured = [_round(rehearsal, record, folder) for _ in range(count + 1)]
    return measured[1:]


def _round(rehearsal: Rehearsal, record: Path, folder: Path) -> Round:
    bare = _bare_start(folder / "bare")
    record.write_text("")
    issue = rehearsal.jira.add_issue("PAY", "The total of a cart ignores quantities", by=rehearsal.people.linked,
                                     description="Repository: Acme/web-app").key  # fmt: skip
    calls, cpu, start = len(rehearsal.model.calls), _cpu(rehearsal.process.pid), time.monotonic()
    rehearsal.jira.comment(issue, by=rehearsal.people.linked, text="@openhands please fix this")
    first, agent_cpu = 0.0, 0.0
    while not _ended(rehearsal, issue):
        if time.monotonic() - start > PATIENCE_SECONDS:
            raise RuntimeError(f"The run did not end:\n{rehearsal.log()[-2000:]}")
        if not first and len(rehearsal.model.calls) > calls:
            first = time.monotonic() - start
        agent_cpu = max(agent_cpu, _agent_cpu())
        time.sleep(0.01)
    return Round(bare, first, _cpu(rehearsal.process.pid) - cpu, _git_cpu(record), agent_cpu)


def _ended(rehearsal: Rehearsal, issue: str) -> bool:
    return any("/pull/" in comment.body for comment in rehearsal.jira.comments(issue))


def _bare_start(folder: Path) -> float:
    """Seconds from the start of an agent-server, without sandbox, until it is ready."""
    port = free_port()
    command = [str(AGENT / "bin" / "agent-server"), "--host", "127.0.0.1", "--port", str(port)]
    folder.mkdir(exist_ok=True)
    variables = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "OH_SESSION_API_KEYS_0": secrets.token_hex(),
        "OH_SECRET_KEY": secrets.token_hex(),
        "OH_CONVERSATIONS_PATH": str(folder / "conversations"),
        "OH_WORKSPACE_PATH": str(folder / "workspace"),
        "OH_BASH_EVENTS_DIR": str(folder / "bash"),
        "OH_ENABLE_VSCODE": "false",
        "OH_ENABLE_BROWSER": "false",
        "OH_PRELOAD_TOOLS": "false",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "DO_NOT_TRACK": "1",
    }
    with _ending(
        subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ) as child:
        start = time.monotonic()
        while time.monotonic() - start < PATIENCE_SECONDS and child.poll() is None:
            if _ready(f"http://127.0.0.1:{port}/ready"):
                return time.monotonic() - start
            time.sleep(0.02)
    raise RuntimeError("The agent-server did not start.")


def _ready(address: str) -> bool:
    try:
        return httpx.get(address, timeout=1).status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def _ending(child: "subprocess.Popen[bytes]") -> Iterator["subprocess.Popen[bytes]"]:
    try:
        yield child
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()


def _counted_git(folder: Path, record: Path) -> str:
    """A search path on which git is found with a counter around it."""
    shims = folder / "bin"
    shims.mkdir()
    real = subprocess.run(["which", "git"], check=True, capture_output=True, text=True).stdout.strip()
    shim = shims / "git"
    shim.write_text(COUNTED_GIT.format(git=real, record=record))
    shim.chmod(0o755)
    return f"{shims}:{os.environ['PATH']}"


def _git_cpu(record: Path) -> float:
    # `times` writes a line for the shell and a line for its children, each with user and system time: 0m0.003s 0m0.001s
    return sum(_seconds(word) for word in record.read_text().split())


def _seconds(word: str) -> float:
    minutes, seconds = word.rstrip("s").split("m")
    return int(minutes) * 60 + float(seconds)


def _cpu(pid: int) -> float:
    """User and system time of the process, its threads included and its children not."""
    # The clock of another process, as clock_getcpuclockid(3) makes its number on Linux.
    return time.clock_gettime((~pid << 3) | 2)


def _agent_cpu() -> float:
    """That of the agent-server that runs now; 0 where there is none."""
    total = 0.0
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if words[0].endswith(b"python") and any(word.endswith(b"/inside.py") for word in words[:6]):
                total = max(total, _cpu(int(entry.name)))
        except OSError:
            continue  # it has ended meanwhile
    return total


def ratios(measured: list[Round]) -> dict[str, Ratio]:
    """The two ratios, over the rounds."""
    return {
        "first_model_call_ratio": _over([one.first_model_call / one.bare_start for one in measured]),
        "cpu_per_run_ratio": _over([(one.handover_cpu + one.git_cpu) / one.agent_cpu for one in measured]),
    }


def _over(values: list[float]) -> Ratio:
    return Ratio(median(values), min(values), max(values))


def described(measured: list[Round]) -> str:
    """The medians behind the ratios."""
    return (
        f"medians: bare start {median(one.bare_start for one in measured):.2f} s, "
        f"comment to first model call {median(one.first_model_call for one in measured):.2f} s, "
        f"CPU of Handover {median(one.handover_cpu for one in measured):.2f} s "
        f"and its git {median(one.git_cpu for one in measured):.2f} s, "
        f"of the agent-server {median(one.agent_cpu for one in measured):.2f} s a run"
    )
