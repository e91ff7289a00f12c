"""Why nothing starts on an issue or by a delivery: every step, and the one where it ended."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from handover.configuration import vault as keys
from handover.configuration.vault import vault
from handover.connections.models import Connection
from handover.doctor.checks import Check
from handover.doctor.explaining import explain
from handover.lib import clock
from handover.lib.keys import KeyFile
from handover.members.models import ForgeAccount, JiraLink, Member
from handover.runs.intake import act_on
from handover.runs.models import Cause, Run, State
from handover.triggers.models import Delivery
from standins.forge.cast import API, LINKED, acme
from tests.doctor.test_secrets import closed
from tests.doctor.world import DATE_ALONE, World, served

STEPS = [
    "Integration enabled",
    "Configuration complete",
    "Connection active",
    "Issue",
    "Request",
    "Arrived",
    "Jira link",
    "May start here",
    "Forge account",
    "Repository named",
    "Push access",
    "Run",
]


@pytest.fixture
def world(django_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    world = World(tmp_path)
    acme(world.forge)
    with served(world, monkeypatch) as world:
        lina = Member.objects.create(username="lina")
        JiraLink.objects.create(member=lina, connection=world.connection, user_key=world.people.linked.key)
        url = world.fields["forges"][0]["base_url"]
        sealed = vault().seal(world.forge.token_for(LINKED), address=url)
        about = {"login": LINKED, "name": "Lina Linde", "email": "lina@acme.example", "sealed_token": sealed}
        ForgeAccount.objects.create(member=lina, forge_url=url, **about)
        yield world


def ask(world: World, text: str = "@openhands fix it", issue: str = "PAY-1") -> Delivery:
    """Lina asks; the delivery is journaled and acted on."""
    world.jira.comment(issue, by=world.people.linked, text=text)
    until = time.monotonic() + 10
    while not Delivery.objects.exists() and time.monotonic() < until:
        time.sleep(0.02)
    for delivery in Delivery.objects.filter(state=Delivery.State.RECEIVED):
        act_on(delivery)
    return Delivery.objects.order_by("id")[0]


def steps_on(world: World, issue: str = "PAY-1") -> list[Check]:
    return asyncio.run(explain(world.connection, issue_key=issue))


def steps_of(delivery_id: int) -> list[Check]:
    return asyncio.run(explain(None, delivery_id=delivery_id))


def names(checks: list[Check]) -> list[str]:
    return [check.name.partition(":")[0] for check in checks]


def test_all_steps_of_an_issue_that_started(world: World) -> None:
    ask(world)
    checks = steps_on(world)
    assert names(checks) == STEPS
    assert [check for check in checks if not check.ok] == []
    assert f"{LINKED} may push to Acme/web-app" in checks[-2].found
    assert str(Run.objects.get().id) in checks[-1].found


def test_all_steps_of_its_delivery(world: World) -> None:
    delivery = ask(world)
    checks = steps_of(delivery.id)
    assert names(checks) == [f"Delivery {delivery.id}", *(name for name in STEPS if name != "Arrived")]
    assert all(check.ok for check in checks)
    assert "began run" in checks[0].found


def test_an_issue_that_was_labelled(world: World) -> None:
    world.jira.label("PAY-2", by=world.people.linked, add="openhands")
    checks = steps_on(world, "PAY-2")
    assert "Lina Linde added the label openhands" in next(one for one in checks if one.name == "Request").found


def start(world: World, **lists: list[str]) -> None:
    world.fields["start"] = lists
    world.configure()


def without_forges(world: World) -> None:
    world.fields["forges"] = []
    world.configure()


Change = Callable[[World], object]
ASKED: dict[str, tuple[Change, str, str, str]] = {
    "disabled": (lambda world: world.configure(enabled=False), "Integration enabled", "switched off", "Switch it on"),
    "paused": (
        lambda world: Connection.objects.update(webhook_state=Connection.Webhook.PAUSED),
        "Connection active",
        "paused",
        "Resume it",
    ),
    "no link": (lambda world: JiraLink.objects.all().delete(), "Jira link", "No member here", "links the Jira user"),
    "a link that was lost": (
        lambda world: JiraLink.objects.update(lost_at=clock.now()),
        "Jira link",
        "no longer takes the token",
        "connects Jira again",
    ),
    "an account that was closed": (
        lambda world: Member.objects.update(is_active=False),
        "Jira link",
        "is closed",
        "Reopen it",
    ),
    "another project only": (
        lambda world: start(world, allowed_projects=["WEB"]),
        "May start here",
        "may not start an agent in PAY",
        "Who may start",
    ),
    "a denied group": (
        lambda world: start(world, denied_groups=["jira-software-users"]),
        "May start here",
        "may not start an agent in PAY",
        "Who may start",
    ),
    "no forge": (without_forges, "Forge account", "No forge is set up", "Console › Forges"),
    "no forge account": (
        lambda world: ForgeAccount.objects.all().delete(),
        "Forge account",
        "has no account on",
        "adds an account",
    ),
    "a forge account that was lost": (
        lambda world: ForgeAccount.objects.update(lost_at=clock.now()),
        "Forge account",
        "no longer takes lina's credential",
        "connects it again",
    ),
    "no right to push": (
        lambda world: world.forge.grant("Acme/web-app", LINKED, "read"),
        "Push access",
        "may not push to it",
        "write access",
    ),
    "no such repository": (
        lambda world: world.jira.edit_issue("PAY-1", by=world.people.linked, description="Repository: Acme/nothing"),
        "Push access",
        "Acme/nothing does not exist",
        "Check the name",
    ),
    "two repositories": (
        lambda world: world.jira.edit_issue(
            "PAY-1", by=world.people.linked, description=f"Repository: Acme/web-app, {API}"
        ),
        "Repository named",
        "Several repositories",
        "Name one",
    ),
    "a run that was refused": (
        lambda world: Run.objects.update(state=State.ENDED, cause=Cause.REFUSED, told="No repository was named."),
        "Run",
        "Could not start. No repository was named.",
        "ask once more",
    ),
}


@pytest.mark.parametrize("case", ASKED)
def test_where_it_ends(world: World, case: str) -> None:
    change, name, cause, next_step = ASKED[case]
    delivery = ask(world)
    change(world)
    for checks in (steps_on(world), steps_of(delivery.id)):
        found = next(check for check in checks if not check.ok)
        assert found.name.startswith(name)
        assert cause in found.cause
        assert next_step in found.next_step
        assert not DATE_ALONE.search(found.cause)


def test_nobody_asked(world: World) -> None:
    world.jira.comment("PAY-3", by=world.people.linked, text="mail openhands@acme.example")
    found = steps_on(world, "PAY-3")[-1]
    assert "No comment mentions @openhands, and the issue does not have the label openhands" in found.cause
    assert "@openhands as a word of its own" in found.next_step


def test_no_repository_is_named(world: World) -> None:
    ask(world, issue="PAY-3")
    checks = steps_on(world, "PAY-3")
    assert [check.name for check in checks if not check.ok] == ["Repository named"]


def test_the_delivery_did_not_come(world: World) -> None:
    world.jira.comment("PAY-1", by=world.people.linked, text="@openhands fix it", deliver=False)
    wrong = [check for check in steps_on(world) if not check.ok]
    assert [check.name for check in wrong] == ["Arrived", "Run"]
    assert "no delivery told of it" in wrong[0].cause


def test_somebody_else_has_edited_the_comment(world: World) -> None:
    comment = world.jira.comment("PAY-1", by=world.people.unlinked, text="@openhands fix it", deliver=False)
    world.jira.edit_comment(comment, "@openhands delete all", by=world.people.administrator)
    found = steps_on(world)[-1]
    assert found.cause == "Ada Adler has edited the comment of Uwe Ungar."


def test_an_issue_that_is_not_seen(world: World) -> None:
    found = steps_on(world, "PAY-99")[-1]
    assert "finds no issue PAY-99" in found.cause


def test_a_token_that_is_not_accepted(world: World) -> None:
    world.jira.revoke(world.token)
    found = steps_on(world)[-1]
    assert found.name == "Issue"
    assert found.next_step == "See what is said of the service account's token."


def test_a_comment_that_is_gone(world: World) -> None:
    delivery = ask(world)
    (comment,) = world.jira.comments("PAY-1")
    world.jira.delete_comment(comment)
    assert "is gone" in steps_of(delivery.id)[-1].cause


DELIVERIES: dict[str, tuple[str, str, str, str, str]] = {
    "disabled": (Delivery.State.IGNORED, "integration disabled", "", "integration disabled", "Switch the integration"),
    "not active": (Delivery.State.IGNORED, "not active yet", "", "not active yet", "Activate the connection"),
    "asks nothing": (
        Delivery.State.ACTED,
        "",
        '{"webhookEvent": "comment_created"}',
        "asks for no work",
        "@",
    ),
    "no JSON": (Delivery.State.RECEIVED, "", "{", "cannot be read", "between Jira and here"),
}


@pytest.mark.parametrize("case", DELIVERIES)
def test_a_delivery_that_starts_nothing(world: World, case: str) -> None:
    state, reason, body, cause, next_step = DELIVERIES[case]
    delivery = Delivery.objects.create(
        connection=world.connection,
        received_at=clock.now(),
        event="comment_created",
        state=state,
        reason=reason,
        dedupe_key="",
        body=body.encode(),
    )
    (found,) = steps_of(delivery.id)
    assert cause in found.cause
    assert next_step in found.next_step


def test_a_delivery_that_does_not_exist(world: World) -> None:
    (found,) = steps_of(4711)
    assert found.cause == "There is no delivery 4711."


def test_a_secret_that_cannot_be_opened(world: World) -> None:
    closed("jira", "pat")(world)
    found = steps_on(world)[-1]
    assert (found.name, found.ok) == ("Stored secrets", False)
    assert "sealed with a key that is not set here" in found.cause
    assert "Look at everything" in found.next_step


def test_keys_that_cannot_be_read(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(keys, "_keyring", KeyFile(tmp_path / "gone.key"))
    found = steps_on(world)[-1]
    assert (found.name, found.ok) == ("Settings", False)
    assert "gone.key" in found.cause
