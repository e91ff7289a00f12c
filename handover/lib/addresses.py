"""The addresses that Handover sends nothing to: its own, and those that mean something to one machine alone.

Who may write a base URL chooses where our requests go. Loopback and private networks are where an organisation's Jira
may well be; a machine's link-local services, which give credentials to whoever asks from inside, are not.
"""

import ipaddress
import re
import socket
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

IP = IPv4Address | IPv6Address

# What inet_aton reads as an address, and so do resolvers: decimal, octal and hexadecimal parts, one to four of them.
OLD_SPELLING = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+)){0,3}", re.ASCII | re.IGNORECASE)
PORTS = {"http": 80, "https": 443}
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052
THIS_NETWORK = ipaddress.IPv4Network("0.0.0.0/8")
BROADCAST = IPv4Address("255.255.255.255")
COMPATIBLE = ipaddress.IPv6Network("::/96")  # RFC 4291, 2.5.5.1
# Clouds' instance services that are not link-local by their number: AWS, Google, Alibaba, Azure.
METADATA = frozenset(
    ipaddress.ip_address(address) for address in ("fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16")
)
FORBIDDEN: tuple[tuple[Callable[[IP], bool], str], ...] = (
    (lambda ip: ip.is_link_local or ip in METADATA, "where cloud machines answer with credentials (link-local)"),
    (lambda ip: ip.is_unspecified or ip in THIS_NETWORK, "which names no machine (unspecified)"),
    (lambda ip: ip.is_multicast or ip == BROADCAST, "which names many machines (multicast)"),
)


@dataclass(frozen=True)
class Own:
    """Where this installation answers itself: for people, and on its machine. A `port` of 0 is not known."""

    public_url: str
    host: str
    port: int


def refusal_of(url: str, *, own: Own | None, resolved: Iterable[IP] = ()) -> str | None:
    """Why nothing is sent to `url`, whose name leads to the addresses `resolved`; None where nothing forbids it."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        host, port = "", 0
    if not host:
        return f"{url[:200]} is no address. Write it like https://jira.example.com."
    return refusal_at(host, port, own=own, resolved=resolved)


def refusal_at(host: str, port: int, *, own: Own | None, resolved: Iterable[IP] = ()) -> str | None:
    """The same for a host and a port."""
    if own and (_plain(host), port) == _place(own.public_url):
        return f"{host} is where Handover itself is reached (HANDOVER_PUBLIC_URL). Give the other system's address."
    literal = literal_of(host)
    for ip in [literal] if literal else resolved:
        if refusal := _refusal_of_ip(host, ip, port, own):
            return refusal
    return None


def literal_of(host: str) -> IP | None:
    """The address that `host` spells out, in any spelling that a resolver takes; None where it is a name."""
    plain = _plain(host).strip("[]").partition("%")[0]
    if OLD_SPELLING.fullmatch(plain):
        try:
            return IPv4Address(socket.inet_aton(plain))
        except OSError:
            return None
    try:
        return ipaddress.ip_address(plain)
    except ValueError:
        return None


def resolved(host: str, port: int) -> tuple[IP, ...]:
    """Where the name leads from here, asked now; nothing where it does not resolve: a proxy may know it."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(ipaddress.ip_address(str(address[0]).partition("%")[0]) for *_, address in found)


def checked_address(url: str, *, own: Own | None) -> str | None:
    """Why `url` is refused as the address of another system, asking the resolver; None where it may be kept."""
    if refusal := refusal_of(url, own=own):
        return refusal
    parts = urlsplit(url)
    found = resolved(parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0))
    return refusal_of(url, own=own, resolved=found)


def on_this_machine(ip: IP) -> bool:
    """Whether an interface of this machine has the address: only such a one can be bound."""
    family = socket.AF_INET6 if ip.version == 6 else socket.AF_INET
    try:
        with closing(socket.socket(family, socket.SOCK_DGRAM)) as probe:
            probe.bind((str(ip), 0))
    except OSError:
        return False
    return True


def _refusal_of_ip(host: str, ip: IP, port: int, own: Own | None) -> str | None:
    leads = host if host == str(ip) else f"{host} leads to {ip}"
    for real in _meant(ip):
        for forbids, words in FORBIDDEN:
            if forbids(real):
                return f"{leads}, {words}. Handover sends nothing there."
        if own and own.port == port and _listens(own.host, real):
            return f"{leads}, port {port}, where Handover itself listens. Give the other system's address."
    return None


def _meant(ip: IP) -> Iterator[IP]:
    """The address, and the IPv4 address that it carries where it carries one."""
    yield ip
    if isinstance(ip, IPv4Address):
        return
    within = IPv4Address(int(ip) & 0xFFFFFFFF) if ip in NAT64 or (ip in COMPATIBLE and int(ip) > 1) else None
    for carried in (ip.ipv4_mapped, ip.sixtofour, within):
        if carried is not None:
            yield carried


def _listens(at: str, ip: IP) -> bool:
    listening = literal_of(at)
    if listening is None:
        return ip.is_loopback
    return on_this_machine(ip) if listening.is_unspecified else listening == ip


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return _plain(parts.hostname or ""), parts.port or PORTS.get(parts.scheme, 0)


def _plain(host: str) -> str:
    """The host as a resolver takes it: in small ASCII letters where other forms of them are written."""
    return unicodedata.normalize("NFKC", host).lower().rstrip(".")
