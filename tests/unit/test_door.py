"""What the door answers, and what it keeps."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from handover.door.answers import FORBIDDEN
from handover.door.app import ANOTHER_JIRA, Door
from handover.door.arriving import MOST_BYTES
from handover.jira.signature import signed, verify
from tests.unit.door_world import ID, JIRA, PATH, SECRET, Answer, ask, comment, connect, journaled, with_door

NOBODY = f"/integration/jira-dc/connections/{UUID(int=7)}/events"
RIGHT = signed(SECRET, comment()).encode()
DEEP = b'{"issue":' * 50_000 + b"1" + b"}" * 50_000


@dataclass(frozen=True)
class Case:
    """A request and its answer. The signature is right unless another is given."""

    status: int
    body: bytes = comment()
    signature: bytes | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()
    path: str = PATH
    method: str = "POST"
    rows: int = 0


CASES = {
    "a mention": Case(200, rows=1),
    "a mention with its @ escaped": Case(200, comment().replace(b"@", b"\\u0040"), rows=1),
    "a comment deleted": Case(200, comment(webhookEvent="comment_deleted"), rows=1),
    "no mention": Case(200, comment("Looks fine to me.")),
    "an event that we do not use": Case(200, b'{"webhookEvent":"sprint_started"}'),
    "another Jira's issue": Case(200, comment(base_url="https://jira.acme.example/jira2")),
    "the issue elsewhere, the comment here": Case(
        200, comment(issue={"id": "10001", "self": "https://evil.example/rest/api/2/issue/10001"})
    ),
    "links that are no texts": Case(200, comment(issue={"id": "10001", "self": 7}), rows=1),
    "an object of no event": Case(200, b"{}"),
    "no JSON": Case(400, b"issue=PAY-1"),
    "JSON, but no object": Case(400, b"[1]"),
    "an empty body, signed": Case(400, b""),
    "not UTF-8": Case(400, b'{"webhookEvent": "\xff\xfe\xfd"}'),
    "nested deeply": Case(400, DEEP),
    "no signature": Case(403, signature=b""),
    "an empty signature": Case(403, signature=b"", headers=((b"x-hub-signature", b""),)),
    "a signature of other bytes": Case(403, signature=signed(SECRET, b"{}").encode()),
    "a signature with another secret": Case(403, signature=signed("another", comment()).encode()),
    "a signature with an empty secret": Case(403, signature=signed("", comment()).encode()),
    "a signature without its prefix": Case(403, signature=RIGHT.removeprefix(b"sha256=")),
    "a signature by another hash": Case(403, signature=b"sha1=" + b"0" * 40),
    "a signature in upper case": Case(403, signature=RIGHT.upper()),
    "a signature outside ASCII": Case(403, signature="sha256=ü€".encode()),
    "a signature that is no text": Case(403, signature=b"\xff\x00\x80"),
    "a very long signature": Case(403, signature=b"sha256=" + b"0" * 60_000),
    "two signatures, one right": Case(403, headers=((b"x-hub-signature", b"sha256=0"),)),
    "the right one twice": Case(403, headers=((b"x-hub-signature", RIGHT),)),
    "an unknown connection": Case(403, path=NOBODY),
    "a connection id in upper case": Case(403, path=PATH.replace(str(ID), "ABCDEFAB-2222-3333-4444-555555555555")),
    "no connection id at all": Case(403, path="/integration/jira-dc/connections/x/events"),
    "an unknown connection, not JSON": Case(403, b"?", path=NOBODY),
    "another path": Case(404, path=f"/integration/jira-dc/connections/{ID}/"),
    "a slash too many": Case(404, path=f"{PATH}/"),
    "GET": Case(405, method="GET"),
    "HEAD": Case(405, method="HEAD"),
    "an unheard-of method": Case(405, method="BREW"),
    "announced too large": Case(413, headers=((b"content-length", str(MOST_BYTES + 1).encode()),)),
    "announced far too large": Case(413, headers=((b"content-length", b"9" * 5_000),)),
    "one of two lengths too large": Case(413, headers=((b"content-length", b"2"), (b"content-length", b"99999999999"))),
    "the largest that is taken": Case(200, comment().ljust(MOST_BYTES), rows=1),
    "one byte more": Case(413, comment().ljust(MOST_BYTES + 1)),
    "a length that is no number": Case(200, headers=((b"content-length", b"-1"),), rows=1),
    "a length beyond ASCII": Case(200, headers=((b"content-length", "¹²³".encode()),), rows=1),
    "an empty header": Case(200, headers=((b"", b""), (b"x-event-key", b"")), rows=1),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_each_request_has_its_answer(case: Case, django_db: Path, caplog: pytest.LogCaptureFixture) -> None:
    connect()

    async def deliver(door: Door) -> Answer:
        return await ask(
            door, case.body, signature=case.signature, headers=case.headers, path=case.path, method=case.method
        )

    answer = with_door(django_db, deliver)

    headers = dict(answer.headers)
    assert answer.status == case.status, answer.body
    assert headers[b"content-type"] == b"text/plain"
    assert headers[b"content-length"] == str(len(answer.body)).encode()
    assert len(answer.body) < 120
    assert SECRET.encode() not in answer.body
    assert len(journaled()) == case.rows
    assert (headers.get(b"connection") == b"close") == (case.status == 413)
    assert not caplog.records


def test_a_delivery_is_kept_byte_for_byte(django_db: Path) -> None:
    connect()
    body = comment("@openhands ändere das\r\n") + b" \n\t"
    with_door(django_db, lambda door: ask(door, body))
    [row] = journaled()
    assert bytes(row.body) == body
    assert (row.connection_id, row.event, row.dedupe_key) == (ID, "comment_created", "comment:10001:1")
    assert (row.state, row.reason) == ("received", "")


def test_what_asks_for_nothing_is_counted_by_its_reason(django_db: Path) -> None:
    connect()

    async def deliver(door: Door) -> list[tuple[str, str, int]]:
        for body in (comment("Fine."), comment("Fine.", number=2), comment(base_url="https://other.example")):
            await ask(door, body)
        return [(kind.event, kind.reason, counted.count) for kind, counted in door.tally.counts.items()]

    counts = with_door(django_db, deliver)
    assert counts == [("comment_created", "No mention in the comment.", 2), ("comment_created", ANOTHER_JIRA, 1)]


def test_all_refusals_of_a_stranger_are_one(django_db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Byte for byte the same, after the same work: the whole body read and its signature made, with two secrets."""
    connect()
    made: list[int] = []

    def counted(secret: str, body: bytes, header: str | None) -> bool:
        made.append(len(body))
        return verify(secret, body, header)

    monkeypatch.setattr("handover.door.app.verify", counted)
    pieces = [comment()[:100], comment()[100:]]

    async def deliver(door: Door) -> list[Answer]:
        return [
            await ask(door, pieces, signature=signature, path=path)
            for path in (PATH, NOBODY)
            for signature in (b"", b"sha256=" + b"0" * 64, b"\xff")
        ]

    answers = with_door(django_db, deliver)
    assert all(answer == answers[0] for answer in answers)
    assert answers[0].body == FORBIDDEN.body["body"]
    assert made == [len(comment())] * 2 * len(answers)


