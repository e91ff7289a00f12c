"""The happy way by a label, once on the real agent-server; that of a mention is in tests/browser/test_demo.py."""

import tempfile
from pathlib import Path

import pytest

from handover.demo.rehearsal import Rehearsal
from tests.stories.world import World


@pytest.mark.real
def test_a_label_becomes_a_pull_request() -> None:
    with tempfile.TemporaryDirectory(prefix="handover-") as folder:
        Path(folder).chmod(0o755)
        with Rehearsal(Path(folder) / "r") as rehearsal:
            world = World(rehearsal)
            world.jira.label(world.issue, add="openhands", by=world.linked)
            run = world.ended()
            assert (run.cause, run.asker) == ("pull-request", "lina"), run.told
            assert len(world.forge.pull_requests(world.repository)) == 1
