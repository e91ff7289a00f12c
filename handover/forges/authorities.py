"""The certificate authorities that git trusts: the system's, and those of a private CA."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Debian and Ubuntu, Red Hat, SUSE, Alpine.
_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


@contextmanager
def trusting(ca_pem: str) -> Iterator[dict[str, str]]:
    """Environment variables for git. It takes one file only, so with `ca_pem` both are put into one."""
    system = os.environ.get("SSL_CERT_FILE", "")
    if not ca_pem:
        yield {"GIT_SSL_CAINFO": system} if system else {}
        return
    found = next((path for path in (system, *_BUNDLES) if path and Path(path).is_file()), "")
    with tempfile.NamedTemporaryFile(prefix="handover-authorities-", suffix=".pem") as both:
        both.write(b"\n".join([Path(found).read_bytes() if found else b"", ca_pem.encode()]))
        both.flush()
        yield {"GIT_SSL_CAINFO": both.name}
