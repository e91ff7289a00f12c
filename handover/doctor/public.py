"""Whether our public URL leads here, and how requests through it arrive."""

import hmac
import json
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from handover import settings
from handover.doctor.checks import Check, Symptom, fine, wrong
from handover.doctor.reaching import Walk, walk
from handover.doctor.serverinfo import same_address
from handover.lib import addresses, clock
from handover.lib.http import bounded

PATH = "/doctor/seen"
REACHABLE, HEADERS, PLACE = "Public URL", "Proxy headers", "Public URL for Jira"
MOST_BYTES = 64 * 1024


@dataclass(frozen=True)
class Seen:
    """A request of the doctor's as it arrived here. `proof` shows that it was here."""

    scheme: str
    host: str
    proof: str


def proof_of(nonce: str) -> str:
    """What only this installation answers to the nonce."""
    return hmac.digest(settings.SECRET_KEY.encode(), f"doctor seen {nonce}".encode(), "sha256").hex()


async def checks_of(*, http: httpx.AsyncClient, ca_pem: str) -> tuple[Walk, list[Check]]:
    """The way to our own public URL from this machine, and what came of a request to it."""
    way = await walk(settings.PUBLIC_URL, ca_pem=ca_pem, own=None, now=clock.now())
    if not way.arrived:
        last = way.checks[-1]
        step = f"Start Handover, or mend what stands before it. {last.next_step}"
        return way, [wrong(Symptom.ARRIVING, _name(REACHABLE), cause=last.cause, next_step=step)]
    return way, await _asked(http)


def for_jira(base_url: str) -> Check:
    """Whether Jira, elsewhere, can know our public URL."""
    name = f"{PLACE}: {base_url}"
    ours, theirs = (addresses.literal_of(_host(url)) for url in (settings.PUBLIC_URL, base_url))
    local = _host(settings.PUBLIC_URL) == "localhost" or (ours is not None and ours.is_loopback)
    beside = _host(base_url) == "localhost" or (theirs is not None and theirs.is_loopback)
    if not local or beside:
        return fine(Symptom.ARRIVING, name, f"Jira delivers to {settings.PUBLIC_URL}.")
    cause = f"The public URL is {settings.PUBLIC_URL}: on Jira's machine that is Jira's machine itself."
    step = "Set HANDOVER_PUBLIC_URL to the address by which Jira and people reach Handover, and start it anew."
    return wrong(Symptom.ARRIVING, name, cause=cause, next_step=step)


def judged(seen: Seen | None, nonce: str, status: int, location: str) -> list[Check]:
    """What the answer of our own public URL tells."""
    if seen is None or not hmac.compare_digest(seen.proof, proof_of(nonce)):
        return [_elsewhere(status, location)]
    return [fine(Symptom.ARRIVING, _name(REACHABLE), "It leads here, from this machine."), _headers(seen)]


def _headers(seen: Seen) -> Check:
    arrives = f"{seen.scheme}://{seen.host}"
    if same_address(arrives, _origin(settings.PUBLIC_URL)):
        return fine(Symptom.OAUTH, HEADERS, f"Requests arrive as {arrives}.")
    cause = f"Requests to {settings.PUBLIC_URL} arrive here as {arrives}: sign-in is sent back to a wrong address."
    step = "Let the proxy before Handover pass on the header Host as it came, and set X-Forwarded-Proto to https."
    return wrong(Symptom.OAUTH, HEADERS, cause=cause, next_step=step)


def _elsewhere(status: int, location: str) -> Check:
    to = f" and redirects to {location[:200]}" if location else ""
    cause = f"Something else than this Handover answers at the public URL, with {status}{to}: a proxy, or a sign-in."
    step = f"Let the proxy pass everything below {settings.PUBLIC_URL}/ on to Handover, without a sign-in of its own."
    return wrong(Symptom.ARRIVING, _name(REACHABLE), cause=cause, next_step=step)


async def _asked(http: httpx.AsyncClient) -> list[Check]:
    nonce = secrets.token_hex(16)
    request = http.build_request("GET", f"{settings.PUBLIC_URL}{PATH}", params={"nonce": nonce})
    try:
        response = await bounded(http, request, most_bytes=MOST_BYTES)
    except httpx.RequestError as error:
        cause = f"The public URL gives no answer: {str(error) or type(error).__name__}"
        step = "Start Handover, or mend what stands before it."
        return [wrong(Symptom.ARRIVING, _name(REACHABLE), cause=cause, next_step=step)]
    return judged(_read(response), nonce, response.status_code, response.headers.get("Location", ""))


def _read(response: httpx.Response) -> Seen | None:
    try:
        told = json.loads(response.content)
        return Seen(str(told["scheme"]), str(told["host"]), str(told["proof"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _name(what: str) -> str:
    return f"{what}: {settings.PUBLIC_URL}"


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
