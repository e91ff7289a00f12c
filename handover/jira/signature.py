"""The signature that Jira 10 and later puts over a webhook body: `X-Hub-Signature: sha256=<hex>`."""

import hashlib
import hmac
from functools import lru_cache


def signed(secret: str, body: bytes) -> str:
    """The header's value for exactly these bytes."""
    keyed = _keyed(secret).copy()
    keyed.update(body)
    return "sha256=" + keyed.hexdigest()


@lru_cache(maxsize=256)
def _keyed(secret: str) -> hmac.HMAC:
    # The key is worked in once for many signatures.
    return hmac.new(secret.encode(), digestmod=hashlib.sha256)


def verify(secret: str, body: bytes, header: str | None) -> bool:
    """Whether the header signs exactly these bytes. Without a secret nothing is ever right."""
    if not secret or header is None:
        return False
    # As bytes: compare_digest takes no text outside ASCII, and a header may hold anything.
    return hmac.compare_digest(signed(secret, body).encode(), header.encode("utf-8", "surrogateescape"))
