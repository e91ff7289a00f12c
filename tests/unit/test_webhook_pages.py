"""The webhook in the settings: set up by hand, rotated and paused, by administrators alone."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from handover.connections import webhook
from handover.connections.models import Connection, DoorTally
from handover.jira.webhook_records import EVENTS
from handover.lib import clock
from handover.members.models import Member
from handover.triggers.models import Delivery
from tests.configured import add_jira
from tests.unit.webhook_world import PASSWORD, World, connected, signed_in

DEEDS = ("install", "prepare", "activate", "pause", "resume", "rotate", "rotate-in-jira")
State = Connection.Webhook

pytestmark = pytest.mark.usefixtures("django_db")


@pytest.fixture
def world(django_db: Path) -> Iterator[World]:
    with connected() as world:
        yield world


def how_it_stands(world: World) -> str:
    return world.connection.webhook_state


# Set it up in Jira myself


def test_details_are_generated_and_shown_until_the_webhook_is_active(world: World) -> None:
    assert "Generate webhook details" in world.look()
    world.ask("prepare")
    secret = world.connection.webhook_secret
    page = world.ada.get(world.page).content.decode()
    assert len(secret) >= 40
    assert all("<code id=" in page and f">{shown}</code>" in page for shown in (world.url, secret, *EVENTS))
    assert page.count("data-copy=") == 8
    assert how_it_stands(world) == "prepared"
    world.ask("activate")
    assert how_it_stands(world) == "active"
    assert world.connection.activated_at
    assert secret not in world.ada.get(world.page).content.decode()
    assert "Rotate the secret" in world.look()


def test_details_are_generated_once(world: World) -> None:
    world.ask("prepare")
    secret = world.connection.webhook_secret
    world.ask("prepare")
    assert world.connection.webhook_secret == secret


def test_nothing_is_activated_before_there_are_details(world: World) -> None:
    world.ask("activate")
    assert (how_it_stands(world), world.connection.webhook_secret) == ("none", "")


def test_details_after_activation_change_nothing(world: World) -> None:
    world.install()
    secret = world.connection.webhook_secret
    for deed in ("prepare", "activate"):
        world.ask(deed)
    assert (how_it_stands(world), world.connection.webhook_secret) == ("active", secret)


# Rotate


def test_a_secret_is_rotated_by_hand(world: World) -> None:
    world.install()
    former = world.connection.webhook_secret
    world.ask("rotate")
    connection = world.connection
    assert connection.webhook_secret != former == webhook.former_secret_of(connection)
    assert connection.former_secret_until is not None
    assert timedelta(hours=23) < connection.former_secret_until - clock.now() <= timedelta(days=1)
    assert world.hook.secret == former
    page = world.ada.get(world.page).content.decode()
    assert connection.webhook_secret in page
    assert former not in page
    assert "The secret is being rotated" in page


def test_a_rotation_under_way_is_not_begun_again(world: World) -> None:
    world.install()
    world.ask("rotate")
    secret = world.connection.webhook_secret
    world.ask("rotate")
    assert world.connection.webhook_secret == secret
    assert "A rotation is under way" in " ".join(world.told())


def test_a_rotation_that_was_given_up_can_be_begun_again(world: World) -> None:
    world.install()
    world.ask("rotate")
    secret = world.connection.webhook_secret
    Connection.objects.update(former_secret_until=clock.now() - timedelta(seconds=1))
    assert "being rotated" not in world.look()
    world.ask("rotate")
    assert world.connection.webhook_secret != secret


def test_a_secret_is_rotated_in_jira(world: World) -> None:
    world.install()
    former = world.connection.webhook_secret
    assert world.ask("rotate-in-jira", token=world.token()).status_code == 302
    assert world.connection.webhook_secret != former == webhook.former_secret_of(world.connection)
    assert (world.hook.secret, len(world.jira.hooks.all())) == (world.connection.webhook_secret, 1)


def test_a_token_that_is_refused_rotates_nothing(world: World) -> None:
    world.install()
    former = world.connection.webhook_secret
    for token in ("expired", world.jira.token_for(world.people.bot), ""):
        assert world.ask("rotate-in-jira", token=token).status_code == 422
    assert (world.connection.webhook_secret, world.connection.sealed_former_secret) == (former, "")


def test_a_rotation_whose_answer_was_lost_is_finished_by_installing(world: World) -> None:
    world.install()
    former = world.connection.webhook_secret
    world.jira.faults.add(method="PUT", path="/webhooks", lose=True, times=1)
    assert world.ask("rotate-in-jira", token=world.token()).status_code == 422
    assert world.hook.secret == former == webhook.former_secret_of(world.connection)
    world.ask("rotate-in-jira", token=world.token())
    assert world.hook.secret == world.connection.webhook_secret != former
    assert webhook.former_secret_of(world.connection) == former


def test_nothing_is_rotated_where_there_is_no_secret(world: World) -> None:
    assert not webhook.rotate(world.connection)


# Pause


def test_a_pause_says_how_many_requests_wait(world: World) -> None:
    world.install()
    world.ask("pause")
    assert (how_it_stands(world), "No request waits." in world.look()) == ("paused", True)
    for number in range(2):
        Delivery.objects.create(
            connection=world.connection,
            received_at=clock.now(),
            event="comment_created",
            body=b"{}",
            dedupe_key=str(number),
        )
    assert "2 requests wait." in world.look()
    world.ask("resume")
    assert how_it_stands(world) == "active"


@pytest.mark.parametrize("state", [State.NONE, State.PREPARED])
def test_what_is_not_active_is_neither_paused_nor_resumed(world: World, state: str) -> None:
    Connection.objects.filter(id=world.connection.id).update(webhook_state=state)
    for deed in ("pause", "resume"):
        world.ask(deed)
        assert how_it_stands(world) == state


# What has arrived


def test_the_last_delivery_and_later_refusals_are_told(world: World) -> None:
    world.install()
    assert "No delivery with a right signature has arrived yet." in world.look()
    at = clock.now()
    kinds = {"connection_id": world.connection.id, "event": "", "first_at": at}
    DoorTally.objects.create(outcome="refused", reason="no signature", count=3, last_at=at, **kinds)
    assert "3 deliveries were refused: no signature." in world.look()
    later = at + timedelta(seconds=1)
    DoorTally.objects.create(outcome="ignored", reason="No mention in the comment.", count=1, last_at=later, **kinds)
    assert "Last delivery with a right signature:" in world.look()
    assert "refused" not in world.look()


# Who may


def test_who_is_no_administrator_sees_and_does_none_of_it(world: World) -> None:
    world.ask("prepare")
    secret = world.connection.webhook_secret
    lina = signed_in(Member.objects.create_user("lina", password=PASSWORD))
    page = lina.get(reverse("jira-dc")).content.decode()
    assert "Webhook" not in page
    assert secret not in page
    assert lina.get(world.page).status_code == 403
    for deed in DEEDS:
        assert world.ask(deed, by=lina, token=world.token()).status_code == 403
        assert lina.get(f"{world.page}/{deed}").status_code in (403, 405)
    assert (how_it_stands(world), world.connection.webhook_secret) == ("prepared", secret)
    assert world.jira.hooks.all() == []


def test_who_is_not_signed_in_is_asked_to(world: World) -> None:
    for address in (world.page, *(f"{world.page}/{deed}" for deed in DEEDS)):
        for answer in (Client().get(address), Client().post(address, {"token": "x"})):
            assert answer.status_code == 302
            assert answer.headers["Location"].startswith("/sign-in?")


def test_a_form_of_another_site_is_refused(world: World) -> None:
    ada = signed_in(Member.objects.get(username="ada"), enforce_csrf_checks=True)
    for deed in DEEDS:
        assert world.ask(deed, by=ada, token=world.token()).status_code == 403
    assert how_it_stands(world) == "none"
    assert world.jira.hooks.all() == []


def test_nothing_changes_by_looking(world: World) -> None:
    for deed in DEEDS:
        assert world.ada.get(f"{world.page}/{deed}").status_code == 405
    assert how_it_stands(world) == "none"


def test_the_block_is_on_the_page_of_the_integration(world: World) -> None:
    world.ask("prepare")
    page = world.ada.get(reverse("jira-dc")).content.decode()
    assert f'id="webhook-{world.connection.id}"' in page
    assert world.connection.webhook_secret in page
    assert re.search(r'src="/static/copy[^"]*\.js"', page)


def test_a_disabled_integration_has_no_webhook_to_set_up(world: World) -> None:
    page = world.page
    add_jira(world.base_url, enabled=False)
    assert world.ada.get(page).status_code == 404
    assert world.ada.post(f"{page}/prepare").status_code == 404


def test_each_connection_has_its_own_webhook(world: World) -> None:
    with connected(base_path="") as other:
        world.install()
        assert (how_it_stands(world), how_it_stands(other)) == ("active", "none")
        other.install()
        assert world.url != other.url
        assert (world.hook.secret, other.hook.secret) == (
            world.connection.webhook_secret,
            other.connection.webhook_secret,
        )
        assert world.hook.secret != other.hook.secret
        assert len(world.jira.hooks.all()) == len(other.jira.hooks.all()) == 1
        page = world.ada.get(reverse("jira-dc")).content.decode()
        assert all(f'id="webhook-{one.connection.id}"' in page for one in (world, other))


def test_a_secret_that_cannot_be_read_is_said(world: World) -> None:
    world.ask("prepare")
    Connection.objects.filter(id=world.connection.id).update(sealed_webhook_secret="unreadable")
    assert "sealed with a key that is not set here" in world.look()
    assert world.install().status_code == 422