def test_an_unknown_connection_cannot_be_signed_for(django_db: Path) -> None:
    connect(secret="")
    for secret in ("", SECRET):
        signature = signed(secret, comment()).encode()
        answer = with_door(django_db, lambda door, signature=signature: ask(door, comment(), signature=signature))  # type: ignore[misc]
        assert answer.status == 403


def test_too_large_in_pieces_is_refused_as_soon_as_it_is(django_db: Path) -> None:
    connect()
    pieces = [b" " * (1024 * 1024)] * 4 + [b" ", b"{}"]
    answer = with_door(django_db, lambda door: ask(door, pieces))
    assert (answer.status, answer.read) == (413, 5)


def test_announced_too_large_is_not_read_at_all(django_db: Path) -> None:
    connect()
    headers = [(b"content-length", b"5000000")]
    answer = with_door(django_db, lambda door: ask(door, comment(), headers=headers, path=NOBODY))
    assert (answer.status, answer.read) == (413, 0)


def test_a_body_in_many_pieces_is_one_body(django_db: Path) -> None:
    connect()
    pieces = [comment()[at : at + 7] for at in range(0, len(comment()), 7)]
    answer = with_door(django_db, lambda door: ask(door, [b"", *pieces, b""]))
    assert answer.status == 200
    assert bytes(journaled()[0].body) == comment()


@pytest.mark.parametrize("pieces", [[], [b""], [comment()], [comment()[:9], comment()[9:]]], ids=len)
def test_who_leaves_before_the_end_gets_nothing(pieces: list[bytes], django_db: Path) -> None:
    connect()
    answer = with_door(django_db, lambda door: ask(door, pieces, disconnect=True))
    assert answer.status == 0
    assert not journaled()


def test_a_trickled_body_is_not_waited_for(django_db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect()
    monkeypatch.setattr("handover.door.arriving.MOST_SECONDS", 0.05)
    sent: list[Any] = []

    async def trickle(door: Door) -> None:
        import asyncio

        async def receive() -> Any:
            await asyncio.sleep(0.01)
            return {"type": "http.request", "body": b" ", "more_body": True}

        async def send(message: Any) -> None:
            sent.append(message)

        scope: Any = {"type": "http", "method": "POST", "path": PATH, "headers": []}
        await door(scope, receive, send)

    with_door(django_db, trickle)
    assert sent[0]["status"] == 408


def test_a_websocket_is_refused(django_db: Path) -> None:
    sent: list[Any] = []

    async def open_socket(door: Door) -> None:
        async def receive() -> Any:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope: Any = {"type": "websocket", "path": PATH, "headers": []}
        await door(scope, receive, send)

    with_door(django_db, open_socket)
    assert [message["type"] for message in sent] == ["websocket.close"]


def test_a_journal_that_cannot_be_written_is_503_and_then_well_again(
    django_db: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from django.db import connection as database

    connect()
    caplog.set_level(logging.INFO)

    async def deliver(door: Door) -> list[int]:
        first = (await ask(door, comment(number=1))).status
        return [first, (await ask(door, comment(number=2))).status]

    with database.cursor() as cursor:
        cursor.execute("ALTER TABLE handover_delivery RENAME TO away")
    assert with_door(django_db, deliver) == [503, 503]
    assert with_door(django_db, lambda door: ask(door, comment("No."))).status == 200
    with database.cursor() as cursor:
        cursor.execute("ALTER TABLE away RENAME TO handover_delivery")
    assert with_door(django_db, deliver) == [200, 200]
    assert [row.dedupe_key for row in journaled()] == ["comment:10001:1", "comment:10001:2"]
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert JIRA not in caplog.text
    assert json.loads(bytes(journaled()[0].body))
