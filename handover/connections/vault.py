"""The vault of this installation, with the keys of its settings."""

from functools import cache

from handover import settings
from handover.lib.secrets import Vault


@cache
def vault() -> Vault:
    """Seals and opens every stored secret."""
    return Vault([key.strip() for key in settings.VAULT_KEYS.split(",")])
