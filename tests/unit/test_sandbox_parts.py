"""The parts that a sandbox is made of: its command line, its variables, its Python, its log."""

import os
import sys
from pathlib import Path

import pytest

from handover.sandboxes.account import Account
from handover.sandboxes.blueprint import Blueprint, Limits, SandboxFailed
from handover.sandboxes.bubblewrap import Bound, shut_in
from handover.sandboxes.environment import environment
from handover.sandboxes.log import HALF, Log
from handover.sandboxes.python import program_of

ROOT = Account(uid=61731, gid=61731, dropped=True)
US = Account(uid=1000, gid=1000, dropped=False)
BOUND = [Bound(Path("/closed/run/workspace"), Path("/workspace"), writable=True), Bound(Path("/usr/x"), Path("/usr/x"))]


def test_root_stages_what_the_account_cannot_reach() -> None:
    line = shut_in(ROOT, BOUND, ["agent"])
    outer, step, inner = line[: line.index("setpriv")], line.index("setpriv"), line[line.index("bwrap", 1) :]
    assert outer[0] == "bwrap" and "--unshare-pid" in outer
    assert "--bind /closed/run/workspace /workspace" in " ".join(outer)
    assert line[step : step + 9] == [
        *("setpriv", "--pdeathsig", "KILL", "--no-new-privs"),
        *("--reuid", "61731", "--regid", "61731", "--clear-groups"),
    ]
    assert "/closed/run/workspace" not in inner and inner[-1] == "agent"
    assert "/usr/x" not in line


def test_others_bind_it_themselves() -> None:
    line = shut_in(US, BOUND, ["agent"])
    assert line[:6] == ["setpriv", "--pdeathsig", "KILL", "--no-new-privs", "--", "bwrap"]
    assert line.count("bwrap") == 1
    assert "/closed/run/workspace" in line


@pytest.mark.parametrize("account", [ROOT, US], ids=["root", "not root"])
@pytest.mark.parametrize(
    "argument", ["--unshare-all", "--disable-userns", "--die-with-parent", "--new-session", "--remount-ro", "/proc/sys"]
)
def test_the_inner_one_is_shut(account: Account, argument: str) -> None:
    line = shut_in(account, BOUND, ["agent"])
    assert argument in line[line.index("--unshare-user") :]
    assert "--setenv" not in line and "--share-net" not in line


def test_its_variables_are_these_and_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_API_KEY", "worth-a-lot")
    variables = environment(
        state=Path("/state"), workspace=Path("/workspace"), temporary=Path("/tmp"), session_key="s", secret_key="k"
    )
    assert "worth-a-lot" not in variables.values()
    assert variables["OH_SESSION_API_KEYS_0"] == "s"
    assert variables["OH_SECRET_KEY"] == "k"
    assert variables["OH_LEASE_TTL_SECONDS"] == "0"
    assert variables["OH_CONVERSATIONS_PATH"] == "/state/conversations"


def plan(folder: Path, environment: Path) -> Blueprint:
    return Blueprint(
        "r", folder, "openhands", environment, 61731, folder / "m.sock", "bubblewrap", Limits(2**32, 2**30)
    )


def test_its_python_is_found_with_its_base(tmp_path: Path) -> None:
    base = tmp_path / "base"
    (base / "bin").mkdir(parents=True)
    (base / "lib").mkdir()
    (base / "lib" / "libpython3.so").touch()
    (base / "bin" / "python3").touch()
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(base / "bin" / "python3")
    (venv / "pyvenv.cfg").write_text(f"home = {base / 'bin'}\nversion = 3.12.1\n")
    program = program_of(plan(tmp_path, venv), ROOT)
    assert program.folders == (venv, base)
    assert program.command() == [
        *("/usr/bin/env", f"LD_LIBRARY_PATH={base}/lib", str(venv / "bin" / "python")),
        *("-I", "-B", "-u"),
    ]


@pytest.mark.parametrize("configuration", [None, "version = 3.12\n"], ids=["no environment", "no home"])
def test_what_is_no_environment_is_told(tmp_path: Path, configuration: str | None) -> None:
    if configuration:
        (tmp_path / "pyvenv.cfg").write_text(configuration)
    with pytest.raises(SandboxFailed, match="is no Python environment"):
        program_of(plan(tmp_path, tmp_path), ROOT)


def test_an_account_reaches_what_is_open_to_it(tmp_path: Path) -> None:
    closed, file = tmp_path / "closed", tmp_path / "closed" / "file"
    closed.mkdir(mode=0o700)
    file.touch(mode=0o644)
    assert not ROOT.reaches(file)
    assert US.reaches(file)
    assert ROOT.reaches(Path("/usr/bin/env"))


def test_never_root() -> None:
    account = Account.of(61731)
    assert account.dropped == (os.geteuid() == 0)
    assert account.uid != 0


def filled(log: Log, blocks: list[bytes]) -> None:
    writing = os.dup(log.descriptor)
    log.start()
    with os.fdopen(writing, "wb", buffering=0) as file:
        for block in blocks:
            file.write(block)


def test_the_log_is_bounded_and_its_end_is_kept(tmp_path: Path) -> None:
    log = Log(tmp_path / "agent.log")
    filled(log, [b"x" * 65_536] * 40 + [b"\nthe end\n"])
    assert log.tail().endswith("the end\n")
    kept = sum(file.stat().st_size for file in tmp_path.iterdir())
    assert HALF < kept <= 2 * HALF + 2 * 65_536
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in tmp_path.iterdir())


def test_the_tail_of_nothing_is_empty(tmp_path: Path) -> None:
    log = Log(tmp_path / "agent.log")
    filled(log, [])
    assert log.tail() == ""


def test_what_is_written_after_a_break_is_read(tmp_path: Path) -> None:
    log = Log(tmp_path / "agent.log")
    filled(log, [b"x" * HALF, b"after"])
    assert log.tail() == "after"
    assert sys.getsizeof(log.tail()) < HALF
