"""Tokens, what each may do and when it ends.

https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats
"""

import secrets
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

Kind = Literal["classic", "fine-grained", "github app", "oauth app"]
PREFIXES: dict[Kind, str] = {
    "classic": "ghp_",
    "fine-grained": "github_pat_",
    "github app": "ghu_",
    "oauth app": "gho_",
}
SCOPED: tuple[Kind, ...] = ("classic", "oauth app")
REFRESH_SECONDS = 15_811_200


@dataclass(frozen=True)
class Token:
    """One credential of a person. What it may do: `scopes` for the kinds that have them, `writes` for the others."""

    raw: str
    login: str
    kind: Kind
    scopes: tuple[str, ...] = ()
    writes: bool = True
    ends_at: datetime | None = None
    client_id: str = ""
    refresh: str = ""

    @property
    def has_scopes(self) -> bool:
        """Whether tokens of its kind say what they may do."""
        return self.kind in SCOPED

    @property
    def may_see_code(self) -> bool:
        """Whether it lets its owner see private repositories at all."""
        return not self.has_scopes or "repo" in self.scopes

    @property
    def may_write_code(self) -> bool:
        """Whether it lets its owner push."""
        return "repo" in self.scopes if self.has_scopes else self.writes

    def has(self, scope: str) -> bool:
        """Whether it has the scope or the wider one that includes it."""
        return scope in self.scopes or scope.partition(":")[0] in self.scopes

    @property
    def refreshing(self) -> dict[str, object]:
        """How long it lasts and what it is refreshed with, as the token endpoint tells it."""
        left = 0.0 if self.ends_at is None else (self.ends_at - datetime.now(UTC)).total_seconds()
        return {
            "expires_in": round(left),
            "refresh_token": self.refresh,
            "refresh_token_expires_in": REFRESH_SECONDS,
        }

    @property
    def ended(self) -> bool:
        """Whether its time is over."""
        return self.ends_at is not None and self.ends_at <= datetime.now(UTC)


class Tokens:
    """All tokens of a forge."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: dict[str, Token] = {}

    def issue(
        self,
        login: str,
        *,
        kind: Kind,
        scopes: tuple[str, ...] = (),
        writes: bool = True,
        seconds: float | None = None,
        client_id: str = "",
    ) -> Token:
        """A new one. One of an application that ends has a refresh token beside it."""
        ends_at = None if seconds is None else datetime.now(UTC) + timedelta(seconds=seconds)
        fresh = "ghr_" + secrets.token_hex(38) if client_id and ends_at else ""
        raw = PREFIXES[kind] + secrets.token_hex(18)
        made = Token(raw, login, kind, scopes, writes, ends_at, client_id, fresh)
        with self._lock:
            self._tokens[raw] = made
        return made

    def find(self, raw: str) -> Token | None:
        """The token, unless it has ended."""
        found = self._tokens.get(raw)
        return None if found is None or found.ended else found

    def all(self) -> list[Token]:
        """Every one that is known, oldest first."""
        return list(self._tokens.values())

    def revoke(self, raw: str) -> Token | None:
        """From now on nobody knows it, nor the refresh token beside it."""
        with self._lock:
            return self._tokens.pop(raw, None)

    def refreshed(self, refresh: str, *, client_id: str, seconds: float | None) -> Token | None:
        """A new pair; the old one is dead. None where the refresh token is unknown, used already or another's."""
        with self._lock:
            found = next((one for one in self._tokens.values() if one.refresh and one.refresh == refresh), None)
            if found is None or found.client_id != client_id:
                return None
            del self._tokens[found.raw]
        return self.issue(
            found.login,
            kind=found.kind,
            scopes=found.scopes,
            writes=found.writes,
            seconds=seconds,
            client_id=client_id,
        )
