"""Asks what is at a Jira's base URL, and where Jira is if not there."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import httpx

from handover.doctor.checks import Check, Symptom, fine, to_the_second, wrong
from handover.doctor.serverinfo import PATH, Said, Unlike, judged, places, same_address
from handover.lib import clock
from handover.lib.http import bounded

MOST_BYTES = 1024 * 1024
# Jira's tokens, signatures and certificates bear a minute; more is a clock that nobody keeps.
MOST_APART = timedelta(seconds=60)
MOST_PLACES = 5
FIRST_THAT_SIGNS = 10
ANSWER, ADDRESS, CLOCKS = "Answer (HTTP)", "Jira's own base URL", "Clocks"
API = "API for webhooks"


@dataclass(frozen=True)
class Answered:
    """What came of asking: the checks, and Jira's words where it is one."""

    checks: tuple[Check, ...]
    said: Said | None = None


async def ask(base_url: str, *, http: httpx.AsyncClient) -> Answered:
    """Ask the base URL whether a Jira is there. Without a credential: Jira tells this to anyone."""
    name = f"{ANSWER}: {base_url}"
    before = clock.now()
    try:
        said = judged(await _get(http, f"{base_url}{PATH}"), base_url)
    except httpx.RequestError as error:
        return Answered((_silent(name, base_url, error),))
    middle = before + (clock.now() - before) / 2
    if isinstance(said, Unlike):
        said = await _found_elsewhere(said, base_url, http=http)
        return Answered((wrong(Symptom.CONNECTION, name, cause=said.cause, next_step=said.next_step),))
    checks = (
        fine(Symptom.CONNECTION, name, f"{said.words}."),
        own_address(said, base_url),
        clocks(said, base_url, ours=middle),
        line(said, base_url),
    )
    return Answered(checks, said)


def own_address(said: Said, base_url: str) -> Check:
    """Whether Jira calls itself what we call it: the links in its deliveries begin so."""
    name = f"{ADDRESS}: {base_url}"
    if same_address(said.base_url, base_url):
        return fine(Symptom.CONNECTION, name, "The same as here.")
    cause = (
        f"Jira calls itself {said.base_url or 'nothing'}, and here it is {base_url}. "
        "What it delivers links to that other address and is taken for another Jira's."
    )
    step = (
        f"Use {said.base_url} as the base URL here, or correct it in Jira: "
        "Administration › System › General configuration › Base URL."
    )
    return wrong(Symptom.CONNECTION, name, cause=cause, next_step=step)


def line(said: Said, base_url: str) -> Check:
    """Whether this line of Jira has webhooks that can be installed from here, and that are signed."""
    name = f"{API}: {base_url}"
    if said.line >= FIRST_THAT_SIGNS:
        return fine(Symptom.SETUP, name, f"{said.words} has it, and signs its deliveries.")
    cause = f"{said.words} has no API to install the webhook with, and cannot sign: what it delivers is refused."
    return wrong(Symptom.SETUP, name, cause=cause, next_step="Upgrade Jira to 10.3 or later.")


def clocks(said: Said, base_url: str, *, ours: datetime) -> Check:
    """Whether Jira's clock and ours agree."""
    name = f"{CLOCKS}: {base_url}"
    if said.time is None:
        return fine(Symptom.CONNECTION, name, "Jira does not tell its time.")
    apart = said.time - ours
    if abs(apart) <= MOST_APART:
        return fine(Symptom.CONNECTION, name, f"{abs(apart).total_seconds():.0f} seconds apart.")
    which = "ahead of" if apart > timedelta(0) else "behind"
    cause = (
        f"Jira's clock is {spoken(abs(apart))} {which} ours: "
        f"there it is {to_the_second(said.time)}, here {to_the_second(ours)}."
    )
    return wrong(Symptom.CONNECTION, name, cause=cause, next_step="Let both machines keep their time by NTP.")


def spoken(span: timedelta) -> str:
    """A span of time in its largest unit."""
    seconds = int(span.total_seconds())
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} seconds"


async def _found_elsewhere(unlike: Unlike, base_url: str, *, http: httpx.AsyncClient) -> Unlike:
    """The same, with the place where Jira does answer, where it is on the same host."""
    if not unlike.misplaced:
        return unlike
    for place in places(base_url, await _home(base_url, http))[:MOST_PLACES]:
        try:
            said = judged(await _get(http, f"{place}{PATH}"), place)
        except httpx.RequestError:
            continue
        if isinstance(said, Said):
            return replace(unlike, next_step=f"Jira answers at {place}. Use this as the base URL.")
    return unlike


async def _home(base_url: str, http: httpx.AsyncClient) -> str | None:
    """Where the front page redirects to; a Jira below a context path redirects there."""
    root = str(httpx.URL(base_url).copy_with(path="/", query=None))
    try:
        response = await _get(http, root)
    except httpx.RequestError:
        return None
    location: str | None = response.headers.get("Location")
    return location


async def _get(http: httpx.AsyncClient, url: str) -> httpx.Response:
    request = http.build_request("GET", url, headers={"Accept": "application/json"})
    return await bounded(http, request, most_bytes=MOST_BYTES)


def _silent(name: str, base_url: str, error: httpx.RequestError) -> Check:
    said = str(error) or type(error).__name__
    if isinstance(error, httpx.TimeoutException):
        cause, step = (
            f"{base_url} is connected to but gives no answer in time.",
            "See whether Jira is overloaded or starting.",
        )
    elif isinstance(error, httpx.RemoteProtocolError):
        cause = f"{base_url} breaks the connection off without an answer: {said}."
        step = (
            "If its port speaks TLS, write https:// in the base URL. Otherwise look into the log of what listens there."
        )
    else:
        cause, step = f"{base_url} cannot be asked: {said}", "Correct the base URL, or what stands between."
    return wrong(Symptom.CONNECTION, name, cause=cause, next_step=step)
