"""Whether what answers at a base URL is a Jira, and if not, what it is. Pure.

https://docs.atlassian.com/software/jira/docs/api/REST/9.12.0/#api/2/serverInfo
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx
import msgspec

from handover.jira.errors import JiraUnreadable
from handover.jira.lenient import NotJson, decoded
from handover.jira.records import moment

PATH = "/rest/api/2/serverInfo"
SIGN_IN = re.compile(
    r"log[ -]?in|sign[ -]?in|\bsso\b|saml|oauth|openid|adfs|/auth|\bidp\b|shibboleth|okta|microsoftonline",
    re.IGNORECASE,
)
SIGN_IN_PAGE = re.compile(rb"""type=["']?password|SAMLRequest|name=["']?os_username""", re.IGNORECASE)
TITLE = re.compile(r"<title[^>]*>\s*([^<]{1,200})", re.IGNORECASE)
BROWSER_PATHS = re.compile(r"/(?:secure|browse|projects|plugins|rest|issues|login\.jsp|dashboard).*", re.IGNORECASE)


class InfoBody(msgspec.Struct, rename="camel", frozen=True):
    """What a Jira says of itself to anyone."""

    base_url: str | None = None
    version: str | None = None
    version_numbers: tuple[int, ...] = ()
    deployment_type: str | None = None
    server_time: str | None = None


@dataclass(frozen=True)
class Said:
    """A Jira, by its own words. `time` is its own clock's, or its answer's; None where neither tells."""

    base_url: str
    version: tuple[int, ...]
    time: datetime | None
    words: str

    @property
    def line(self) -> int:
        """The number of its line, such as 10."""
        return self.version[0]


@dataclass(frozen=True)
class Unlike:
    """No Jira answers there. `misplaced` says that it may be at another path of the same host."""

    cause: str
    next_step: str
    misplaced: bool = False


def judged(response: httpx.Response, base_url: str) -> Said | Unlike:
    """What the answer to `<base_url>/rest/api/2/serverInfo` tells."""
    status = response.status_code
    if response.has_redirect_location:
        return _redirected(response, base_url)
    if status == 404:
        cause = f"{base_url} answers 404: there is no Jira at this path."
        return Unlike(cause, _CONTEXT_PATH, misplaced=True)
    if status in (401, 403):
        cause = f"Something before Jira asks for credentials: {base_url} answers {status} to what Jira tells anyone."
        return Unlike(cause, _let_through(base_url))
    if status >= 500:
        return _failing(response, base_url)
    if status != 200:
        return Unlike(f"{base_url} answers {status}, not as a Jira does.", _of_its_log(base_url), misplaced=True)
    return _read(response, base_url)


def _read(response: httpx.Response, base_url: str) -> Said | Unlike:
    try:
        body = decoded(response.content, InfoBody)
    except NotJson:
        return _page(response, base_url)
    if not body.version_numbers:
        return Unlike(f"{base_url} answers JSON, but not as a Jira does.", _CONTEXT_PATH, misplaced=True)
    if body.deployment_type == "Cloud":
        return Unlike(f"{base_url} is a Jira Cloud.", "Handover works with Jira Data Center. Name one.")
    time = _time(body.server_time, response)
    return Said(
        (body.base_url or "").rstrip("/"), body.version_numbers, time, f"Jira {body.version or body.version_numbers[0]}"
    )


def _page(response: httpx.Response, base_url: str) -> Unlike:
    found = TITLE.search(response.text[:50_000])
    titled = f", titled “{found[1].strip()}”" if found else ""
    if SIGN_IN_PAGE.search(response.content[:200_000]) or (found and SIGN_IN.search(found[1])):
        cause = f"A sign-in page stands before Jira: {base_url} answers with one{titled}, not with JSON."
        return Unlike(cause, _let_through(base_url))
    kind = response.headers.get("Content-Type", "no type")[:60]
    return Unlike(
        f"{base_url} answers with a page ({kind}{titled}), not as a Jira does.", _CONTEXT_PATH, misplaced=True
    )


def _redirected(response: httpx.Response, base_url: str) -> Unlike:
    to = urljoin(str(response.request.url), response.headers["Location"])[:500]
    before, after = urlsplit(base_url), urlsplit(to)
    if after.path.endswith(PATH):
        real = urlunsplit((after.scheme, after.netloc, after.path.removesuffix(PATH), "", ""))
        return Unlike(f"{base_url} redirects to {real}.", f"Use {real} as the base URL.")
    if SIGN_IN.search(f"{after.netloc}{after.path}"):
        cause = f"A sign-in page stands before Jira: {base_url} redirects to {to}."
        return Unlike(cause, _let_through(base_url))
    return Unlike(f"{base_url} redirects to {to}.", _CONTEXT_PATH, misplaced=after.netloc == before.netloc)


def _failing(response: httpx.Response, base_url: str) -> Unlike:
    status = response.status_code
    if status == 503:
        step = "Wait until Jira has started or its maintenance is over, and see whether the load balancer finds a node."
    else:
        step = _of_its_log(base_url)
    return Unlike(f"{base_url} answers {status}: Jira, or what stands before it, fails.", step)


def places(base_url: str, home: str | None) -> list[str]:
    """Where else a Jira may be on the same host, likeliest first. `home` is where its front page redirects to."""
    parts = urlsplit(base_url)
    root = f"{parts.scheme}://{parts.netloc}"
    pasted = f"{root}{BROWSER_PATHS.sub('', parts.path)}"
    likely = [pasted, f"{base_url}/jira", f"{root}/jira", root]
    if home:
        to = urlsplit(urljoin(f"{base_url}/", home))
        if to.netloc == parts.netloc:
            likely.insert(0, f"{root}{BROWSER_PATHS.sub('', to.path)}".rstrip("/"))
    return [place for place in dict.fromkeys(likely) if place != base_url]


def same_address(one: str, other: str) -> bool:
    """Whether both are the same base URL, however they are written."""
    return _canonical(one) == _canonical(other)


def _canonical(url: str) -> tuple[str, str, int | None, str]:
    parts = urlsplit(url.rstrip("/"))
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or ""), parts.port or usual, parts.path


def _time(told: str | None, response: httpx.Response) -> datetime | None:
    try:
        return moment(told)
    except JiraUnreadable:
        pass
    try:
        return parsedate_to_datetime(response.headers.get("Date", ""))
    except ValueError:
        return None


def _let_through(base_url: str) -> str:
    return (
        f"Let requests below {urlsplit(base_url).path}/rest/ that carry “Authorization: Bearer” through to Jira, "
        "without the sign-in page."
    )


def _of_its_log(base_url: str) -> str:
    return f"Look into the log of {urlsplit(base_url).netloc}."


_CONTEXT_PATH = (
    "Open Jira in a browser and use all of its address before /secure, /browse or /projects as the base URL, "
    "with the context path, such as https://jira.example.com/jira."
)
