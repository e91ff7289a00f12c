"""Who is calling: Jira's Seraph and XSRF filter, the headers on every answer, and the log of requests."""

import base64
import binascii
import itertools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from standins.jira.oauth.records import SCOPES, covers
from standins.jira.records import Request, User

if TYPE_CHECKING:
    from standins.jira.jira import StandInJira

Reason = Literal["OK", "AUTHENTICATED_FAILED"]
WRITES = ("POST", "PUT", "DELETE")
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
YOU_ARE = "you_are"


# Its own client authentication keeps forged requests off.
TOKEN_ENDPOINT = "/rest/oauth2/"
WHOLE = SCOPES[-1]


@dataclass(frozen=True)
class Caller:
    """Who a request comes from, and what Seraph thinks of the credentials: none at all are OK.

    `scope` is the most that an OAuth token lets through; other credentials let through all that the user may.
    """

    user: User | None
    reason: Reason
    scope: str = WHOLE


class SignIn:
    """Around the app: names the caller in `scope["state"]["user"]`, or answers at once."""

    def __init__(self, jira: "StandInJira", app: ASGIApp) -> None:
        self._jira = jira
        self._app = app
        self._numbers = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        refusal, caller = self._judge(scope)
        scope.setdefault("state", {}).update(user=caller.user, scope=caller.scope)
        await (refusal or self._app)(scope, receive, self._stamped(scope, caller, send))

    def _judge(self, scope: Scope) -> tuple[Response | None, Caller]:
        headers = Headers(scope=scope)
        if not scope["path"].startswith(f"{self._jira.base_path}/rest/"):
            return None, Caller(self._visitor(headers), "OK")
        if scope["path"].startswith(f"{self._jira.base_path}{TOKEN_ENDPOINT}"):
            return None, Caller(None, "OK")
        if _looks_forged(scope["method"], headers):
            return PlainTextResponse("XSRF check failed", status_code=403), Caller(None, "OK")
        caller = self._caller(headers.get("authorization", ""))
        if caller.reason == "AUTHENTICATED_FAILED" and self._refuses(headers):
            return _unauthorized(), caller
        if scope["method"] in WRITES and not covers(caller.scope, "WRITE") and not scope["path"].endswith("/search"):
            return _beyond(caller.scope), caller
        return None, caller

    def _refuses(self, headers: Headers) -> bool:
        bearer = headers.get("authorization", "").lower().startswith("bearer ")
        return not bearer or self._jira.settings.bad_token == "refused"

    def _caller(self, authorization: str) -> Caller:
        if not authorization:
            return Caller(None, "OK")
        scheme, _, credential = authorization.partition(" ")
        with self._jira.lock:
            found = self._known(scheme.lower(), credential.strip())
        return Caller(found[0], "OK", found[1]) if found else Caller(None, "AUTHENTICATED_FAILED")

    def _known(self, scheme: str, credential: str) -> tuple[User, str] | None:
        """Who it is, and how far the credential goes."""
        line, people = self._jira.settings.line, self._jira.people
        if scheme == "bearer" and line.oauth and (found := self._jira.oauth.with_access_token(credential)):
            return found
        user = None
        if scheme == "bearer" and line.tokens:
            user = people.with_token(credential)
        if scheme == "basic" and line.basic_auth:
            user = people.with_password(*_name_and_password(credential))
        return (user, WHOLE) if user else None

    def _visitor(self, headers: Headers) -> User | None:
        """Who a person says they are on the pages, where nobody signs in."""
        cookies = dict(part.strip().partition("=")[::2] for part in headers.get("cookie", "").split(";"))
        with self._jira.lock:
            everyone = self._jira.people.all()
            return self._jira.people.by_key(unquote(cookies.get(YOU_ARE, ""))) or (everyone[0] if everyone else None)

    def _stamped(self, scope: Scope, caller: Caller, send: Send) -> Send:
        number, path = next(self._numbers), scope["path"]
        name = quote(caller.user.name, safe="") if caller.user else "anonymous"

        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-AREQUESTID"] = f"{int(time.time() // 60) % 1440}x{number}x1"
                headers["X-ANODEID"] = "node1"
                headers["X-AUSERNAME"] = name
                headers["X-Seraph-LoginReason"] = caller.reason
                kept = Request(scope["method"], path, name, message["status"], self._jira.clock())
                self._jira.requests.append(kept)
            await send(message)

        return stamped


def same_origin(headers: Headers) -> bool | None:
    """Whether a browser's request comes from this host's own pages; None where it does not say."""
    source = headers.get("origin") or headers.get("referer")
    if source is None:
        return None
    return urlsplit(source).netloc == headers.get("host", "")


def _looks_forged(method: str, headers: Headers) -> bool:
    if method not in WRITES:
        return False
    if headers.get("user-agent", "").startswith("Mozilla") and not same_origin(headers):
        return True
    is_form = headers.get("content-type", "").partition(";")[0].strip().lower() in FORMS
    return is_form and headers.get("x-atlassian-token", "") not in ("no-check", "nocheck")


def _name_and_password(credential: str) -> tuple[str, str]:
    try:
        name, _, password = base64.b64decode(credential, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password


def _beyond(scope: str) -> Response:
    message = f"The token's scope {scope} does not allow this."
    return JSONResponse({"message": message, "status-code": 403}, status_code=403)


def _unauthorized() -> Response:
    message = "Client must be authenticated to access this resource."
    return JSONResponse({"message": message, "status-code": 401}, status_code=401)
