"""What is in front of the pages: how much of a body anybody may send."""

import socket
import tempfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from handover.asgi import MOST_BYTES
from tests.doctor.world import Handover

CHUNK = b"%x\r\n%b\r\n" % (65536, b"x" * 65536)


def exchanged(port: int, head: str, *pieces: bytes) -> bytes:
    """Send these as they are, and read until the server closes or says nothing for a second."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(f"{head}\r\nHost: handover.acme.example\r\n\r\n".encode())
        for piece in pieces:
            connection.sendall(piece)
        connection.settimeout(1)
        try:
            while piece := connection.recv(65536):
                answer += piece
        except TimeoutError:
            pass
    return answer


@pytest.mark.parametrize("path", ["/sign-in", "/nothing-here", "/console/trust", "/static/handover.css"])
def test_a_body_that_is_too_large_is_refused_as_soon_as_it_is_announced(django_db: Path, path: str) -> None:
    with Handover() as handover:
        answer = exchanged(handover.port, f"POST {path} HTTP/1.1\r\nContent-Length: {MOST_BYTES + 1}")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer and b"larger than 8 MiB" in answer


@pytest.mark.parametrize("length", ["9" * 5000, "9" * 30])
def test_a_length_beyond_all_numbers_is_refused(django_db: Path, length: str) -> None:
    with Handover() as handover:
        answer = exchanged(handover.port, f"POST /sign-in HTTP/1.1\r\nContent-Length: {length}")
    assert answer.split(b" ")[1] in (b"413", b"400")


def test_an_endless_body_is_cut_off_and_nothing_of_it_is_kept(
    django_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Handover() as handover:
        # As many bytes as fit, and one; the end never comes.
        pieces = [CHUNK] * (MOST_BYTES // 65536) + [b"1\r\nx\r\n"]
        answer = exchanged(handover.port, "POST /nothing-here HTTP/1.1\r\nTransfer-Encoding: chunked", *pieces)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert list(tmp_path.iterdir()) == []


def test_who_guesses_is_counted_by_the_address_that_the_proxy_tells(django_db: Path) -> None:
    def tried(client: httpx.Client, name: str) -> str:
        page = client.get("/sign-in").text
        token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        sent = {"csrfmiddlewaretoken": token, "login": name, "password": "wrong wrong"}
        return client.post("/sign-in", data=sent).text

    with Handover() as handover:
        base: Any = {"base_url": handover.url, "trust_env": False, "timeout": 20}
        with httpx.Client(**base, headers={"X-Forwarded-For": "203.0.113.9"}) as guesser:
            for number in range(30):
                tried(guesser, f"name-{number}")
            assert "tried too often" in tried(guesser, "ada")
        with httpx.Client(**base, headers={"X-Forwarded-For": "198.51.100.7"}) as another:
            assert "The name or the password is not right." in tried(another, "ada")


def test_what_fits_is_looked_at(django_db: Path) -> None:
    with Handover() as handover, httpx.Client(base_url=handover.url, trust_env=False, timeout=20) as client:
        whole = {"files": ("ca.pem", b"x" * (MOST_BYTES - 1000))}
        assert client.post("/sign-in", files=whole).status_code == 403
        assert client.get("/sign-in").status_code == 200
