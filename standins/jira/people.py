"""Accounts, and who is behind a credential."""

import base64
import itertools
import secrets
from collections.abc import Callable

from standins.jira.records import Token, User

DAY_SECONDS = 86_400.0


class People:
    """All accounts and their tokens."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._users: dict[str, User] = {}
        self._passwords: dict[str, str] = {}
        self._tokens: dict[str, Token] = {}
        self._ids = itertools.count(1)

    def add(self, user: User, *, password: str = "") -> None:
        """A new account; without a password, it can only be reached by tokens."""
        self._users[user.key] = user
        if password:
            self._passwords[user.key] = password

    def replace(self, user: User) -> None:
        """The account as it is now."""
        self._users[user.key] = user

    def all(self) -> list[User]:
        """Every account, in the order of their coming."""
        return list(self._users.values())

    def by_key(self, key: str) -> User | None:
        """The account with this key."""
        return self._users.get(key)

    def by_name(self, name: str) -> User | None:
        """The account with this name, however it is capitalised."""
        return next((user for user in self._users.values() if user.name.lower() == name.lower()), None)

    def new_token(self, user: User, *, name: str, days: int | None) -> Token:
        """A further token of this account; without days it never expires."""
        number = next(self._ids)
        now = self._clock()
        raw = base64.b64encode(b"%012d:" % number + secrets.token_bytes(20)).decode()
        expires = None if days is None else now + days * DAY_SECONDS
        self._tokens[raw] = Token(str(number), user.key, name, raw, now, expires)
        return self._tokens[raw]

    def tokens_of(self, user: User) -> list[Token]:
        """The account's tokens, expired ones too."""
        return [token for token in self._tokens.values() if token.user_key == user.key]

    def revoke(self, raw: str) -> None:
        """From now on nobody knows the token."""
        self._tokens.pop(raw, None)

    def with_token(self, raw: str) -> User | None:
        """Who is behind a token."""
        token = self._tokens.get(raw)
        if token is None or (token.expires is not None and token.expires <= self._clock()):
            return None
        return self.active(token.user_key)

    def active(self, key: str) -> User | None:
        """The account with this key, if it may still sign in."""
        user = self._users.get(key)
        return user if user and user.active else None

    def with_password(self, name: str, password: str) -> User | None:
        """Who is behind a name and a password."""
        user = self.by_name(name)
        known = self._passwords.get(user.key, "") if user else ""
        return (
            user
            if user and user.active and known and secrets.compare_digest(known.encode(), password.encode())
            else None
        )
