"""What the provider keeps, and what it refuses. Moments are seconds since the epoch."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

# Each holds all before it.
SCOPES = ("READ", "WRITE", "ADMIN", "SYSTEM_ADMIN")


@dataclass(frozen=True)
class Application:
    """An external application that an administrator has linked. `scope` is the most that it may ask for."""

    id: str
    secret: str
    name: str
    redirect_uris: tuple[str, ...]
    scope: str


@dataclass(frozen=True)
class Asked:
    """What an application asks a person for. `challenge` is "" where it sent none."""

    application: Application
    redirect_uri: str
    scope: str
    state: str
    challenge: str
    method: str


@dataclass
class Grant:
    """What a person has allowed, and the tokens that it gives now. The code holds once and until `code_until`."""

    asked: Asked
    user_key: str
    code: str
    code_until: float
    used: bool = False
    access: str = ""
    access_until: float = 0.0
    refresh: str = ""
    refresh_until: float = 0.0

    def revoke(self) -> None:
        """No token of it holds any longer."""
        self.access, self.refresh = "", ""


class NotForApplications(Exception):
    """The person is shown an error page: whoever sent them is not known, so nobody is told."""


class ToldToApplication(Exception):
    """The person is sent back with this error, https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1."""

    def __init__(self, redirect_uri: str, state: str, error: str, description: str) -> None:
        super().__init__(error)
        self.redirect_uri = redirect_uri
        self.query = {"error": error, "error_description": description, **({"state": state} if state else {})}


class TokenRefused(Exception):
    """An error of the token endpoint, https://www.rfc-editor.org/rfc/rfc6749#section-5.2."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.body = {"error": error, "error_description": description}
        self.status = 401 if error == "invalid_client" else 400


def leading_back(redirect_uri: str, query: Mapping[str, str]) -> str:
    """The application's address with what it is told."""
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(query)}"


def covers(held: str, wanted: str) -> bool:
    """Whether the scope `held` holds `wanted` too."""
    return SCOPES.index(held) >= SCOPES.index(wanted)
