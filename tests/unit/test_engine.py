"""The engine's traps, each met by what durable.py sets."""

import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from handover.engine import durable


def start(folder: Path, *, seconds: float, fresh: bool) -> "subprocess.Popen[bytes]":
    arguments = [str(folder / "engine.sqlite3"), str(folder / "log"), str(seconds), *(["start"] if fresh else [])]
    return subprocess.Popen([sys.executable, "-m", "tests.unit.engine_play", *arguments])


def lines(folder: Path) -> list[str]:
    log = folder / "log"
    return log.read_text().splitlines() if log.exists() else []


def wait_for(folder: Path, line: str) -> None:
    deadline = time.monotonic() + 20
    while line not in lines(folder):
        assert time.monotonic() < deadline, f"{line!r} never came: {lines(folder)}"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The log of a play that is killed in the middle of a step and started again."""
    folder = tmp_path_factory.mktemp("engine")
    child = start(folder, seconds=30, fresh=True)
    try:
        wait_for(folder, "slow one")
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    again = start(folder, seconds=5.5, fresh=False)
    assert again.wait(timeout=30) == 0
    return lines(folder)


def test_a_killed_run_goes_on_at_its_step(played: list[str]) -> None:
    assert played.count("first one") == 1
    assert played.count("slow one") == 2
    assert played.count("slow ended one") == 1


def test_the_same_id_twice_is_one_run(played: list[str]) -> None:
    assert played.count("gave up one") == 1


def test_one_at_a_time_for_an_issue_in_the_order_of_asking(played: list[str]) -> None:
    assert played.index("gave up one") < played.index("first another")
    assert played.index("first elsewhere") < played.index("gave up one"), "another issue does not wait"


def test_a_step_is_tried_as_often_as_it_may(played: list[str]) -> None:
    assert played.count("never one") == 3


def test_a_crowd_that_waits_makes_no_crowd_of_threads(played: list[str]) -> None:
    threads = next(int(line.removeprefix("threads ")) for line in played if line.startswith("threads "))
    assert threads <= durable.THREADS + 16


def test_the_version_is_a_constant_so_that_runs_in_flight_outlive_an_upgrade() -> None:
    assert durable.APPLICATION_VERSION == "1"


def test_sqlite_is_new_enough_for_the_engine_and_free_of_the_wal_reset_bug() -> None:
    assert sqlite3.sqlite_version_info > (3, 51, 2)


def test_both_databases_are_written_through_to_the_disk(tmp_path: Path) -> None:
    engine = durable.engine_of(tmp_path / "engine.sqlite3")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    engine.dispose()


def test_djangos_database_is_written_through_to_the_disk(django_db: Path) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert cursor.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
