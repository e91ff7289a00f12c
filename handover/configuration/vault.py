"""The vault of this installation: seals and opens every stored secret, with the keys as they are now."""

from handover import settings
from handover.lib.keys import Keyring
from handover.lib.secrets import Vault

_keyring = Keyring(settings.VAULT_KEYS)


def vault() -> Vault:
    """Seals and opens every stored secret. Keys that are changed in their file are taken up within a second."""
    return _keyring.vault()


def keyring() -> Keyring:
    """The keys, for the command that rotates them."""
    return _keyring
