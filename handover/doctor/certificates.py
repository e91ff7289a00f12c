"""When certificates end: those that servers show, and those that are uploaded. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from cryptography import x509

from handover.doctor.chains import TRUSTED_CAS
from handover.doctor.checks import Check, Symptom, fine, to_the_minute, wrong
from handover.lib.tls import certificates_in, title

ENDS, UPLOADED = "Certificates end", "Uploaded CA certificates"
SOON = timedelta(days=14)


def of_chain(chain: Sequence[x509.Certificate], url: str, *, now: datetime) -> list[Check]:
    """Whether a server's certificates last; nothing where it showed none, or one that has ended: that is told."""
    first = min(chain, key=lambda certificate: certificate.not_valid_after_utc, default=None)
    if first is None or first.not_valid_after_utc <= now:
        return []
    told = f"{title(first.subject)} ends on {to_the_minute(first.not_valid_after_utc)}"
    if first.not_valid_after_utc - now > SOON:
        return [fine(Symptom.TLS, f"{ENDS}: {url}", f"{told}.")]
    cause = f"{told}. From then on the connection fails."
    return [wrong(Symptom.TLS, f"{ENDS}: {url}", cause=cause, next_step="Renew it on that server.")]


def of_uploaded(pem: str, *, now: datetime) -> list[Check]:
    """Whether the uploaded CAs can be read and last; nothing where none is uploaded."""
    if not pem:
        return []
    try:
        uploaded = certificates_in(pem)
    except ValueError as error:
        step = f"Upload it anew, in PEM form: {TRUSTED_CAS}."
        return [wrong(Symptom.TLS, UPLOADED, cause=f"One cannot be read: {error}.", next_step=step)]
    if ending := [_told(one, now) for one in uploaded if one.not_valid_after_utc - now <= SOON]:
        step = f"Upload its successor, and take the old one out: {TRUSTED_CAS}."
        return [wrong(Symptom.TLS, UPLOADED, cause=" ".join(ending), next_step=step)]
    return [fine(Symptom.TLS, UPLOADED, _listed(uploaded))]


def _told(certificate: x509.Certificate, now: datetime) -> str:
    ends = certificate.not_valid_after_utc
    return (
        f"The uploaded CA {title(certificate.subject)} {'expired' if ends <= now else 'ends'} on {to_the_minute(ends)}."
    )


def _listed(uploaded: Iterable[x509.Certificate]) -> str:
    return "; ".join(f"{title(one.subject)}, until {to_the_minute(one.not_valid_after_utc)}" for one in uploaded) + "."
