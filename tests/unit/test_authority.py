"""A stand-in over TLS: what a client that trusts the private CA accepts, and what it does not."""

import ssl
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from standins.authority import Authority, Identity
from standins.serving import Served

APP = Starlette(routes=[Route("/", lambda _: PlainTextResponse("here"))])


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def answer(identity: Identity, *, trusted: str = "") -> str:
    """What a client that trusts the system's CAs and `trusted` hears."""
    context = ssl.create_default_context()
    if trusted:
        context.load_verify_locations(cadata=trusted)
    with Served(APP, tls=identity) as served, httpx.Client(verify=context, trust_env=False) as client:
        assert served.url.startswith("https://127.0.0.1:")
        return client.get(served.url).text


@pytest.mark.parametrize("by_intermediate", [False, True])
def test_a_certificate_in_good_order(authority: Authority, by_intermediate: bool) -> None:
    assert answer(authority.identity(by_intermediate=by_intermediate), trusted=authority.root_pem) == "here"
    assert authority.root_file().read_text() == authority.root_pem


def test_the_root_must_be_trusted(authority: Authority) -> None:
    with pytest.raises(httpx.ConnectError, match="unable to get local issuer"):
        answer(authority.identity())


def test_a_certificate_that_is_out_of_order(authority: Authority) -> None:
    out_of_order = {
        "certificate has expired": authority.identity(ends_in=timedelta(days=-1)),
        "IP address mismatch": authority.identity(hosts=("jira.acme.example",)),
        "unable to get local issuer": authority.identity(by_intermediate=True, whole_chain=False),
        "self-signed certificate": authority.identity(self_signed=True),
    }
    for words, identity in out_of_order.items():
        with pytest.raises(httpx.ConnectError, match=words):
            answer(identity, trusted=authority.root_pem)


def test_another_root_does_not_do(authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other", name="Other")
    with pytest.raises(httpx.ConnectError):
        answer(authority.identity(), trusted=other.root_pem)
