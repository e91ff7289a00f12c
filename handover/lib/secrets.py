"""Secrets at rest: encrypted, and each bound to the address that it was given for."""

import json
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SecretUnreadable(Exception):
    """A stored secret cannot be opened: no key of ours made it, or it belongs to another address."""


class Vault:
    """Seals and opens secrets. The first key seals; all of them open, so that keys can be rotated."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, secret: str, *, address: str) -> str:
        """The secret as it is stored; only `open` with the same address gives it back."""
        return self._fernet.encrypt(json.dumps([address, secret]).encode()).decode()

    def open(self, sealed: str, *, address: str) -> str:
        """The secret in clear. Raises SecretUnreadable where the key or the address differs."""
        try:
            given_for, secret = json.loads(self._fernet.decrypt(sealed.encode()))
        except InvalidToken as error:
            raise SecretUnreadable(
                f"The secret stored for {address} was sealed with a key that is not set here."
            ) from error
        if given_for != address:
            raise SecretUnreadable(f"A secret that was given for {given_for} is not sent to {address}.")
        return str(secret)


def new_key() -> str:
    """A fresh key for a Vault."""
    return Fernet.generate_key().decode()
