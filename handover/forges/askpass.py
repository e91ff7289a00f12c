"""How git gets the member's credential: in the environment of that one child, and for that one address only."""

import os
import shutil
from urllib.parse import urlsplit

from handover.forges.forge import GitCredential


def asking(url: str, credential: GitCredential) -> dict[str, str]:
    """Environment variables with which git may authenticate at `url`.

    git asks its askpass program a question that names the address. Ours prints the variable of that name, so the
    credential is in no file, argument list or URL, and a question about any other address has no answer.
    https://git-scm.com/docs/gitcredentials#_requesting_credentials
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("A clone address is http(s), with a host and without a credential.")
    user = credential.username
    return {
        "GIT_ASKPASS": shutil.which("printenv", path=os.defpath) or "printenv",
        f"Username for '{parts.scheme}://{parts.netloc}': ": user,
        f"Password for '{parts.scheme}://{user}@{parts.netloc}': ": credential.password,
    }
