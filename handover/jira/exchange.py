"""One request to a Jira, and its answer judged: what Jira means by a status, a header or a page of HTML."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

import httpx
import msgspec

from handover.jira.bodies import Refusal
from handover.jira.errors import JiraAnonymous, JiraMissing, JiraRefused, JiraUnavailable, JiraUnreadable
from handover.jira.lenient import NotJson, decoded
from handover.lib.http import bounded

LONGEST_WAIT = 60.0
SECONDS = re.compile(r"[0-9]{1,6}(?:\.[0-9]+)?", re.ASCII)


@dataclass(frozen=True)
class Answer:
    """What Jira answers: its JSON, or b"" where there is none, and whom it took us for, or "" where it does not say."""

    content: bytes
    signed_in_as: str


class Exchange:
    """Sends requests to one Jira with one token. Nothing that Jira answers changes where the token goes."""

    def __init__(self, base_url: str, token: str, http: httpx.AsyncClient) -> None:
        self._base_url = base_url.rstrip("/")
        self._http = http
        # no-check: Jira refuses a write that looks like a browser's before it looks at the token.
        # JSON named in Accept, a refusal for too many requests is JSON as well.
        # As Headers: their repr, in a report of an error for one, does not show the token.
        self._headers = httpx.Headers(
            {
                "Authorization": f"Bearer {token.strip()}",
                "Accept": "application/json",
                "X-Atlassian-Token": "no-check",
            }
        )

    async def send(
        self, method: str, path: str, *, query: Mapping[str, str | int] | None = None, body: object = None
    ) -> bytes:
        """The answer's JSON, or b"" where there is none. Raises JiraError."""
        return (await self.ask(method, path, query=query, body=body)).content

    async def ask(
        self, method: str, path: str, *, query: Mapping[str, str | int] | None = None, body: object = None
    ) -> Answer:
        """The answer with whom Jira took us for. Raises JiraError."""
        content = None if body is None else msgspec.json.encode(body)
        headers = self._headers.copy()
        if content is not None:
            headers["Content-Type"] = "application/json"
        url = f"{self._base_url}{path}"
        request = self._http.build_request(method, url, params=query, headers=headers, content=content)
        try:
            response = await bounded(self._http, request)
        except httpx.RequestError as error:
            raise JiraUnavailable(f"{self._base_url} cannot be reached: {error or type(error).__name__}") from error
        return Answer(self._judged(response), unquote(response.headers.get("X-AUSERNAME", "")))

    def _judged(self, response: httpx.Response) -> bytes:
        status = response.status_code
        if status == 429 or status >= 500:
            message = f"{self._base_url} answers {status}: {reason_of(response)}"
            raise JiraUnavailable(message, retry_after=wait_of(response.headers), status=status)
        if status == 401 or response.headers.get("X-AUSERNAME", "").lower() == "anonymous":
            raise JiraAnonymous(f"{self._base_url} does not accept the token: {reason_of(response)}", status=status)
        if response.has_redirect_location or 300 <= status < 400:
            to = response.headers.get("Location", "nowhere")[:200]
            raise JiraUnreadable(f"{self._base_url} redirects to {to}. Connect Jira by its real address.")
        if status == 204 or (200 <= status < 300 and not response.content):
            return b""
        if status == 403 and not _is_json(response):
            raise JiraRefused(reason_of(response), status=status)
        if not _is_json(response):
            kind = response.headers.get("Content-Type", "nothing")[:100]
            raise JiraUnreadable(
                f"{response.url.path} at {self._base_url} answers {status} with {kind}, not with JSON."
            )
        if status >= 400:
            raise (JiraMissing if status == 404 else JiraRefused)(reason_of(response), status=status)
        return response.content


def segment(value: str) -> str:
    """The value as one segment of a path, whatever is in it."""
    if not value:
        raise ValueError("An empty id would name another thing.")
    return quote(value, safe="") if value.strip(".") else value.replace(".", "%2E")


def reason_of(response: httpx.Response) -> str:
    """Why, in Jira's words, or else in HTTP's."""
    words = _jira_words(response) if _is_json(response) else _plain_words(response)
    return words[:500] or response.reason_phrase or "no reason given"


def wait_of(headers: httpx.Headers) -> float:
    """How many seconds to wait before the next try. Jira may name 54775807, which means: for ever."""
    named = headers.get("Retry-After", "").strip()
    if SECONDS.fullmatch(named):
        return min(float(named), LONGEST_WAIT)
    if named:
        return LONGEST_WAIT
    # Without a rate, no request is ever let through again by waiting a little.
    return LONGEST_WAIT if headers.get("X-RateLimit-FillRate", "").strip() == "0" else 0.0


def _is_json(response: httpx.Response) -> bool:
    kind: str = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _jira_words(response: httpx.Response) -> str:
    try:
        refusal = decoded(response.content, Refusal)
    except NotJson:
        return ""
    fields = [f"{name}: {text}" for name, text in (refusal.errors or {}).items()]
    return " ".join([*refusal.error_messages, *fields, refusal.message or ""]).strip()


def _plain_words(response: httpx.Response) -> str:
    plain = response.headers.get("Content-Type", "").lower().startswith("text/plain")
    return response.text.strip() if plain else ""
