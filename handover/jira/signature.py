"""The signature that Jira 10 and later puts over a webhook body: `X-Hub-Signature: sha256=<hex>`."""

import hashlib
import hmac


def signed(secret: str, body: bytes) -> str:
    """The header's value for exactly these bytes."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def verify(secret: str, body: bytes, header: str | None) -> bool:
    """Whether the header signs exactly these bytes. Without a secret nothing is ever right."""
    if not secret or header is None:
        return False
    # As bytes: compare_digest takes no text outside ASCII, and a header may hold anything.
    return hmac.compare_digest(signed(secret, body).encode(), header.encode("utf-8", "surrogateescape"))
