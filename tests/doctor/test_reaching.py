"""The way to a Jira: its name, TCP, a proxy, TLS. Each fault is really there, and found with what to do."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from handover import settings
from handover.configuration import network
from handover.doctor import reaching
from handover.doctor.reaching import proxy_for, walk
from handover.lib import clock
from handover.lib.addresses import Own
from standins.authority import Authority, Identity
from tests.doctor.test_faults import a_closed_port
from tests.doctor.world import World, served

TLS = "Certificates (TLS)"


@pytest.fixture
def world(django_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(settings, "PUBLIC_URL", settings.PUBLIC_URL)
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with served(World(tmp_path), monkeypatch) as world:
        yield world


def wrong(world: World, name: str, cause: str, next_step: str) -> None:
    """This check fails, with these words, and nothing else does."""
    (found,) = world.wrong()
    assert found.name.startswith(name)
    assert cause in found.cause
    assert next_step in found.next_step


BASE_URLS: dict[str, tuple[Callable[[World], str], str, str, str]] = {
    "DNS does not know the name": (
        lambda world: "http://jira.acme.invalid/jira",
        "Name (DNS)",
        "does not know the name jira.acme.invalid",
        "Check the spelling",
    ),
    "connection refused": (
        lambda world: f"{a_closed_port()}/jira",
        "Connection (TCP)",
        "refuses connections at port",
        "Check the port",
    ),
    "https where there is none": (
        lambda world: world.base_url.replace("http:", "https:"),
        TLS,
        "does not speak TLS at this port",
        "write http:// in the address",
    ),
}


@pytest.mark.parametrize("case", BASE_URLS)
def test_a_base_url_that_leads_to_no_jira(world: World, case: str) -> None:
    base_url, name, cause, next_step = BASE_URLS[case]
    world.configure(base_url=base_url(world))
    found = next(check for check in world.wrong() if check.name.startswith(name))
    assert cause in found.cause
    assert next_step in found.next_step


@pytest.mark.parametrize("url", ["http://169.254.169.254/jira", "http://0xa9fea9fe/jira", "http://[fe80::1]/jira"])
def test_no_way_leads_to_link_local(url: str) -> None:
    (found,) = asyncio.run(walk(url, ca_pem="", own=None, now=clock.now())).checks
    assert "link-local" in found.cause
    assert found.next_step == "Correct the base URL."


def test_a_base_url_that_leads_to_ourselves(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was fine when it was saved, and the name leads elsewhere since."""
    port = int(settings.PUBLIC_URL.rpartition(":")[2])
    world.configure(base_url=f"http://localhost:{port}/jira")
    monkeypatch.setattr(network, "OWN", Own("https://handover.acme.example", "127.0.0.1", port))
    found = next(check for check in world.wrong() if check.name.startswith("Address"))
    assert "Handover itself listens" in found.cause


def test_a_port_that_answers_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "CONNECT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        world.configure(base_url=f"https://127.0.0.1:{silent.getsockname()[1]}/jira")
        found = next(check for check in world.wrong() if check.name.startswith(TLS))
    assert "broke the TLS session off" in found.cause


Make = Callable[[Authority], Identity]
CERTIFICATES: dict[str, tuple[Make, bool, str, str]] = {
    "unknown CA": (lambda ca: ca.identity(), False, "CN=Acme Root CA", "upload the certificate of CN=Acme Root CA"),
    "expired": (lambda ca: ca.identity(ends_in=timedelta(days=-1)), True, "expired on", "Renew it"),
    "another host": (
        lambda ca: ca.identity(hosts=("jira.acme.example",)),
        True,
        "for jira.acme.example, not for 127.0.0.1",
        "an address that the certificate names",
    ),
    "missing intermediate": (
        lambda ca: ca.identity(by_intermediate=True, whole_chain=False),
        True,
        "CN=Acme Issuing CA, which is not trusted here and which 127.0.0.1 does not send",
        "let 127.0.0.1 send its certificate",
    ),
    "self-signed": (lambda ca: ca.identity(self_signed=True), True, "is self-signed", "SHA-256 fingerprint"),
}


