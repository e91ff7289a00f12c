"""The engine keeps the error that a step ended with, and reads it again after a crash."""

import pickle

import pytest

from handover.agent.server import AgentRefused, AgentUnavailable, AgentUnreadable
from handover.forges.forge import ForgeUnavailable
from handover.jira.client import JiraMissing, JiraRefused, JiraUnavailable, JiraUnreadable
from handover.runs.endings import Ended
from handover.runs.models import Cause
from handover.sandboxes.open import SandboxFailed

ERRORS = (
    Ended(Cause.STOPPED, "Stopped."),
    JiraUnavailable("Jira is away.", retry_after=3, status=503),
    JiraRefused("No.", status=403),
    JiraMissing("Gone.", status=404),
    JiraUnreadable("A login page."),
    ForgeUnavailable("The forge is away.", retry_after=3),
    SandboxFailed("It fell.", "its last words"),
    AgentUnavailable("No answer."),
    AgentUnreadable("No JSON."),
    AgentRefused(500, "no such tool"),
)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_read_again(error: Exception) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
