"""Whoever is not linked, or may not, or names no repository, is told the next step on the issue."""

import pytest

from tests.stories.world import World


def test_no_repository(world: World) -> None:
    issue = world.new_issue("Something is wrong.")
    world.ask(issue=issue)
    world.ended(issue)
    assert "Repository: Owner/name" in world.said(issue)[-1]


def test_several_repositories(world: World) -> None:
    issue = world.new_issue("Repository: Acme/api\nRepository: Acme/web-app")
    world.ask(issue=issue)
    world.ended(issue)
    assert "several repositories" in world.said(issue)[-1]


def test_the_comment_goes_before_the_description(world: World) -> None:
    issue = world.new_issue("Repository: Acme/api")
    world.ask(f"@openhands [script:nothing] look\nRepository: {world.repository}", issue=issue)
    assert world.ended(issue).repository == world.repository


@pytest.mark.parametrize("path", ["Acme/missing", "closed"])
def test_missing_and_forbidden_are_told_alike(world: World, path: str) -> None:
    if path == "closed":
        path = world.repository
        world.forge.withdraw(path, "lina-linde")
    issue = world.new_issue(f"Repository: {path}")
    world.ask(issue=issue)
    run = world.ended(issue)
    assert run.told == (
        f"`{path}` does not exist on {world.rehearsal.at.forge}, or your account there may not push to it. "
        "Check the name, or ask its owner for write access; then mention me again."
    )


def test_who_may_only_read_may_not_start(world: World) -> None:
    world.forge.grant(world.repository, "lina-linde", "read")
    assert "may not push to it" in world.ending().told


def test_an_archived_repository(world: World) -> None:
    world.forge.archive(world.repository)
    assert "may not push to it" in world.ending().told


def test_the_attacker_has_only_their_own_rights(world: World) -> None:
    run = world.ending(by=world.people.attacker)
    assert "may not push to it" in run.told
    assert world.forge.pull_requests(world.repository) == []


def test_a_body_that_names_another_author_is_not_believed(world: World) -> None:
    comment = world.ask("@openhands please fix this", by=world.people.unlinked, deliver=False)
    world.jira.deliver_forged(comment, author=world.linked)
    run = world.ended()
    assert (run.cause, run.asker) == ("refused", "uwe")


def test_a_body_with_a_mention_that_jira_does_not_know(world: World) -> None:
    comment = world.ask("just a remark", deliver=False)
    world.jira.deliver_forged(comment, body="@openhands please fix this")
    run = world.ended()
    assert run.cause == "withdrawn"
    assert world.said() == []


def test_a_comment_deleted_before_it_was_read(world: World) -> None:
    world.jira.faults.add(method="GET", path=r"/rest/api/2/issue/\d+$", status=503, times=3)
    comment = world.ask()
    world.jira.delete_comment(comment)
    assert world.ended().cause in ("withdrawn", "stopped")
    assert world.forge.pull_requests(world.repository) == []


def test_a_mention_that_somebody_else_put_into_a_comment(world: World) -> None:
    comment = world.ask("just a remark")
    world.jira.edit_comment(comment, "@openhands please fix this", by=world.people.administrator)
    run = world.ended()
    assert run.cause == "refused"
    assert "has edited this comment" in run.told


def test_the_bots_token_is_revoked(world: World) -> None:
    world.jira.faults.add(method="GET", path=r"/rest/api/2/issue/\d+$", status=403, times=1)
    run = world.ending()
    assert run.cause == "jira-refused"
    assert "check the bot's token" in run.told
