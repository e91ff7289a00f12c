"""The door in a real server, asked over real sockets."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path

import httpx
import pytest

from handover.door.app import Door
from handover.door.arriving import MOST_BYTES
from handover.door.connections import Connections, Stored
from handover.door.journal import Journal
from handover.door.tally import Tally
from handover.jira.signature import signed
from standins.serving import Served
from tests.unit.door_world import PATH, SECRET, comment, connect, journaled

SECONDS = 10


@contextmanager
def served(database: Path) -> Iterator[tuple[Served, Journal]]:
    connections = Connections(Stored())
    asyncio.run(connections.refresh())
    journal = Journal(database)
    with Served(Door(journal, connections, Tally())) as server:
        yield server, journal
    asyncio.run(journal.stop())


def deliver(url: str, body: bytes, *, query: str = "", client: httpx.Client | None = None) -> httpx.Response:
    headers = {"X-Hub-Signature": signed(SECRET, body), "Content-Type": "application/json"}
    with nullcontext(client) if client else a_client() as using:
        return using.post(f"{url}{PATH}{query}", content=body, headers=headers)


def a_client() -> httpx.Client:
    return httpx.Client(timeout=SECONDS, trust_env=False, verify=False)


def exchange(port: int, *pieces: bytes) -> bytes:
    """Send the pieces as they are, and read until the server closes or says nothing for a second."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        for piece in pieces:
            connection.sendall(piece)
        connection.settimeout(1)
        try:
            while piece := connection.recv(65536):
                answer += piece
        except TimeoutError:
            pass
    return answer


def head(*lines: str, method: str = "POST") -> bytes:
    return "\r\n".join(
        [f"{method} {PATH} HTTP/1.1", "Host: handover.acme.example", "Connection: close", *lines, "", ""]
    ).encode("latin-1")


def test_a_delivery_as_jira_sends_it(django_db: Path) -> None:
    connect()
    with served(django_db) as (server, _):
        answer = deliver(server.url, comment(), query="?user_id=lina&user_key=JIRAUSER10101")
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert [bytes(row.body) for row in journaled()] == [comment()]


def test_refusals_are_alike_to_the_byte(django_db: Path) -> None:
    connect()
    nobody = "/integration/jira-dc/connections/99999999-2222-3333-4444-555555555555/events"
    with served(django_db) as (server, _), a_client() as client:
        answers = [
            client.post(f"{server.url}{path}", content=comment(), headers=headers)
            for path in (PATH, nobody)
            for headers in ({}, {"X-Hub-Signature": "sha256=" + "0" * 64})
        ]
    seen = {
        (answer.status_code, answer.content, tuple(pair for pair in answer.headers.items() if pair[0] != "date"))
        for answer in answers
    }
    assert len(seen) == 1
    assert answers[0].status_code == 403


def test_announced_too_large_is_answered_before_any_of_it_comes(django_db: Path) -> None:
    connect()
    with served(django_db) as (server, _):
        answer = exchange(server.port, head(f"Content-Length: {MOST_BYTES + 1}", "Expect: 100-continue"))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer


