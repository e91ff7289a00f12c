"""What a server shows of itself over TLS, and what OpenSSL says against it."""

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from OpenSSL import SSL, crypto

from handover.lib.http import PEM

MOST_BYTES = 1024 * 1024
Noted = Callable[[SSL.Connection, crypto.X509, int, int, int], bool]


class NoTls(Exception):
    """No TLS session came about. The message is a sentence."""


@dataclass(frozen=True)
class Fault:
    """What OpenSSL says against one certificate. `depth` 0 is the server's own."""

    code: int
    depth: int
    certificate: x509.Certificate


@dataclass(frozen=True)
class Shown:
    """The chain as the server sent it, its own certificate first, and what is wrong by the CAs that are trusted."""

    chain: tuple[x509.Certificate, ...]
    faults: tuple[Fault, ...]


def certificates_in(pem: str) -> tuple[x509.Certificate, ...]:
    """The certificates of a PEM text, in its order. Raises ValueError where one cannot be read."""
    return tuple(x509.load_pem_x509_certificate(block.encode("ascii")) for block in PEM.findall(pem))


def look(connected: socket.socket, host: str, *, ca_pem: str, seconds: float) -> Shown:
    """Shake hands on a connected socket, whatever is wrong. Sends nothing. Blocks. Raises NoTls, OSError."""
    faults: list[Fault] = []

    def noted(_: SSL.Connection, certificate: crypto.X509, code: int, depth: int, fine: int) -> bool:
        if not fine:
            faults.append(Fault(code, depth, certificate.to_cryptography()))
        return True

    session = SSL.Connection(_context(ca_pem, noted), None)
    if not _is_ip(host):
        session.set_tlsext_host_name(host.encode("idna"))
    session.set_connect_state()
    _shake_hands(session, connected, until=time.monotonic() + seconds)
    return Shown(tuple(session.get_peer_cert_chain(as_cryptography=True) or ()), tuple(faults))


def title(name: x509.Name) -> str:
    """A subject or an issuer, as people write it."""
    return name.rfc4514_string()[:200] or "(no name)"


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256, as browsers show it."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def all_names(certificate: x509.Certificate) -> list[str]:
    """The hosts and addresses that the certificate is for."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    hosts = names.get_values_for_type(x509.DNSName)
    return [*hosts, *map(str, names.get_values_for_type(x509.IPAddress))]


def names(certificate: x509.Certificate, host: str) -> bool:
    """Whether the certificate is for the host: RFC 6125, as Python's ssl has it; a star is one whole label."""
    wanted = host.lower().rstrip(".")
    if _is_ip(wanted):
        return str(ipaddress.ip_address(wanted)) in all_names(certificate)
    wanted = wanted.encode("idna").decode("ascii")
    rest = wanted.partition(".")[2]
    return any(name.lower() in (wanted, f"*.{rest}" if rest else wanted) for name in all_names(certificate))


def _context(ca_pem: str, noted: Noted) -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    paths = ssl.get_default_verify_paths()
    if paths.cafile or paths.capath:
        context.load_verify_locations(paths.cafile, paths.capath)
    store = context.get_cert_store()
    if store is not None:
        for certificate in certificates_in(ca_pem):
            store.add_cert(crypto.X509.from_cryptography(certificate))
        store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)  # as lib/http.py trusts
    context.set_verify(SSL.VERIFY_PEER, noted)
    return context


def _shake_hands(session: SSL.Connection, connected: socket.socket, *, until: float) -> None:
    came = 0
    while came < MOST_BYTES:
        try:
            session.do_handshake()
        except SSL.WantReadError:
            pass
        except SSL.Error as error:
            raise NoTls(_not_tls(error)) from error
        else:
            _flush(session, connected)
            return
        _flush(session, connected)
        connected.settimeout(max(0.01, until - time.monotonic()))
        received = connected.recv(65_536)
        if not received:
            raise NoTls("The connection was closed before a TLS session came about.")
        came += len(received)
        session.bio_write(received)
    raise NoTls("The other side sends without end instead of beginning a TLS session.")


def _flush(session: SSL.Connection, connected: socket.socket) -> None:
    try:
        while waiting := session.bio_read(65_536):
            connected.sendall(waiting)
    except SSL.WantReadError:
        return


def _not_tls(error: SSL.Error) -> str:
    words = ", ".join(part[-1] for part in error.args[0]) if error.args and error.args[0] else "no reason given"
    if "wrong version number" in words or "http request" in words or "packet length" in words:
        return "The other side does not speak TLS at this port."
    return f"No TLS session came about: {words}."


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
