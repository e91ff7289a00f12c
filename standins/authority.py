"""A company's own certificate authority: a root, an intermediate, and what they sign, in good order or not."""

import ipaddress
import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOSTS = ("127.0.0.1", "localhost")
LIFE = timedelta(days=365)


@dataclass(frozen=True)
class Identity:
    """What a server shows of itself: the PEM files of its chain, leaf first, and of its key."""

    chain: Path
    key: Path


@dataclass(frozen=True)
class _Signer:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return _pem(self.certificate)


class Authority:
    """A private CA, whose files lie in `folder`. `Served(app, tls=authority.identity())` serves with it."""

    def __init__(self, folder: Path, *, name: str = "Acme") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._numbers = itertools.count(1)
        self._root = _authority(f"{name} Root CA", by=None)
        self._intermediate = _authority(f"{name} Issuing CA", by=self._root)

    @property
    def root_pem(self) -> str:
        """What has to be trusted."""
        return self._root.pem

    @property
    def intermediate_pem(self) -> str:
        """What signs leaves in the root's name."""
        return self._intermediate.pem

    def root_file(self) -> Path:
        """The root as a PEM file."""
        file = self._folder / "root.pem"
        file.write_text(self.root_pem, encoding="ascii")
        return file

    def identity(
        self,
        *,
        hosts: tuple[str, ...] = HOSTS,
        ends_in: timedelta = timedelta(days=30),
        by_intermediate: bool = False,
        whole_chain: bool = True,
        self_signed: bool = False,
    ) -> Identity:
        """A server's certificate for `hosts`, names or addresses.

        `ends_in` below zero is expired; `whole_chain=False` leaves the intermediate out; `self_signed` is by no CA.
        """
        key = _new_key()
        signer = None if self_signed else self._intermediate if by_intermediate else self._root
        chain = _pem(_leaf(key, hosts, datetime.now(UTC) + ends_in, by=signer))
        if by_intermediate and whole_chain:
            chain += self.intermediate_pem
        made = self._folder / f"server-{next(self._numbers)}"
        identity = Identity(made.with_suffix(".pem"), made.with_suffix(".key"))
        identity.chain.write_text(chain, encoding="ascii")
        identity.key.write_bytes(_private_pem(key))
        return identity


def _authority(name: str, *, by: _Signer | None) -> _Signer:
    key = _new_key()
    usage = _usage(signs_certificates=True)
    built = (
        _begun(name, key, datetime.now(UTC) + LIFE, by=by)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None if by is None else 0), critical=True)
        .add_extension(usage, critical=True)
    )
    return _Signer(built.sign(by.key if by else key, hashes.SHA256()), key)


def _leaf(
    key: ec.EllipticCurvePrivateKey, hosts: tuple[str, ...], ends: datetime, *, by: _Signer | None
) -> x509.Certificate:
    built = (
        _begun(hosts[0], key, ends, by=by)
        .add_extension(x509.SubjectAlternativeName([_alternative(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    return built.sign(by.key if by else key, hashes.SHA256())


def _begun(
    name: str, key: ec.EllipticCurvePrivateKey, ends: datetime, *, by: _Signer | None
) -> x509.CertificateBuilder:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer_key = (by.key if by else key).public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ends - 2 * LIFE)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption())
