"""The vault of this installation: seals and opens every stored secret, with the keys as they are now."""

from pathlib import Path

from handover import settings
from handover.lib.keys import FixedKeys, KeyFile
from handover.lib.secrets import Vault

_source = settings.VAULT_KEYS
_keyring = KeyFile(_source) if isinstance(_source, Path) else FixedKeys(_source)


def vault() -> Vault:
    """Seals and opens every stored secret. Keys that are changed in their file are taken up within a second."""
    return _keyring.vault()


def keyring() -> FixedKeys | KeyFile:
    """The keys, for the command that rotates them."""
    return _keyring
