"""Whatever is sent: an answer below 500, and nothing in the log."""

import asyncio
import json
import logging
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handover.door.app import Door
from handover.door.connections import Connections, Known
from handover.door.journal import Journal
from handover.door.tally import Tally
from handover.jira.signature import signed
from handover.triggers.reading import Watch
from tests.unit.door_world import ID, JIRA, PATH, SECRET, Answer, ask, connect

KNOWN = Known(id=ID, secret=SECRET, watch=Watch("@openhands", "openhands", "openhands", "JIRAUSER10001"), links=JIRA)
EXAMPLES = settings(
    max_examples=100,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NAMES = st.sampled_from(
    (
        *("webhookEvent", "issue_event_type_name", "issue", "comment", "user", "changelog", "items", "id", "key"),
        *("self", "fields", "labels", "body", "author", "updateAuthor", "name", "field", "fromString", "toString"),
    )
)
TEXTS = st.sampled_from(
    (
        *("comment_created", "comment_updated", "comment_deleted", "issue_commented", "labels", "10001", "PAY-1"),
        *("jira:issue_created", "jira:issue_updated", "jira:issue_deleted", "openhands", "JIRAUSER10001"),
        *(f"{JIRA}/rest/api/2/issue/10001/comment/1", "@openhands fix it", "[~openhands] do", "{quote}"),
        *("", "\0", "\ud800", "\udc00"),
    )
)
LEAVES = TEXTS | st.text(max_size=20) | st.integers() | st.floats() | st.booleans() | st.none()
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=8), max_leaves=30
)
EVENTS = st.dictionaries(NAMES, VALUES, max_size=8)
HEADER_NAMES = st.sampled_from([b"x-hub-signature", b"content-length", b"transfer-encoding", b"", b"\xff"])
HEADERS = st.lists(st.tuples(HEADER_NAMES | st.binary(max_size=12), st.binary(max_size=80)), max_size=6)
PATHS = st.sampled_from([PATH, PATH[:-1], PATH + "/events"]) | st.text(max_size=80).map(
    lambda text: f"/integration/jira-dc/connections/{text}/events"
)


def asked(database: Path, body: bytes, signature: bytes, headers: list[tuple[bytes, bytes]], path: str) -> Answer:
    async def ask_once() -> Answer:
        connections = Connections(lambda: {PATH: KNOWN})
        await connections.refresh()
        journal = Journal(database)
        try:
            pieces = [body[: len(body) // 2], body[len(body) // 2 :]]
            return await ask(
                Door(journal, connections, Tally()), pieces, signature=signature, headers=headers, path=path
            )
        finally:
            await journal.stop()

    return asyncio.run(ask_once())


@pytest.fixture
def connected(django_db: Path) -> Path:
    connect()
    return django_db


@EXAMPLES
@given(body=st.binary(max_size=300), signature=st.binary(max_size=90), headers=HEADERS, path=PATHS)
def test_what_is_not_signed_never_gets_further(
    connected: Path,
    caplog: pytest.LogCaptureFixture,
    body: bytes,
    signature: bytes,
    headers: list[tuple[bytes, bytes]],
    path: str,
) -> None:
    answer = asked(connected, body, signature, headers, path)
    assert answer.status in (403, 404, 413)
    assert not caplog.records


@EXAMPLES
@given(body=st.binary(max_size=300) | EVENTS.map(lambda event: json.dumps(event).encode()))
def test_what_is_signed_is_taken_or_no_json(connected: Path, caplog: pytest.LogCaptureFixture, body: bytes) -> None:
    caplog.set_level(logging.INFO)
    answer = asked(connected, body, signed(SECRET, body).encode(), [], PATH)
    assert answer.status in (200, 400)
    assert not [record for record in caplog.records if record.name.startswith("handover")]


@EXAMPLES
@given(event=EVENTS)
def test_an_object_is_always_taken(connected: Path, event: dict[str, object]) -> None:
    body = json.dumps(event).encode()
    assert asked(connected, body, signed(SECRET, body).encode(), [], PATH).status == 200
