"""Which journaled deliveries become runs, and when: a paused connection's wait, a disabled one's never do."""

from pathlib import Path
from uuid import UUID

import pytest

from handover.connections import webhook
from handover.connections.models import Connection
from handover.door.app import Door
from handover.runs.intake import _waiting, act_on
from handover.runs.models import Run
from handover.triggers.models import Delivery
from tests.configured import add_jira
from tests.unit.door_world import ID, JIRA, ask, comment, connect, with_door


def delivered(database: Path, *bodies: bytes) -> None:
    async def deliver(door: Door) -> None:
        for body in bodies:
            assert (await ask(door, body)).status == 200

    with_door(database, deliver)


def taken_in() -> list[Run]:
    """The runs that all begins which waits now."""
    return [run for delivery in _waiting() if (run := act_on(delivery))]


@pytest.fixture
def connection(django_db: Path) -> Connection:
    return connect()


def test_a_paused_connection_keeps_its_requests_until_it_is_resumed(django_db: Path, connection: Connection) -> None:
    assert webhook.pause(connection)
    delivered(django_db, comment(number=1), comment("Fine.", number=2), comment(number=3))
    assert taken_in() == []
    assert [row.state for row in Delivery.objects.all()] == ["received", "received"]
    assert webhook.resume(connection)
    assert [run.dedupe_key for run in taken_in()] == ["comment:10001:1", "comment:10001:3"]
    assert taken_in() == []


def test_another_connection_goes_on_meanwhile(django_db: Path, connection: Connection) -> None:
    other = connect(id=UUID(int=2), base_url="https://other.acme.example")
    webhook.pause(connection)
    for row in (connection, other):
        Delivery.objects.create(
            connection=row, received_at="2026-09-21T10:00:00Z", event="comment_created", body=comment(), dedupe_key="x"
        )
    assert [run.connection_id for run in taken_in()] == [other.id]


def test_a_comment_deleted_during_the_pause_starts_nothing_that_lasts(django_db: Path, connection: Connection) -> None:
    webhook.pause(connection)
    delivered(django_db, comment(number=1), comment(number=1, webhookEvent="comment_deleted"))
    webhook.resume(connection)
    [run] = taken_in()
    run.refresh_from_db()
    assert run.stop_asked_by == "The comment was deleted."


def test_what_waits_when_the_integration_is_disabled_starts_nothing(django_db: Path, connection: Connection) -> None:
    delivered(django_db, comment())
    add_jira(JIRA, enabled=False)
    assert taken_in() == []
    [row] = Delivery.objects.all()
    assert (row.state, row.reason) == ("ignored", "integration disabled")


def test_what_became_a_test_meanwhile_starts_nothing(django_db: Path, connection: Connection) -> None:
    # Journaled as a request by Lina, read again when the bot is known to be her.
    delivered(django_db, comment(f"@openhands handover-test:{'0' * 32}"))
    Connection.objects.filter(id=ID).update(bot_key="JIRAUSER10101")
    assert taken_in() == []
    assert [row.state for row in Delivery.objects.all()] == ["ignored"]
