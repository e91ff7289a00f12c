"""A mention becomes a pull request, once, and the issue tells it."""

from standins.jira.records import Visibility
from tests.stories.world import World


def test_a_mention_becomes_a_pull_request(world: World) -> None:
    comment = world.ask("@openhands please fix this")
    run = world.ended()
    (proposal,) = world.forge.pull_requests(world.repository)
    assert run.cause == "pull-request", run.told
    assert run.branch == f"feature/{world.issue}-the-total-ignores-quantities"
    assert proposal.title == f"{world.issue}: The total ignores quantities"
    assert run.pull_request == f"{world.rehearsal.at.forge}/{world.repository}/pull/{proposal.number}"
    assert world.jira.reactions(comment.id) == {"1f44d": [world.people.bot.key]}


def test_one_commit_on_the_base_by_the_member(world: World) -> None:
    run = world.ending()
    commits = world.forge.commits(world.repository, run.branch)
    assert commits[0].subject == f"{world.issue}: The total ignores quantities"
    assert len(commits) == len(world.forge.commits(world.repository, "main")) + 1
    assert commits[0].author == "Lina Linde"


def test_one_status_comment_tells_the_ending(world: World) -> None:
    world.ending()
    (said,) = world.said()
    assert said.startswith("[~lina]")
    assert f"/{world.repository}/pull/" in said
    assert len(world.jira.remote_links(world.issue)) == 1


def test_the_status_comment_comes_within_two_seconds(world: World) -> None:
    world.ask("@openhands [script:slow 0.5] please fix this")
    world.eventually(world.said, "the first word", seconds=2.0)
    world.ended()


def test_both_events_of_a_comment_and_a_repeated_delivery_are_one_run(world: World) -> None:
    comment = world.ask()
    world.jira.deliver_again(comment)
    world.ended()
    world.jira.deliver_again(comment)
    world.eventually(world.jira.idle, "all deliveries are sent")
    assert len(world.runs()) == 1
    assert len(world.forge.pull_requests(world.repository)) == 1


def test_a_label_becomes_a_pull_request(world: World) -> None:
    world.jira.label(world.issue, add="openhands", by=world.linked)
    run = world.ended()
    assert (run.cause, run.asker) == ("pull-request", "lina")


def test_two_mentions_run_one_after_the_other(world: World) -> None:
    world.ask("@openhands [script:nothing] first")
    world.ask("@openhands [script:nothing] second")
    world.ended(count=2)
    assert len(world.said()) == 2


def test_a_further_run_gets_a_branch_of_its_own(world: World) -> None:
    first = world.ending()
    world.ask("@openhands once more")
    second = world.ended(count=2)
    assert second.branch == f"{first.branch}-2"
    assert len(world.forge.pull_requests(world.repository)) == 2


def test_a_comment_without_a_mention_starts_nothing(world: World) -> None:
    world.ask("write to user+x@openhands.dev, please")
    world.ask("see {code}@openhands fix{code}")
    world.ending("@openhands [script:nothing] now")
    assert len(world.runs()) == 1


def test_the_bots_own_words_start_nothing(world: World) -> None:
    world.ask("@openhands please fix this", by=world.people.bot)
    world.ending("@openhands [script:nothing] now")
    assert [run.asker for run in world.runs()] == ["lina"]


def test_the_answer_to_a_restricted_comment_is_as_restricted(world: World) -> None:
    world.ask("@openhands [script:nothing] look", visibility=Visibility("role", "Developers"))
    world.ended()
    (answer,) = [c for c in world.jira.comments(world.issue) if c.author == world.people.bot]
    assert answer.visibility == Visibility("role", "Developers")


def test_a_status_comment_that_was_deleted_is_written_anew_and_as_restricted(world: World) -> None:
    world.ask("@openhands [script:slow 0.5] fix this", visibility=Visibility("role", "Developers"))
    (first,) = world.eventually(world.by_the_bot, "the first word")
    world.jira.delete_comment(first)
    world.ended()
    (answer,) = world.by_the_bot()
    assert answer.id != first.id
    assert answer.visibility == Visibility("role", "Developers")


def test_restricted_comments_are_not_in_the_prompt(world: World) -> None:
    world.jira.comment(
        world.issue, by=world.linked, text="a word for developers", visibility=Visibility("role", "Developers")
    )
    world.jira.comment(world.issue, by=world.linked, text="a word for all")
    world.ending("@openhands [script:nothing] look")
    asked = str(world.model.calls[-1].asked)
    assert "a word for all" in asked
    assert "a word for developers" not in asked


def test_a_restricted_request_is_not_in_the_pull_request(world: World) -> None:
    world.ask("@openhands a word for developers", visibility=Visibility("role", "Developers"))
    world.ended()
    (proposal,) = world.forge.pull_requests(world.repository)
    assert "a word for developers" not in proposal.body
    assert "agent reports" not in proposal.body


def test_a_bot_that_may_not_edit_says_the_ending_in_a_new_comment(world: World) -> None:
    world.jira.faults.add(method="PUT", path=r"/comment/\d+$", status=403, times=3)
    world.ending()
    assert "/pull/" in world.said()[-1]