@pytest.mark.parametrize("case", CERTIFICATES)
def test_certificates_of_jira(django_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    make, trusted, cause, next_step = CERTIFICATES[case]
    world = World(tmp_path)
    with served(world, monkeypatch, jira_tls=make(world.authority)):
        if not trusted:
            world.fields["trust"] = {"certificates": ""}
            world.configure()
        wrong(world, TLS, cause, next_step)


def test_certificates_in_order_and_ending_soon(
    django_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)
    with served(world, monkeypatch, jira_tls=world.authority.identity(by_intermediate=True)):
        assert world.wrong() == []
        assert "ends on" in world.named("Certificates end").found
    world = World(tmp_path)
    with served(world, monkeypatch, jira_tls=world.authority.identity(ends_in=timedelta(days=3))):
        wrong(world, "Certificates end", "From then on the connection fails", "Renew it")
        assert world.named("Service account's token").ok


def test_http_where_there_is_tls(django_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path)
    with served(world, monkeypatch, jira_tls=world.authority.identity()):
        world.configure(base_url=world.base_url.replace("https:", "http:"))
        found = next(check for check in world.wrong() if check.name.startswith("Answer (HTTP)"))
        assert "write https://" in found.next_step


def as_plain_http(app: Any) -> Any:
    """A proxy that ends TLS and does not say so."""

    async def unsaid(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "scheme": "http"} if scope["type"] == "http" else scope, receive, send)

    return unsaid


def test_a_proxy_that_hides_https(django_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path)
    with served(world, monkeypatch, own_tls=world.authority.identity(), around=as_plain_http):
        wrong(world, "Proxy headers", "arrive here as http://127.0.0.1", "X-Forwarded-Proto")


def test_a_public_url_over_tls(django_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path)
    with served(world, monkeypatch, own_tls=world.authority.identity()):
        assert world.wrong() == []


class Proxy:
    """A proxy for CONNECT that answers `status`, and tunnels where that is 200."""

    def __init__(self, status: int) -> None:
        self._status = status
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.asked: list[str] = []

    def serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(client,), daemon=True).start()

    def _one(self, client: socket.socket) -> None:
        with closing(client):
            target = client.recv(65_536).split()[1].decode()
            self.asked.append(target)
            client.sendall(f"HTTP/1.1 {self._status} So\r\n\r\n".encode())
            if self._status == 200:
                host, _, port = target.partition(":")
                with closing(socket.create_connection((host, int(port)))) as server:
                    back = threading.Thread(target=_pump, args=(server, client), daemon=True)
                    back.start()
                    _pump(client, server)
                    back.join(5)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while piece := source.recv(65_536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


@contextmanager
def proxying(monkeypatch: pytest.MonkeyPatch, status: int) -> Iterator[Proxy]:
    proxy = Proxy(status)
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join(5)


def test_a_proxy_that_lets_us_through(django_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path)
    identity = world.authority.identity()
    with served(world, monkeypatch, jira_tls=identity), proxying(monkeypatch, 200) as proxy:
        assert world.wrong() == []
        assert proxy.asked


def test_a_proxy_that_refuses(django_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path)
    with served(world, monkeypatch, jira_tls=world.authority.identity()), proxying(monkeypatch, 403):
        wrong(world, "Proxy:", "does not let us through to 127.0.0.1: it answers 403", "NO_PROXY")


def test_a_proxy_that_is_not_there(django_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path)
    with served(world, monkeypatch, jira_tls=world.authority.identity()):
        monkeypatch.setenv("HTTPS_PROXY", a_closed_port())
        wrong(world, "Proxy:", "refuses connections", "the proxy http://127.0.0.1")


PROXIES = {
    "none": ({}, "https", ""),
    "for https": ({"HTTPS_PROXY": "http://proxy.acme.example:3128"}, "https", "http://proxy.acme.example:3128"),
    "for https, and it is http": ({"HTTPS_PROXY": "http://proxy.acme.example:3128"}, "http", ""),
    "for all": ({"ALL_PROXY": "proxy.acme.example:3128"}, "https", "http://proxy.acme.example:3128"),
    "but not for this": (
        {"HTTPS_PROXY": "http://proxy.acme.example:3128", "NO_PROXY": "acme.example"},
        "https",
        "",
    ),
}


@pytest.mark.parametrize("case", PROXIES)
def test_which_proxy_is_used(monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    named, scheme, proxy = PROXIES[case]
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(scheme, "jira.acme.example") == proxy
