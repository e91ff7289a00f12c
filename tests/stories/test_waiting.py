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
    (run,) = world.runs(waiting)
    begun = world.rehearsal.rows(
        "SELECT title FROM handover_runevent WHERE run_id = ? AND title LIKE 'Starting%'", run.id
    )
    assert begun == [], "it was stopped while it waited, and never had a place"
    for issue in issues:
        if issue != waiting:
            world.jira.delete_comment(world.jira.comments(issue)[0])
            world.ended(issue)


def _waiting(world: World, issues: list[str]) -> str | None:
    return next((issue for issue in issues if _state(world, issue) == "waiting"), None)


def _state(world: World, issue: str) -> str:
    runs: list[Story] = world.runs(issue)
    return runs[0].state if runs else ""
