"""One rehearsal for all stories of a test process; each story has an issue and a repository of its own."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from handover.demo.rehearsal import Rehearsal
from tests.stories.world import World

# Small, so that the stories of the limits are short.
LIMITS = {
    "HANDOVER_AGENT": "stand-in",
    "HANDOVER_RUN_CEILING": "1",
    "HANDOVER_RUN_STEPS": "12",
    "HANDOVER_RUN_SECONDS": "10",
}


@pytest.fixture(scope="session")
def rehearsal() -> Iterator[Rehearsal]:
    """Handover with the stand-in agent in a real sandbox, between stand-ins."""
    with tempfile.TemporaryDirectory(prefix="handover-") as folder:
        Path(folder).chmod(0o755)
        with Rehearsal(Path(folder) / "r", environment=LIMITS) as rehearsal:
            yield rehearsal


@pytest.fixture
def world(rehearsal: Rehearsal) -> Iterator[World]:
    """A fresh issue and repository in it; faults are cleared when the story ends."""
    yield World(rehearsal)
    for stand_in in (rehearsal.jira, rehearsal.forge, rehearsal.model):
        stand_in.faults.clear()
