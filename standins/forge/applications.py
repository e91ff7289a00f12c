"""Applications that people let act for them: GitHub Apps, whose tokens end and are refreshed, and OAuth Apps.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
"""

import base64
import hashlib
import hmac
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Literal

from standins.forge.tokens import Kind, Token, Tokens

CODE_SECONDS = 600
TOKEN_SECONDS = 28_800
_DOCUMENTS = (
    "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/#{code}"
)
_REASONS = {
    "incorrect_client_credentials": "The client_id and/or client_secret passed are incorrect.",
    "redirect_uri_mismatch": "The redirect_uri MUST match the registered callback URL for this application.",
    "bad_verification_code": "The code passed is incorrect or expired.",
    "bad_refresh_token": "The refresh token passed is incorrect or expired.",
    "unsupported_grant_type": "The grant_type parameter is not valid.",
    "access_denied": "The user has denied your application access.",
    "invalid_request": "The code_challenge_method must be S256.",
}


class TokenRefused(Exception):
    """GitHub's `error` at the token endpoint, or at the consent page."""

    def __init__(self, code: str) -> None:
        super().__init__(_REASONS[code])
        self.code = code

    def told(self) -> dict[str, str]:
        """As GitHub tells it."""
        return {
            "error": self.code,
            "error_description": str(self),
            "error_uri": _DOCUMENTS.format(code=self.code.replace("_", "-")),
        }


@dataclass
class Application:
    """One registered application. `seconds` is how long the tokens of a GitHub App last."""

    name: str
    kind: Literal["github app", "oauth app"]
    callbacks: tuple[str, ...]
    client_id: str
    client_secret: str = field(default_factory=lambda: secrets.token_hex(20))
    seconds: float | None = TOKEN_SECONDS
    writes: bool = True

    def takes(self, callback: str) -> bool:
        """A GitHub App's callback is exact; below an OAuth App's any path is good."""
        if self.kind == "github app":
            return callback in self.callbacks
        return any(callback == known or callback.startswith(f"{known.rstrip('/')}/") for known in self.callbacks)

    def has_secret(self, secret: str) -> bool:
        """Whether this is its secret."""
        return hmac.compare_digest(self.client_secret.encode(), secret.encode())


@dataclass(frozen=True)
class Code:
    """What a person allowed, until it is exchanged."""

    client_id: str
    login: str
    callback: str
    scopes: tuple[str, ...]
    challenge: str
    until: float


class Applications:
    """All applications of a forge, and the codes that are on their way."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._lock = threading.Lock()
        self._known: dict[str, Application] = {}
        self._codes: dict[str, Code] = {}

    def register(self, name: str, *callbacks: str, kind: Literal["github app", "oauth app"]) -> Application:
        """A new one."""
        client_id = ("Iv23li" if kind == "github app" else "Ov23li") + secrets.token_hex(7)
        made = Application(name, kind, callbacks, client_id, seconds=TOKEN_SECONDS if kind == "github app" else None)
        self._known[client_id] = made
        return made

    def find(self, client_id: str) -> Application | None:
        """By its client id."""
        return self._known.get(client_id)

    def allow(
        self, application: Application, login: str, *, callback: str, scope: str = "", challenge: str = ""
    ) -> str:
        """The code for what this person has just allowed."""
        code = secrets.token_hex(10)
        scopes = tuple(scope.replace(",", " ").split()) if application.kind == "oauth app" else ()
        until = time.monotonic() + CODE_SECONDS
        with self._lock:
            self._codes[code] = Code(application.client_id, login, callback, scopes, challenge, until)
        return code

    def tokens(self, asked: dict[str, str]) -> Token:
        """What the token endpoint gives for this form. Raises TokenRefused."""
        application = self.find(asked.get("client_id", ""))
        if application is None or not application.has_secret(asked.get("client_secret", "")):
            raise TokenRefused("incorrect_client_credentials")
        match asked.get("grant_type", "authorization_code"):
            case "authorization_code":
                return self._exchanged(application, asked)
            case "refresh_token":
                return self._refreshed(application, asked)
        raise TokenRefused("unsupported_grant_type")

    def _exchanged(self, application: Application, asked: dict[str, str]) -> Token:
        with self._lock:
            code = self._codes.pop(asked.get("code", ""), None)
        if code is None or code.client_id != application.client_id or code.until < time.monotonic():
            raise TokenRefused("bad_verification_code")
        if asked.get("redirect_uri", code.callback) != code.callback:
            raise TokenRefused("redirect_uri_mismatch")
        if code.challenge and _challenge(asked.get("code_verifier", "")) != code.challenge:
            raise TokenRefused("bad_verification_code")
        kind: Kind = application.kind
        return self._tokens.issue(
            code.login,
            kind=kind,
            scopes=code.scopes,
            writes=application.writes,
            seconds=application.seconds,
            client_id=application.client_id,
        )

    def _refreshed(self, application: Application, asked: dict[str, str]) -> Token:
        fresh = self._tokens.refreshed(
            asked.get("refresh_token", ""), client_id=application.client_id, seconds=application.seconds
        )
        if fresh is None:
            raise TokenRefused("bad_refresh_token")
        return fresh


def _challenge(verifier: str) -> str:
    """https://www.rfc-editor.org/rfc/rfc7636#section-4.2"""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
