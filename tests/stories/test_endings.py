"""Every way in which the agent's work ends is told, with its cause; and only work is told as work."""

import pytest

from tests.stories.world import World

ENDINGS = {
    "asks": ("ask", "asks", "has a question"),
    "nothing to change": ("nothing", "nothing-to-change", "without changing anything"),
    "claims what it did not do": ("claim", "nothing-to-change", "without changing anything"),
    "out of steps": ("endless 0", "steps", "used up the steps"),
    "model refuses the key": ("fail401", "model-refused", "refused Handover's key"),
    "model is rate-limited": ("fail429", "model-rate-limited", "rate limit"),
    "model is down": ("fail500", "model-unavailable", "did not answer"),
    "too expensive": ("expensive", "ceiling", "cost ceiling"),
    "changes CI": ("ci", "work-refused", "not pushed"),
    "links out of the tree": ("evil-link", "work-refused", "not pushed"),
}


@pytest.mark.parametrize(("script", "cause", "words"), ENDINGS.values(), ids=ENDINGS)
def test_ending(world: World, script: str, cause: str, words: str) -> None:
    run = world.ending(f"@openhands [script:{script}] please")
    assert run.cause == cause, run.told
    assert words in run.told
    assert world.forge.pull_requests(world.repository) == []
    assert world.forge.branches(world.repository) == ["main"]


def test_stopped_from_the_command_line(world: World) -> None:
    world.ask("@openhands [script:endless] go")
    world.eventually(lambda: world.runs() and world.runs()[0].state == "working", "the agent works")
    world.rehearsal.command("runs", "stop", dashed(world.runs()[0].id))
    run = world.ended()
    assert run.cause == "stopped"
    assert "Stopped" in world.said()[-1]


def test_stopped_by_taking_the_label_away(world: World) -> None:
    world.model.script = "endless"
    try:
        world.jira.label(world.issue, add="openhands", by=world.linked)
        world.eventually(lambda: world.runs() and world.runs()[0].state == "working", "the agent works")
        world.jira.label(world.issue, remove="openhands", by=world.linked)
        assert world.ended().cause == "stopped"
    finally:
        world.model.script = None


def test_stopped_by_deleting_the_comment(world: World) -> None:
    comment = world.ask("@openhands [script:endless] go")
    world.eventually(lambda: world.runs() and world.runs()[0].state == "working", "the agent works")
    world.jira.delete_comment(comment)
    assert world.ended().cause == "stopped"


def test_out_of_time(world: World) -> None:
    run = world.ending("@openhands [script:endless 4] go")
    assert run.cause == "time"


def test_jira_away_for_a_while(world: World) -> None:
    world.jira.faults.add(method="GET", path=r"/comment/\d+$", status=503, times=2)
    world.jira.faults.add(method="PUT", path=r"/comment/\d+$", status=500, times=2)
    assert world.ending().cause == "pull-request"
    assert len(world.said()) == 1


def test_forge_away_at_the_push(world: World) -> None:
    world.forge.faults.add(method="POST", path=r"git-receive-pack$", status=503, times=2)
    assert world.ending().cause == "pull-request"


def test_the_forge_refuses_the_push(world: World) -> None:
    world.forge.protect(world.repository, f"feature/{world.issue}-the-total-ignores-quantities")
    run = world.ending()
    assert run.cause == "push-refused"
    assert "did not take the work" in world.said()[-1]


def test_rights_withdrawn_while_the_agent_works(world: World) -> None:
    world.ask("@openhands [script:slow 0.5] please fix this")
    world.eventually(lambda: world.runs() and world.runs()[0].state == "working", "the agent works")
    world.forge.grant(world.repository, "lina-linde", "read")
    run = world.ended()
    assert "may not push to it" in run.told
    assert world.forge.branches(world.repository) == ["main"]


def test_work_that_git_cannot_take_up_is_not_told_as_nothing(world: World) -> None:
    run = world.ending(
        "@openhands [script:obey] do\nDO: echo new > new.txt && mkdir nested && git -C nested init --quiet"
    )
    assert run.cause == "work-refused", run.told
    assert "nested" in run.told


def dashed(run_id: str) -> str:
    return f"{run_id[:8]}-{run_id[8:12]}-{run_id[12:16]}-{run_id[16:20]}-{run_id[20:]}"
