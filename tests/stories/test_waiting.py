"""More requests than places: the rest wait, are told so on their page, and can be stopped while they wait."""

from tests.stories.world import Story, World

PLACES = 4


def test_a_run_that_waits_for_a_place_can_be_stopped(world: World) -> None:
    issues = [world.new_issue(f"Repository: {world.repository}") for _ in range(PLACES + 1)]
    for issue in issues:
        world.ask("@openhands [script:endless] go", issue=issue)
    waiting = world.eventually(lambda: _waiting(world, issues), "one run waits")
    world.jira.delete_comment(world.jira.comments(waiting)[0])
    assert world.ended(waiting).cause == "stopped"
    assert sum(_state(world, issue) == "working" for issue in issues) >= PLACES - 1
    for issue in issues:
        if issue != waiting:
            world.jira.delete_comment(world.jira.comments(issue)[0])
            world.ended(issue)


def _waiting(world: World, issues: list[str]) -> str | None:
    states = {issue: _state(world, issue) for issue in issues}
    settled = list(states.values()).count("working") == PLACES
    return next((issue for issue, state in states.items() if settled and state == "waiting"), None)


def _state(world: World, issue: str) -> str:
    runs: list[Story] = world.runs(issue)
    return runs[0].state if runs else ""
