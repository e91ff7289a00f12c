"""OAuth 2.0 with PKCE: Authlib makes the requests, our one door to the network carries them.

Authlib's own client wants httpx2 and warns of httpx at every start, so its protocol is used without that client.
"""

import asyncio
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import msgspec
from authlib.oauth2.rfc6749.parameters import (  # type: ignore[import-untyped]
    prepare_grant_uri,
    prepare_token_request,
)
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]

from handover.lib.http import bounded

# A code lives 10 to 60 s on some servers: who waits longer than this has lost it.
MOST_SECONDS = 30.0
MOST_BYTES = 64 * 1024
LONGEST_REASON = 300
LONGEST_TOKEN = 4096
MOST_LIFETIME = 10 * 365 * 24 * 3600
FORM = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}


class OAuthUnavailable(Exception):
    """No answer, or none that can be read; the message is a sentence for people."""


class OAuthRefused(Exception):
    """The server said no; `code` is its `error`, https://www.rfc-editor.org/rfc/rfc6749#section-5.2."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """What a server gave. `refresh` is empty and `lifetime`, in seconds, is 0 where there is none."""

    access: str
    refresh: str
    lifetime: int
    scope: str


@dataclass(frozen=True, slots=True, repr=False)
class Client:
    """This installation, as an authorisation server knows it. `scope` is empty where none is asked for."""

    authorize_url: str
    token_url: str
    id: str
    secret: str
    callback: str
    scope: str = ""


class _Answer(msgspec.Struct, frozen=True):
    access_token: str | None = None
    refresh_token: str | None = None
    expires_in: int | None = None
    scope: str | None = None
    error: str | None = None
    error_description: str | None = None


def new_state() -> str:
    """Binds an answer to the question: nobody can guess it."""
    return secrets.token_urlsafe(32)


def new_verifier() -> str:
    """PKCE's secret, 64 characters, https://www.rfc-editor.org/rfc/rfc7636#section-4.1."""
    return secrets.token_urlsafe(48)


def authorization_url(client: Client, *, state: str, verifier: str) -> str:
    """Where the member's browser goes to be asked."""
    url: str = prepare_grant_uri(
        client.authorize_url,
        client_id=client.id,
        response_type="code",
        redirect_uri=client.callback,
        scope=client.scope,
        state=state,
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
    )
    return url


async def exchange(client: Client, code: str, *, verifier: str, http: httpx.AsyncClient) -> Tokens:
    """The tokens for this code. Raises OAuthRefused, OAuthUnavailable."""
    return await _asked(client, "authorization_code", http=http, code=code, code_verifier=verifier)


async def refresh(client: Client, refresh_token: str, *, http: httpx.AsyncClient) -> Tokens:
    """New tokens; most servers forget the old ones at once. Raises OAuthRefused, OAuthUnavailable."""
    return await _asked(client, "refresh_token", http=http, refresh_token=refresh_token)


async def _asked(client: Client, grant: str, *, http: httpx.AsyncClient, **fields: str) -> Tokens:
    # The callback goes with a refresh too: Jira compares it there, others leave it out of account.
    form = prepare_token_request(
        grant, redirect_uri=client.callback, client_id=client.id, client_secret=client.secret, **fields
    )
    request = http.build_request("POST", client.token_url, content=form, headers=FORM)
    host = urlsplit(client.token_url).netloc
    try:
        async with asyncio.timeout(MOST_SECONDS):
            response = await bounded(http, request, most_bytes=MOST_BYTES)
    except TimeoutError as error:
        raise OAuthUnavailable(f"{host} did not answer within {MOST_SECONDS:.0f} seconds.") from error
    except httpx.RequestError as error:
        raise OAuthUnavailable(f"{host} cannot be reached: {error or type(error).__name__}") from error
    return _tokens(_read(response, host))


def _read(response: httpx.Response, host: str) -> _Answer:
    if response.status_code == 429 or response.status_code >= 500:
        raise OAuthUnavailable(f"{host} does not give tokens now (status {response.status_code}).")
    try:
        answer = msgspec.json.decode(response.content, type=_Answer, strict=False)
    except msgspec.MsgspecError:
        answer = _Answer()
    if answer.error:
        raise OAuthRefused(answer.error[:LONGEST_REASON], (answer.error_description or answer.error)[:LONGEST_REASON])
    if not response.is_success or not _is_token(answer.access_token or ""):
        raise OAuthUnavailable(
            f"{host} did not answer as an OAuth server does (status {response.status_code}). Is its address right?"
        )
    return answer


def _tokens(answer: _Answer) -> Tokens:
    fresh = answer.refresh_token or ""
    return Tokens(
        access=answer.access_token or "",
        refresh=fresh if _is_token(fresh) else "",
        lifetime=min(max(answer.expires_in or 0, 0), MOST_LIFETIME),
        scope=answer.scope or "",
    )


def _is_token(text: str) -> bool:
    """Whether it can stand in a header."""
    return 0 < len(text) <= LONGEST_TOKEN and text.isascii() and text.isprintable() and " " not in text
