"""Why a run ended: a table, and a sentence for every cause."""

from decimal import Decimal

import pytest

from handover.runs import replies
from handover.runs.endings import Stop, Watched, cause_without_work
from handover.runs.models import Cause

CASES = {
    "finished": (Watched("finished"), Cause.NOTHING_TO_CHANGE),
    "ended with a message": (Watched("finished", asks=True), Cause.ASKS),
    "stuck": (Watched("stuck"), Cause.STUCK),
    "out of steps": (Watched("error", "MaxIterationsReached"), Cause.STEPS),
    "stopped": (Watched("paused", stop=Stop.ASKED), Cause.STOPPED),
    "stopped just as it finished": (Watched("finished", stop=Stop.ASKED), Cause.STOPPED),
    "out of time": (Watched("paused", stop=Stop.TIME), Cause.TIME),
    "ceiling": (Watched("error", "LLMBadRequestError", ceiling=True, model_trouble=400), Cause.CEILING),
    "ceiling, whatever the agent says of it": (Watched("finished", ceiling=True), Cause.CEILING),
    "key refused": (Watched("error", "LLMAuthenticationError", model_trouble=401), Cause.MODEL_REFUSED),
    "forbidden by the model": (Watched("error", "x", model_trouble=403), Cause.MODEL_REFUSED),
    "rate-limited": (Watched("error", "LLMRateLimitError", model_trouble=429), Cause.MODEL_RATE_LIMITED),
    "model down": (Watched("error", "LLMServiceUnavailableError", model_trouble=500), Cause.MODEL_UNAVAILABLE),
    "no such model": (Watched("error", "x", model_trouble=404), Cause.MODEL_UNAVAILABLE),
    "no money at the provider": (Watched("error", "x", model_trouble=402), Cause.MODEL_REFUSED),
    "model silent": (Watched("error", "x", model_trouble=0), Cause.MODEL_UNAVAILABLE),
    "the agent's word alone": (Watched("error", "LLMAuthenticationError"), Cause.AGENT_FAILED),
    "an unknown status": (Watched("deleting"), Cause.AGENT_FAILED),
}


@pytest.mark.parametrize(("watched", "cause"), CASES.values(), ids=CASES)
def test_cause(watched: Watched, cause: Cause) -> None:
    assert cause_without_work(watched) is cause


FAILURES = (
    Cause.STOPPED,
    Cause.CEILING,
    Cause.STEPS,
    Cause.TIME,
    Cause.STUCK,
    Cause.AGENT_FAILED,
    Cause.MODEL_REFUSED,
    Cause.MODEL_UNAVAILABLE,
    Cause.MODEL_RATE_LIMITED,
    Cause.SANDBOX_FAILED,
)


@pytest.mark.parametrize("cause", FAILURES)
def test_every_failure_says_what_happened_and_what_next(cause: Cause) -> None:
    told = replies.of_cause(
        cause,
        spent=Decimal("5.01"),
        stopped_by="Lina",
        run_url="https://handover.example.com/runs/1",
        mention="@openhands",
    )
    assert "Nothing was pushed" in told
    assert "@openhands" in told
    assert "{" not in told


def test_the_body_of_a_pull_request_quotes_what_others_wrote() -> None:
    body = replies.pull_request_body(
        issue_key="PAY-1",
        issue_url="https://jira.example.com/browse/PAY-1",
        run_url="https://handover.example.com/runs/1",
        asker="Lina Linde",
        request="please fix\nthis",
        report="# Done\n\nall good",
        changed="- `a.py` (+1 −1)",
    )
    assert "> please fix\n> this" in body
    assert "> # Done" in body


def test_what_was_pushed_before_the_forge_went_away_is_told() -> None:
    told = replies.forge_unavailable(forge_url="https://git.example.com", branch="feature/PAY-1")
    assert "pushed to `feature/PAY-1`" in told
    assert "Nothing was pushed" not in told
    assert "Nothing was pushed" in replies.forge_unavailable(forge_url="https://git.example.com", branch="")


def test_words_of_others_are_quoted_and_make_no_links() -> None:
    told = replies.asks(question="[Sign in](http://evil.example)\nplease", mention="@openhands")
    assert "> [Sign in](http://evil.example)\n> please" in told
    assert replies.literal("[~lina] *x*") == r"\[\~lina\] \*x\*"
