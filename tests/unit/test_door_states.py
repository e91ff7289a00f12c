"""What the door does with a right signature in each state of a connection, and by which secret it is right."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from handover.connections import reasons, webhook
from handover.connections.models import Connection, DoorTally
from handover.door.app import Door
from handover.door.connections import Connections, Known, Stored
from handover.door.journal import Journal
from handover.door.keeping import Keeping
from handover.door.tally import Tally
from handover.jira.signature import signed
from handover.lib import clock
from tests.configured import add_jira
from tests.unit.door_world import ID, JIRA, PATH, SECRET, Answer, ask, comment, connect, journaled, with_door

BOT = {"name": "openhands", "key": "JIRAUSER10001", "displayName": "OpenHands"}
TOKEN = "0123456789abcdef" * 2
State = Connection.Webhook


def in_state(state: str, **fields: Any) -> None:
    connect()
    Connection.objects.update(webhook_state=state, **fields)


def deliver(database: Path, *bodies: bytes, signature: bytes | None = None) -> list[Answer]:
    async def delivered(door: Door) -> list[Answer]:
        return [await ask(door, body, signature=signature) for body in bodies]

    return with_door(database, delivered)


def rows() -> list[tuple[str, str, str, bool]]:
    return [(row.dedupe_key, row.state, row.reason, bool(row.body)) for row in journaled()]


@pytest.mark.parametrize("state", [State.ACTIVE, State.PAUSED])
def test_what_asks_waits_to_be_taken_in(django_db: Path, state: str) -> None:
    in_state(state)
    [asked, other] = deliver(django_db, comment(), comment("Fine.", number=2))
    assert (asked.status, other.status) == (200, 200)
    assert rows() == [("comment:10001:1", "received", "", True)]


@pytest.mark.parametrize("state", [State.PREPARED, State.NONE])
def test_before_it_is_active_all_is_journaled_and_nothing_waits(django_db: Path, state: str) -> None:
    in_state(state)
    deleted = comment(webhookEvent="comment_deleted")
    answers = deliver(django_db, comment(), comment("Fine.", number=2), deleted, b'{"webhookEvent":"sprint_started"}')
    assert [answer.status for answer in answers] == [200] * 4
    assert rows() == [
        ("comment:10001:1", "ignored", "not active yet", True),
        ("comment:10001:2", "ignored", "not active yet", False),
        ("comment-deleted:10001:1", "ignored", "not active yet", True),
        ("", "ignored", "not active yet", False),
    ]


@pytest.mark.parametrize("state", [State.ACTIVE, State.PAUSED, State.PREPARED])
def test_a_disabled_integration_is_recorded_as_such(django_db: Path, state: str) -> None:
    in_state(state)
    add_jira(JIRA, enabled=False)
    [answer] = deliver(django_db, comment())
    assert answer.status == 200
    assert rows() == [("comment:10001:1", "ignored", "integration disabled", True)]


def test_a_connection_that_is_no_longer_configured_is_disabled(django_db: Path) -> None:
    from tests.configured import configured

    in_state(State.ACTIVE)
    configured(jira=[])
    [answer] = deliver(django_db, comment())
    assert (answer.status, rows()[0][2]) == (200, "integration disabled")


@pytest.mark.parametrize("state", [State.PREPARED, State.ACTIVE, State.PAUSED])
def test_a_wrong_signature_is_refused_in_every_state(django_db: Path, state: str) -> None:
    in_state(state)
    [answer] = deliver(django_db, comment(), signature=signed("another", comment()).encode())
    assert (answer.status, rows()) == (403, [])


def test_an_unused_webhook_does_not_fill_the_disk(django_db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handover.door.app.MOST_RESTING", 3)
    in_state(State.PREPARED)

    async def delivered(door: Door) -> int:
        for number in range(5):
            assert (await ask(door, comment(number=number))).status == 200
        [counted] = door.tally.counts.values()
        return counted.count

    assert with_door(django_db, delivered) == 5
    assert len(rows()) == 3


def a_test(text: str = f"handover-test:{TOKEN}", author: object = BOT, **more: object) -> bytes:
    about = f"{JIRA}/rest/api/2/issue/10001"
    said = {"self": f"{about}/comment/7", "id": "7", "author": author, "body": text}
    fields: dict[str, Any] = {"comment": said, **more}
    return comment(**fields)


@pytest.mark.parametrize("state", [State.PREPARED, State.ACTIVE, State.PAUSED])
def test_a_test_delivery_is_kept_in_every_state_and_starts_nothing(django_db: Path, state: str) -> None:
    from handover.triggers.arrivals import arrived_at

    in_state(state)
    before = clock.now()
    deliver(django_db, a_test(), a_test(webhookEvent="jira:issue_updated", issue_event_type_name="issue_commented"))
    assert rows() == [(f"test:{TOKEN}", "ignored", "test delivery", True)] * 2
    first = journaled()[0]
    assert before <= first.received_at == arrived_at(ID, TOKEN)
    assert arrived_at(ID, TOKEN[::-1]) is None
    assert arrived_at(UUID(int=7), TOKEN) is None


NO_TESTS = {
    "by somebody else": a_test(author={"name": "mallory", "key": "JIRAUSER10666"}),
    "anonymous": a_test(author=None),
    "an edit": a_test(webhookEvent="comment_updated"),
    "deleted": a_test(webhookEvent="comment_deleted"),
    "too short": a_test(f"handover-test:{TOKEN[:-1]}"),
    "too long": a_test(f"handover-test:{TOKEN}0"),
    "in capitals": a_test(f"handover-test:{TOKEN.upper()}"),
    "of another Jira": a_test(issue={"id": "1", "self": "https://evil.example/rest/api/2/issue/1"}),
}


@pytest.mark.parametrize("body", NO_TESTS.values(), ids=NO_TESTS.keys())
def test_only_the_bots_new_comment_is_a_test(django_db: Path, body: bytes) -> None:
    in_state(State.ACTIVE)
    deliver(django_db, body)
    assert rows() == []


def test_a_mention_beside_another_persons_mark_still_asks(django_db: Path) -> None:
    in_state(State.ACTIVE)
    deliver(django_db, comment(f"@openhands what is handover-test:{TOKEN}?"))
    assert rows() == [("comment:10001:1", "received", "", True)]


# Rotation


def rotated(*, ago: timedelta = timedelta()) -> tuple[str, str]:
    """A connection whose secret was rotated so long ago: the former and the new secret."""
    connection = connect()
    assert webhook.rotate(connection)
    Connection.objects.update(former_secret_until=clock.now() + webhook.FORMER_HOLDS - ago)
    return SECRET, connection.webhook_secret


def playing(database: Path, use: Callable[["Stage"], Any]) -> Any:
    async def played() -> Any:
        connections, tally, journal = Connections(Stored()), Tally(), Journal(database)
        await connections.refresh()
        try:
            return await use(Stage(Door(journal, connections, tally), connections, Keeping(connections, tally)))
        finally:
            await journal.stop()

    return asyncio.run(played())


class Stage:
    """A door, and what is done beside it every second."""

    def __init__(self, door: Door, connections: Connections, keeping: Keeping) -> None:
        self.door, self.connections, self.keeping = door, connections, keeping

    async def sent(self, secret: str, number: int = 1) -> int:
        """The answer to a mention that is signed so."""
        body = comment(number=number)
        return (await ask(self.door, body, signature=signed(secret, body).encode())).status

    @property
    def known(self) -> Known:
        return self.connections.at(PATH)


def test_both_secrets_hold_until_the_first_delivery_with_the_new_one(django_db: Path) -> None:
    former, new = rotated()

    async def use(stage: Stage) -> list[int]:
        said = [await stage.sent(former, 1), await stage.sent(former, 2), await stage.sent(new, 3)]
        return [*said, await stage.sent(former, 4), await stage.sent(new, 5)]

    assert playing(django_db, use) == [200, 200, 200, 403, 200]


def test_what_was_signed_with_the_former_secret_cannot_be_replayed_after_it(django_db: Path) -> None:
    former, new = rotated()

    async def use(stage: Stage) -> list[int]:
        said = [await stage.sent(former, 1), await stage.sent(new, 2), await stage.sent(former, 1)]
        await stage.keeping.once()
        return [*said, await stage.sent(former, 1)]

    assert playing(django_db, use) == [200, 200, 403, 403]
    assert [row[0] for row in rows()] == ["comment:10001:1", "comment:10001:2"]


def test_the_former_secret_is_forgotten_off_the_hot_path(django_db: Path) -> None:
    former, new = rotated()

    async def use(stage: Stage) -> int:
        await stage.sent(new)
        await stage.keeping.once()
        assert stage.known.former_until == 0
        return await stage.sent(former)

    assert playing(django_db, use) == 403
    connection = Connection.objects.get()
    assert (connection.sealed_former_secret, connection.former_secret_until) == ("", None)
    assert connection.webhook_secret == new


def test_a_refresh_before_it_is_forgotten_does_not_bring_it_back(django_db: Path) -> None:
    former, new = rotated()

    async def use(stage: Stage) -> list[int]:
        await stage.sent(new)
        await stage.connections.refresh()
        return [await stage.sent(former), await stage.sent(new)]

    assert playing(django_db, use) == [403, 200]


def test_after_a_day_the_former_secret_no_longer_holds(django_db: Path) -> None:
    former, new = rotated(ago=timedelta(days=1, seconds=1))

    async def use(stage: Stage) -> list[int]:
        said = [await stage.sent(former), await stage.sent(new)]
        await stage.keeping.once()
        return said

    assert playing(django_db, use) == [403, 200]
    assert [(tally.reason, tally.count) for tally in DoorTally.objects.all()] == [(reasons.FORMER_SECRET, 1)]


def test_a_later_rotation_is_not_ended_by_an_earlier_one(django_db: Path) -> None:
    _, new = rotated()

    async def use(stage: Stage) -> int:
        from asgiref.sync import sync_to_async

        await stage.sent(new)
        await stage.keeping.once()
        assert await sync_to_async(webhook.rotate)(await Connection.objects.aget())
        await stage.keeping.once()
        return await stage.sent(new)

    assert playing(django_db, use) == 200
    assert Connection.objects.get().sealed_former_secret


def test_each_connection_has_its_own_secret(django_db: Path) -> None:
    connect()
    other = connect(id=UUID(int=2), base_url="https://other.acme.example", secret="the other's")
    bodies = {PATH: comment(), other.events_path: comment(base_url="https://other.acme.example")}

    async def use(door: Door) -> list[int]:
        return [
            (await ask(door, body, path=path, signature=signed(secret, body).encode())).status
            for path, body in bodies.items()
            for secret in (SECRET, "the other's")
        ]

    assert with_door(django_db, use) == [200, 403, 403, 200]
    assert [row.connection_id for row in journaled()] == [ID, UUID(int=2)]
