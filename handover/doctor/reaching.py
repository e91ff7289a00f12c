"""The way to a base URL, step by step: its name, the proxy, TCP, TLS. No credential and no request goes along."""

import asyncio
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from cryptography import x509

from handover.doctor.chains import problems_of
from handover.doctor.checks import Check, Symptom, fine, wrong
from handover.lib import addresses, tls
from handover.lib.addresses import Own

CONNECT_SECONDS = 5.0
MOST_HEADER = 16_384


@dataclass(frozen=True)
class Place:
    """Where a URL leads: straight, or through a proxy for it that the machine's environment names."""

    url: str
    secure: bool
    host: str
    port: int
    proxy: str = ""

    @property
    def first(self) -> tuple[str, int]:
        """Host and port of what is connected to."""
        if not self.proxy:
            return self.host, self.port
        parts = urlsplit(self.proxy)
        return parts.hostname or "", parts.port or addresses.PORTS.get(parts.scheme, 1080)


@dataclass
class Walk:
    """How far the way goes. The last check is the one that failed, if one did."""

    about: str
    checks: list[Check] = field(default_factory=list)
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def arrived(self) -> bool:
        """Whether a request can be made."""
        return all(check.ok for check in self.checks)

    def passed(self, step: str, found: str, symptom: Symptom = Symptom.CONNECTION) -> None:
        """One step done."""
        self.checks.append(fine(symptom, f"{step}: {self.about}", found))

    def failed(self, step: str, cause: str, next_step: str, symptom: Symptom = Symptom.CONNECTION) -> "Stopped":
        """The step at which it ends. Raise what this returns."""
        self.checks.append(wrong(symptom, f"{step}: {self.about}", cause=cause, next_step=next_step))
        return Stopped()


class Stopped(Exception):
    """The way ends here."""


async def walk(url: str, *, ca_pem: str, own: Own | None, now: datetime) -> Walk:
    """Go the way to `url`, some ten seconds at most where the resolver is quick."""
    return await asyncio.to_thread(_walk, url, ca_pem, own, now)


def _walk(url: str, ca_pem: str, own: Own | None, now: datetime) -> Walk:
    way = Walk(url)
    try:
        place = _place(way, url)
        _name(way, place, own)
        with _connected(way, place) as connected:
            if place.secure:
                _tunnelled(way, place, connected)
                _certificates(way, place, connected, ca_pem, now)
    except Stopped:
        pass
    return way


def _place(way: Walk, url: str) -> Place:
    parts = urlsplit(url)
    if parts.scheme not in addresses.PORTS or not parts.hostname:
        raise way.failed("Address", f"{url} is no address.", "Write it like https://jira.example.com.")
    port = parts.port or addresses.PORTS[parts.scheme]
    return Place(url, parts.scheme == "https", parts.hostname, port, proxy_for(parts.scheme, parts.hostname))


def proxy_for(scheme: str, host: str) -> str:
    """The proxy that HTTPS_PROXY and the like name for this host; "" where none does."""
    if urllib.request.proxy_bypass(host):
        return ""
    named = urllib.request.getproxies()
    proxy = named.get(scheme) or named.get("all") or ""
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def _name(way: Walk, place: Place, own: Own | None) -> None:
    if refusal := addresses.refusal_at(place.host, place.port, own=own):
        raise way.failed("Address", refusal, "Correct the base URL.")
    host, port = place.first
    found = addresses.resolved(host, port)
    if not found:
        raise way.failed("Name (DNS)", f"This machine does not know the name {host}.", _name_step(place, host))
    if not place.proxy and (refusal := addresses.refusal_at(host, port, own=own, resolved=found)):
        raise way.failed("Address", refusal, "Correct the base URL, or what the name leads to.")
    if addresses.literal_of(host) is None:
        way.passed("Name (DNS)", f"{host} is {', '.join(dict.fromkeys(map(str, found)))}.")


def _name_step(place: Place, host: str) -> str:
    if place.proxy:
        return "Correct the proxy's name in HTTPS_PROXY or HTTP_PROXY, or add it to this machine's DNS."
    return (
        f"Check the spelling of {host} and this machine's resolver (/etc/resolv.conf). "
        "If only a proxy knows the name, set HTTPS_PROXY."
    )


