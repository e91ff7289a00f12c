"""The data folder and the databases, as the first command leaves them."""

import os
import stat
import subprocess
import sys
from pathlib import Path


def modes(data: Path) -> dict[str, int]:
    """After a command on this folder."""
    environment = {**os.environ, "HANDOVER_DATA": str(data)}
    command = [sys.executable, "-m", "handover", "migrate"]
    subprocess.run(command, env=environment, check=True, capture_output=True, umask=0o022, timeout=60)
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in (data, *data.glob("*.sqlite3"))}


def test_a_new_folder_is_passed_through_and_read_by_nobody(tmp_path: Path) -> None:
    assert modes(tmp_path / "data") == {"data": 0o711, "handover.sqlite3": 0o600, "engine.sqlite3": 0o600}


def test_a_folder_that_was_there_stays_as_its_owner_wants_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o1777)
    assert modes(folder)["data"] == 0o1777
