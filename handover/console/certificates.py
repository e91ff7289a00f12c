"""Additional Trusted CA Certificates: what each is, added from files or pasted, removed one by one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from handover.configuration import changes, store
from handover.configuration.checked import MOST_PEM
from handover.configuration.declared import Trust
from handover.configuration.documents import Entry
from handover.configuration.forms import form_of
from handover.console.asked import name_of, version_of
from handover.lib import clock
from handover.members.administrators import administrators_only

SOON = timedelta(days=30)


@dataclass(frozen=True)
class Authority:
    """One certificate, as people compare it."""

    subject: str
    issuer: str
    until: datetime
    fingerprint: str
    standing: str
    word: str
    pem: str


@dataclass
class _Asked:
    """What came of a request to change them."""

    pasted: str = ""
    problems: tuple[str, ...] = ()
    conflict: str = ""


def parsed(pem: str) -> list[Authority]:
    """The certificates of the configuration."""
    return [_authority(one) for one in x509.load_pem_x509_certificates(pem.encode())] if pem else []


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def certificates(request: HttpRequest) -> HttpResponse:
    """The list, with a form to add."""
    entry = store.reading().entries["trust"][0]
    if request.method != "POST":
        return _page(request, entry, _Asked())
    before = parsed(entry.value.certificates)
    if gone := request.POST.get("remove"):
        return _save(request, entry, [one.pem for one in before if one.fingerprint != gone], _Asked())
    asked = _Asked(pasted=request.POST.get("pasted", "")[:MOST_PEM])
    try:
        added = "\n".join([asked.pasted, *_files(request)])
    except ValidationError as error:
        asked.problems = tuple(error.messages)
        return _page(request, entry, asked)
    if not added.strip():
        asked.problems = ("Choose a file, or paste a certificate.",)
        return _page(request, entry, asked)
    return _save(request, entry, [*(one.pem for one in before), added], asked)


def _files(request: HttpRequest) -> list[str]:
    texts = []
    for file in request.FILES.getlist("files"):
        if (file.size or 0) > MOST_PEM:
            raise ValidationError(f"{file.name} is larger than a megabyte.")
        try:
            texts.append(file.read().decode("ascii"))
        except UnicodeDecodeError as error:
            raise ValidationError(
                f"{file.name} is no PEM. Where it is in DER form, turn it: openssl x509 -inform der -in FILE."
            ) from error
    return texts


def _save(request: HttpRequest, entry: Entry, texts: list[str], asked: _Asked) -> HttpResponse:
    from handover.console.views import taken_up

    once = "\n".join(dict.fromkeys(texts))
    form = form_of("trust")({"certificates": once}, entry)
    if not form.is_valid():
        asked.problems = tuple(str(error) for errors in form.errors.values() for error in errors)
        return _page(request, entry, asked)
    try:
        store.write(changes.single("trust", form.stored), by=name_of(request), after=version_of(request))
    except store.Conflict as conflict:
        asked.conflict = conflict.by
        return _page(request, entry, asked)
    messages.success(request, taken_up())
    return redirect("console-certificates")


def _page(request: HttpRequest, entry: Entry, asked: _Asked) -> HttpResponse:
    context = {
        "kind": Trust,
        "certificates": parsed(entry.value.certificates),
        "after": store.current().number,
        "lock": entry.locks.get("certificates", ""),
        "pasted": asked.pasted,
        "problems": asked.problems,
        "conflict": asked.conflict,
    }
    return render(request, "console/certificates.html", context)


def _authority(found: x509.Certificate) -> Authority:
    until = found.not_valid_after_utc
    standing, word = _standing(found)
    return Authority(
        subject=found.subject.rfc4514_string(),
        issuer=found.issuer.rfc4514_string() if found.issuer != found.subject else "itself (a root)",
        until=until,
        fingerprint=found.fingerprint(hashes.SHA256()).hex(),
        standing=standing,
        word=word,
        pem=found.public_bytes(Encoding.PEM).decode(),
    )


def _standing(found: x509.Certificate) -> tuple[str, str]:
    now = clock.now()
    if now > found.not_valid_after_utc:
        return "bad", "Expired"
    if now < found.not_valid_before_utc:
        return "bad", "Not valid yet"
    if not _is_authority(found):
        return "care", "No authority: a server's own certificate"
    return ("care", "Expires soon") if found.not_valid_after_utc - now < SOON else ("good", "Trusted")


def _is_authority(found: x509.Certificate) -> bool:
    try:
        return bool(found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return found.issuer == found.subject
