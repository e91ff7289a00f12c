"""Who cannot start an agent is told the next step, once a day, and nobody else learns anything of it."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.stories.world import World

ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")


@contextmanager
def configured(world: World, **groups: object) -> Iterator[None]:
    """With these groups of the configuration changed."""
    before = world.configuration()
    world.configure({**before, **groups})
    try:
        yield
    finally:
        world.configure(before)


def change(world: World, statement: str, *values: object) -> None:
    """Write to Handover's database beside it."""
    file: Path = world.rehearsal.folder / "data" / "handover.sqlite3"
    with closing(sqlite3.connect(file, timeout=10)) as connection, connection:
        connection.execute(statement, values)


@contextmanager
def lost_link(world: World, key: str) -> Iterator[None]:
    """While Jira no longer takes this person's token."""
    change(world, "UPDATE handover_jiralink SET lost_at = '2026-01-01 00:00:00' WHERE user_key = ?", key)
    try:
        yield
    finally:
        change(world, "UPDATE handover_jiralink SET lost_at = NULL WHERE user_key = ?", key)


def the_one_word(world: World) -> str:
    """All that was said: one comment by the bot."""
    said = world.said()
    assert len(said) == 1, said
    assert not ADDRESS.search(said[0]), "nobody's address is made public"
    return said[0]


def test_without_an_account(world: World) -> None:
    run = world.ending(by=world.people.without_account)
    assert (run.cause, the_one_word(world)[:8]) == ("refused", "[~olga] ")
    assert "you have no Handover account that I know of" in the_one_word(world)
    assert f"|{world.rehearsal.at.handover}]" in the_one_word(world)


def test_with_an_account_and_no_link(world: World) -> None:
    world.ending(by=world.people.unlinked)
    assert the_one_word(world).startswith("[~uwe] You have a Handover account, but it is not linked")
    assert f"|{world.rehearsal.at.handover}/settings/integrations/jira-dc]" in the_one_word(world)


def test_with_a_link_that_no_longer_works(world: World) -> None:
    with lost_link(world, world.linked.key):
        world.ending()
    assert the_one_word(world).startswith("[~lina] The link between your Handover account and your Jira user no longer")
    assert f"|{world.rehearsal.at.handover}/settings/integrations/jira-dc]" in the_one_word(world)


def test_without_a_forge_account(world: World) -> None:
    world.ending(by=world.people.administrator)
    assert the_one_word(world).startswith("[~ada] I have no account of yours on")
    assert f"|{world.rehearsal.at.handover}/settings]" in the_one_word(world)


@pytest.mark.parametrize(
    "start",
    {
        "a denied project": {"denied_projects": ["pay"]},
        "not an allowed project": {"allowed_projects": ["WEB"]},
        "a denied group": {"denied_groups": ["jira-software-users"]},
        "not in an allowed group": {"allowed_groups": ["jira-administrators"]},
        "allowed and denied": {"allowed_projects": ["PAY"], "denied_groups": ["jira-software-users"]},
    }.values(),
)
def test_who_may_not_start_here(world: World, start: dict[str, list[str]]) -> None:
    with configured(world, start=start):
        world.ending()
    assert the_one_word(world).startswith("[~lina] You may not start an agent in the project PAY.")
    assert world.forge.pull_requests(world.repository) == []


def test_who_is_allowed_starts(world: World) -> None:
    with configured(world, start={"allowed_projects": ["pay"], "allowed_groups": ["JIRA-software-users"]}):
        assert world.ending("@openhands [script:nothing] look").cause == "nothing-to-change"


def test_the_same_sentence_is_said_once_a_day_to_each_person_on_each_issue(world: World) -> None:
    world.ending(by=world.people.without_account)
    world.ask(by=world.people.without_account)
    second = world.ended(count=2)
    assert "you have no Handover account" in second.told
    assert len(world.said()) == 1
    world.ask(by=world.people.unlinked)
    world.ended(count=3)
    assert [text[:8] for text in world.said()] == ["[~olga] ", "[~uwe] Y"]
    other = world.new_issue(f"Repository: {world.repository}")
    world.ask(by=world.people.without_account, issue=other)
    world.ended(other)
    assert len(world.said(other)) == 1


def test_the_next_step_is_said_on_the_same_day(world: World) -> None:
    with lost_link(world, world.linked.key):
        world.ending()
    world.ask("@openhands [script:nothing] look")
    assert world.ended(count=2).cause == "nothing-to-change"


def test_a_restricted_request_is_refused_where_only_its_readers_see(world: World) -> None:
    from standins.jira.records import Visibility

    world.ask(by=world.people.unlinked, visibility=Visibility("role", "Developers"))
    world.ended()
    assert [comment.visibility for comment in world.by_the_bot()] == [Visibility("role", "Developers")]