@contextmanager
def _connected(way: Walk, place: Place) -> Iterator[socket.socket]:
    host, port = place.first
    step, whose = ("Proxy", f"the proxy {_shown(place.proxy)}") if place.proxy else ("Connection (TCP)", host)
    try:
        connected = socket.create_connection((host, port), timeout=CONNECT_SECONDS)
    except TimeoutError:
        cause = f"Nothing answers at {host}, port {port}, within {CONNECT_SECONDS:.0f} seconds."
        raise way.failed(step, cause, _blocked_step(place, whose)) from None
    except ConnectionRefusedError:
        cause = f"{host} refuses connections at port {port}: nothing listens there."
        raise way.failed(step, cause, f"Check the port in the address, and that {whose} is running.") from None
    except OSError as error:
        cause = f"{host}, port {port}, cannot be reached: {error.strerror or error}."
        raise way.failed(step, cause, _blocked_step(place, whose)) from None
    with closing(connected):
        way.passed(step, f"Port {port} of {host} answers.")
        yield connected


def _blocked_step(place: Place, whose: str) -> str:
    if place.proxy:
        return f"Check that {whose} runs and lets this machine in, or add {place.host} to NO_PROXY."
    return f"Let a firewall open the way from this machine to {whose}, port {place.port}, or name a proxy: HTTPS_PROXY."


def _tunnelled(way: Walk, place: Place, connected: socket.socket) -> None:
    """Ask the proxy for the way through, without credentials of ours. Only plain HTTP proxies are asked so."""
    if not place.proxy:
        return
    if urlsplit(place.proxy).scheme != "http":
        # What stands behind is told by the request that follows.
        raise Stopped
    try:
        connected.sendall(
            f"CONNECT {place.host}:{place.port} HTTP/1.1\r\nHost: {place.host}:{place.port}\r\n\r\n".encode()
        )
        status = _status_of(connected)
    except OSError as error:
        cause = f"The proxy {_shown(place.proxy)} gave no answer: {error}."
        raise way.failed("Proxy", cause, f"Check the proxy, or add {place.host} to NO_PROXY.") from None
    if status == 407:
        # It wants credentials, which the client has from the environment and this look does not send.
        raise Stopped
    if status != 200:
        said = status or "nothing"
        cause = f"The proxy {_shown(place.proxy)} does not let us through to {place.host}: it answers {said}."
        step = f"Let the proxy allow {place.host}, port {place.port}, or add {place.host} to NO_PROXY."
        raise way.failed("Proxy", cause, step)


def _status_of(connected: socket.socket) -> int:
    came = b""
    while b"\r\n\r\n" not in came and len(came) < MOST_HEADER:
        received = connected.recv(4096)
        if not received:
            break
        came += received
    words = came.split(b"\r\n", 1)[0].split()
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0


def _certificates(way: Walk, place: Place, connected: socket.socket, ca_pem: str, now: datetime) -> None:
    try:
        shown = tls.look(connected, place.host, ca_pem=ca_pem, seconds=CONNECT_SECONDS)
    except tls.NoTls as refusal:
        step = (
            f"If {place.host} speaks plain HTTP at port {place.port}, write http:// in the address; else mend its TLS."
        )
        raise way.failed("Certificates (TLS)", str(refusal), step, Symptom.TLS) from None
    except OSError as error:
        cause = f"{place.host} broke the TLS session off: {error}."
        raise way.failed("Certificates (TLS)", cause, f"Look into the log of {place.host}.", Symptom.TLS) from None
    way.chain = shown.chain
    if problems := problems_of(shown, place.host, now=now):
        causes, steps = ([getattr(one, part) for one in problems] for part in ("cause", "next_step"))
        raise way.failed("Certificates (TLS)", " ".join(causes), " ".join(steps), Symptom.TLS)
    way.passed("Certificates (TLS)", f"{len(shown.chain)} sent, all in order.", Symptom.TLS)


def _shown(proxy: str) -> str:
    """The proxy's address without the credentials that may stand in it."""
    parts = urlsplit(proxy)
    return f"{parts.scheme}://{parts.hostname}:{parts.port}" if parts.port else f"{parts.scheme}://{parts.hostname}"