def test_chunks_are_counted_and_the_connection_closed(django_db: Path) -> None:
    connect()
    chunk = b"%x\r\n%b\r\n" % (65536, b" " * 65536)
    with served(django_db) as (server, _):
        # As many bytes as fit, and one; the end never comes.
        chunks = [chunk] * (MOST_BYTES // 65536) + [b"1\r\n \r\n"]
        answer = exchange(server.port, head("Transfer-Encoding: chunked"), *chunks)
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_chunked_delivery_is_taken(django_db: Path) -> None:
    connect()
    body = comment()
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(body[at : at + 50]), body[at : at + 50]) for at in range(0, len(body), 50))
    lines = ("Transfer-Encoding: chunked", f"X-Hub-Signature: {signed(SECRET, body)}")
    with served(django_db) as (server, _):
        answer = exchange(server.port, head(*lines), chunks + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("sent", "status"),
    {
        "no body and no length": (head(), 403),
        "zero length": (head("Content-Length: 0"), 403),
        "two signatures": (head("X-Hub-Signature: sha256=0", "X-Hub-Signature: sha256=1", "Content-Length: 0"), 403),
        "a signature outside ASCII": (head("X-Hub-Signature: sha256=\xfc\xff", "Content-Length: 0"), 403),
        "a length that is none": (head("Content-Length: many"), 400),
        "two lengths": (head("Content-Length: 1", "Content-Length: 2"), 400),
        "a length without end": (head("Content-Length: " + "9" * 400), 400),
        "a chunk without a size": (head("Transfer-Encoding: chunked") + b"zz\r\n", 400),
        "GET": (head(method="GET"), 405),
        "DELETE": (head(method="DELETE"), 405),
        "an upgrade to a websocket": (
            head("Upgrade: websocket", "Connection: Upgrade, close", "Sec-WebSocket-Version: 13", method="GET"),
            405,
        ),
    }.values(),
)
def test_odd_requests_over_the_wire(
    sent: bytes, status: int, django_db: Path, caplog: pytest.LogCaptureFixture
) -> None:
    connect()
    with served(django_db) as (server, _):
        answer = exchange(server.port, sent)
        assert deliver(server.url, comment()).status_code == 200
    assert int(answer.split(b" ", 2)[1]) in (status, 400)
    assert not [record for record in caplog.records if record.levelname == "ERROR" or record.exc_info]


def test_clients_that_leave_are_no_trouble(django_db: Path, caplog: pytest.LogCaptureFixture) -> None:
    connect()
    body = comment()
    with served(django_db) as (server, _):
        for sent in (0, 1, len(body) - 1, len(body)):
            with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as connection:
                lines = (f"Content-Length: {len(body)}", f"X-Hub-Signature: {signed(SECRET, body)}")
                connection.sendall(head(*lines) + body[:sent])
        assert deliver(server.url, comment(number=2)).status_code == 200
    assert not [record for record in caplog.records if record.levelname == "ERROR" or record.exc_info]


def test_many_at_once_share_commits_and_none_is_lost(django_db: Path) -> None:
    connect()
    numbers = range(300)
    with served(django_db) as (server, journal), a_client() as client, ThreadPoolExecutor(30) as threads:

        def delivered(number: int) -> int:
            return deliver(server.url, comment(number=number), client=client).status_code

        answers = list(threads.map(delivered, numbers))
        commits = journal.commits
    assert answers == [200] * len(numbers)
    assert {row.dedupe_key for row in journaled()} == {f"comment:10001:{number}" for number in numbers}
    assert commits < len(numbers)


def test_what_was_answered_outlives_a_kill(django_db: Path) -> None:
    connect()
    for number in range(4):
        with started() as (process, url):
            assert deliver(url, comment(number=number)).status_code == 200
            process.send_signal(signal.SIGKILL)
        assert journaled()[-1].dedupe_key == f"comment:10001:{number}"


@contextmanager
def started() -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """A server in a process of its own, on the same database; ended at the end at the latest."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        descriptor, port = listener.fileno(), listener.getsockname()[1]
        command = [sys.executable, "-m", "bench.asgi_bare", str(descriptor)]
        process = subprocess.Popen(command, pass_fds=[descriptor], env=dict(os.environ))
    url = f"http://127.0.0.1:{port}"
    try:
        _until_known(url)
        yield process, url
    finally:
        process.kill()
        process.wait(timeout=SECONDS)


def _until_known(url: str) -> None:
    began = time.monotonic()
    while time.monotonic() < began + SECONDS:
        if deliver(url, comment("Nothing.")).status_code == 200:
            return
        time.sleep(0.05)
    raise AssertionError("The server did not get to know the connection.")
