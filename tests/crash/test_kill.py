"""`kill -9` of the whole process on the way of a mention: after the restart, everything has happened once."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from handover.demo.rehearsal import Rehearsal
from tests.stories.world import World

pytestmark = pytest.mark.crash


@dataclass(frozen=True)
class Point:
    """A point on the way: how a stand-in holds Handover there, and how one sees that it is there."""

    hold: Callable[[World], None]
    reached: Callable[[World], object]


def _hold(stand_in: str, method: str, path: str, *, after: bool = False) -> Callable[[World], None]:
    def hold(world: World) -> None:
        getattr(world, stand_in).faults.add(method=method, path=path, hold=True, after=after, times=1)

    return hold


def _held(stand_in: str) -> Callable[[World], object]:
    return lambda world: getattr(world, stand_in).faults.waiting


def _hold_the_last_word(world: World) -> None:
    world.eventually(lambda: any("at work" in said for said in world.said()), "the agent is told to be at work")
    world.jira.faults.add(method="PUT", path=r"/comment/\d+$", hold=True, times=1)


POINTS = {
    "after the answer": Point(
        hold=lambda world: None,
        reached=lambda world: any(sent.status == 200 for sent in world.jira.deliveries),
    ),
    "after the status comment": Point(_hold("jira", "POST", r"/issue/\d+/comment$", after=True), _held("jira")),
    "after the sandbox started": Point(_hold("forge", "POST", r"git-upload-pack$"), _held("forge")),
    "while the agent works": Point(_hold("model", "POST", r"/chat/completions$"), _held("model")),
    "after the push": Point(_hold("forge", "POST", r"git-receive-pack$", after=True), _held("forge")),
    "after the pull request": Point(_hold("forge", "POST", r"/pulls$", after=True), _held("forge")),
    "before the last comment": Point(_hold_the_last_word, _held("jira")),
}
REAL = ("after the sandbox started", "while the agent works", "after the push")
CASES = [
    *(pytest.param("stand-in", point, id=f"{name}, stand-in agent") for name, point in POINTS.items()),
    *(pytest.param("openhands", POINTS[name], id=f"{name}, real agent", marks=pytest.mark.real) for name in REAL),
]


@contextmanager
def pretend_world(agent: str) -> Iterator[World]:
    with tempfile.TemporaryDirectory(prefix="handover-") as folder:
        Path(folder).chmod(0o755)
        with Rehearsal(Path(folder) / "r", environment={"HANDOVER_AGENT": agent}) as rehearsal:
            yield World(rehearsal)


@pytest.mark.parametrize(("agent", "point"), CASES)
def test_killed_and_started_again(agent: str, point: Point) -> None:
    with pretend_world(agent) as world:
        if point.hold is not _hold_the_last_word:
            point.hold(world)
        world.ask("@openhands [script:slow 0.3] please fix this")
        if point.hold is _hold_the_last_word:
            point.hold(world)
        world.eventually(lambda: point.reached(world), "the point is reached")
        world.rehearsal.kill()
        for stand_in in (world.jira, world.forge, world.model):
            stand_in.faults.clear()
        world.rehearsal.start()
        run = world.ended()
        assert run.cause == "pull-request", run.told
        assert len(world.runs()) == 1
        assert conversations(world, run.id) == 1
        assert sorted(world.forge.branches(world.repository)) == [run.branch, "main"]
        assert len(world.forge.pull_requests(world.repository)) == 1
        (said,) = world.said()
        assert "pull request #1" in said
        assert len(world.jira.remote_links(world.issue)) == 1


def conversations(world: World, run_id: str) -> int:
    """How many conversations the run's agent-server has begun."""
    (folder,) = (world.rehearsal.folder / "data" / "runs").iterdir()
    return len([entry for entry in (folder / "sandbox" / "state" / "conversations").iterdir() if entry.is_dir()])


def test_told_to_end_while_the_agent_works_and_started_again() -> None:
    with pretend_world("stand-in") as world:
        POINTS["while the agent works"].hold(world)
        world.ask("@openhands please fix this")
        world.eventually(lambda: world.model.faults.waiting, "the agent works")
        began = time.monotonic()
        world.rehearsal.process.terminate()
        assert world.rehearsal.process.wait(timeout=20) == 0
        assert time.monotonic() - began < 10
        world.model.faults.clear()
        world.rehearsal.start()
        assert world.ended().cause == "pull-request"
        assert len(world.said()) == 1
        assert "Traceback" not in world.rehearsal.log()
