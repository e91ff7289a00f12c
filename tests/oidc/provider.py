"""Starts the real provider, and goes through its pages as a browser would."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import playwright
from django.test import Client

from handover import settings
from handover.members.oidc import callback_of
from standins.authority import Identity

ROOT = Path(__file__).resolve().parent.parent.parent
NODE = Path(playwright.__file__).parent / "driver" / "node"
FOLDER = ROOT / "var" / "oidc-provider"
CLIENT_ID, CLIENT_SECRET = "handover", "the-clients-secret"
Claims = dict[str, Any]


@dataclass
class RealProvider:
    """One that runs."""

    issuer: str
    accounts: Path
    slug: str

    def say(self, **accounts: Claims) -> None:
        """What the provider says of people from now on."""
        known = json.loads(self.accounts.read_text())
        self.accounts.write_text(json.dumps({**known, **accounts}))

    def entry(self, **fields: Any) -> dict[str, Any]:
        """It as an entry of the configuration."""
        about = {"name": "Acme", "slug": self.slug, "base_url": self.issuer}
        return {**about, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **fields}


@contextmanager
def running(folder: Path, *, slug: str = "acme", tls: Identity | None = None, **further: Any) -> Iterator[RealProvider]:
    """The provider, on a free port of loopback."""
    accounts = folder / f"{slug}.json"
    accounts.write_text("{}")
    given = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "redirect_uris": [callback_of(slug)],
        "accounts": str(accounts),
        "tls": {"chain": str(tls.chain), "key": str(tls.key)} if tls else None,
        **further,
    }
    command = [str(NODE), str(Path(__file__).parent / "provider.mjs"), str(FOLDER)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin and process.stdout
        process.stdin.write(json.dumps(given))
        process.stdin.close()
        try:
            yield RealProvider(_issuer(process), accounts, slug)
        finally:
            process.kill()


def _issuer(process: "subprocess.Popen[str]") -> str:
    assert process.stdout and process.stderr
    for line in process.stdout:
        if line.startswith("listening "):
            return line.split()[1]
    raise AssertionError(f"The provider did not start: {process.stderr.read()}")


def begun(client: Client, slug: str = "acme", **sent: str) -> str:
    """Click on the provider's button. The address that the browser goes to."""
    page = client.post(f"/sign-in/with/{slug}", sent).content.decode()
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page)
    assert found, page
    return found[1].replace("&amp;", "&")


def at_the_provider(address: str, name: str, *, deed: str = "in", verify: Any = True) -> str:
    """Sign in there as `name`. The path that the browser comes back to."""
    with httpx.Client(follow_redirects=False, verify=verify, trust_env=False) as browser:
        answer = browser.get(address)
        while not (back := answer.headers.get("location", "")).startswith(settings.PUBLIC_URL):
            if answer.is_redirect:
                answer = browser.get(httpx.URL(address).join(back))
            else:
                assert answer.status_code == 200, answer.text
                answer = browser.post(answer.url, data={"name": name, "deed": deed})
    parts = urlsplit(back)
    return f"{parts.path}?{parts.query}"


def signed_in(client: Client, name: str, slug: str = "acme", **sent: str) -> Any:
    """The whole way, to Handover's answer."""
    return client.get(at_the_provider(begun(client, slug, **sent), name))
