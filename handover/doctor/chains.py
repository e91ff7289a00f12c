"""What is wrong with a server's certificates, in sentences: which one, and which CA to upload."""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import AuthorityInformationAccessOID

from handover.doctor.checks import to_the_minute
from handover.lib.tls import Fault, Shown, all_names, fingerprint, names, title

TRUSTED_CAS = "Console › Additional Trusted CA Certificates"
# X509_V_ERR_…: https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
NOT_YET_VALID, EXPIRED, SELF_SIGNED, UNKNOWN_ROOT = 9, 10, 18, 19
ISSUER_MISSING = (2, 20, 21, 27)
OTHER = {
    7: "has a signature that is not its issuer's",
    23: "was revoked",
    24: "signs others, but is no CA's",
    25: "stands further below its root than that allows",
    26: "is not meant for servers",
    66: "has a key that is too weak",
    68: "is signed in a way that is too weak (SHA-1 or MD5)",
}


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, what to do, and the certificate that would help if it were uploaded, where sent."""

    cause: str
    next_step: str
    upload: x509.Certificate | None = None


def problems_of(shown: Shown, host: str, *, now: datetime) -> tuple[Problem, ...]:
    """All that is wrong, in the order in which it is best mended; nothing where the chain is sound."""
    found = [] if not shown.chain or names(shown.chain[0], host) else [_another_host(shown.chain[0], host)]
    explained: set[bytes] = set()
    for fault in shown.faults:
        # Of one certificate, what is said first causes the rest; out of date is out of date for itself.
        key = fault.certificate.fingerprint(hashes.SHA256()) + bytes([fault.code in (NOT_YET_VALID, EXPIRED)])
        if key not in explained:
            explained.add(key)
            found.append(_explained(fault, shown, host, now))
    return tuple(found)


def _explained(fault: Fault, shown: Shown, host: str, now: datetime) -> Problem:
    whose = _whose(fault)
    certificate = fault.certificate
    match fault.code:
        case code if code == EXPIRED:
            ended = to_the_minute(certificate.not_valid_after_utc)
            step = f"Renew it on {host}." if fault.depth == 0 else f"Renew it, or upload its successor: {TRUSTED_CAS}."
            return Problem(f"{whose} expired on {ended}.", step)
        case code if code == NOT_YET_VALID:
            begins = to_the_minute(certificate.not_valid_before_utc)
            step = f"Compare the clocks: here it is {to_the_minute(now)}. If they agree, wait, or renew it."
            return Problem(f"{whose} is valid only from {begins}.", step)
        case code if code == SELF_SIGNED:
            return _self_signed(certificate, whose)
        case code if code == UNKNOWN_ROOT:
            cause = f"The chain ends in the CA {title(certificate.subject)}, which is not trusted here."
            return Problem(cause, _upload(certificate), certificate)
        case code if code in ISSUER_MISSING:
            return _issuer_missing(certificate, shown, whose, host)
    said = OTHER.get(fault.code, f"is not accepted (OpenSSL's error {fault.code})")
    return Problem(f"{whose} {said}.", f"Give {host} a certificate that is in order.")


def _self_signed(certificate: x509.Certificate, whose: str) -> Problem:
    step = f"{_upload(certificate)} Better still, let a CA of yours issue the server's certificate."
    return Problem(f"{whose} is self-signed: no CA issued it.", step, certificate)


def _issuer_missing(certificate: x509.Certificate, shown: Shown, whose: str, host: str) -> Problem:
    issuer = title(certificate.issuer)
    sent = f"{host} sends {_count(shown)}"
    cause = f"{whose} was issued by {issuer}, which is not trusted here and which {host} does not send. {sent}."
    at = _offered_at(certificate)
    where = f" It is offered at {at}." if at else ""
    step = (
        f"If {issuer} is an intermediate CA, let {host} send its certificate after its own (the full chain). "
        f"Otherwise upload the certificate of {issuer}: {TRUSTED_CAS}.{where}"
    )
    return Problem(cause, step)


def _another_host(certificate: x509.Certificate, host: str) -> Problem:
    names = ", ".join(all_names(certificate)[:10]) or "no host at all"
    step = f"Use an address that the certificate names, or give the server a certificate that names {host}."
    return Problem(f"The server's certificate is for {names}, not for {host}.", step)


def _whose(fault: Fault) -> str:
    subject = title(fault.certificate.subject)
    return f"The server's certificate {subject}" if fault.depth == 0 else f"The CA certificate {subject}"


def _upload(certificate: x509.Certificate) -> str:
    subject = title(certificate.subject)
    compare = f"after comparing its SHA-256 fingerprint {fingerprint(certificate)} with what its owner says."
    return f"Upload the certificate {subject} ({TRUSTED_CAS}), {compare}"


def _count(shown: Shown) -> str:
    sent = len(shown.chain)
    return "its own certificate alone" if sent == 1 else f"a chain of {sent} certificates"


def _offered_at(certificate: x509.Certificate) -> str:
    """Where the issuer's certificate is offered, by the certificate itself; "" where it does not say."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, ValueError):
        return ""
    places = (
        entry.access_location for entry in access if entry.access_method == AuthorityInformationAccessOID.CA_ISSUERS
    )
    return next((str(place.value)[:200] for place in places if isinstance(place, x509.UniformResourceIdentifier)), "")
