"""A server's certificates: what is wrong is named, with the CA that would help; and what is uploaded does help."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from handover.doctor.chains import Problem, problems_of
from handover.lib import http, tls
from standins.authority import Authority, Identity
from standins.serving import Served

APP = Starlette(routes=[Route("/", lambda _: PlainTextResponse("here"))])
NOW = datetime.now(UTC)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def problems(served: Served, *, ca_pem: str = "", host: str = "127.0.0.1") -> tuple[Problem, ...]:
    with closing(socket.create_connection(("127.0.0.1", served.port), timeout=5)) as connected:
        return problems_of(tls.look(connected, host, ca_pem=ca_pem, seconds=5), host, now=NOW)


def accepted(served: Served, ca_pem: str) -> bool:
    """Whether our own client gets an answer."""

    async def ask() -> str:
        async with http.client(ca_pem=ca_pem) as client:
            return (await client.get(served.url)).text

    try:
        return asyncio.run(ask()) == "here"
    except httpx.ConnectError:
        return False


Make = Callable[[Authority], Identity]
# How the certificate is made, which CA is trusted, the words of the causes, and of the next steps.
OUT_OF_ORDER: dict[str, tuple[Make, str, list[str], list[str]]] = {
    "unknown CA": (
        lambda ca: ca.identity(),
        "",
        ["issued by CN=Acme Root CA", "not trusted here"],
        ["upload the certificate of CN=Acme Root CA"],
    ),
    "unknown root above an intermediate": (
        lambda ca: ca.identity(by_intermediate=True),
        "",
        ["The CA certificate CN=Acme Issuing CA was issued by CN=Acme Root CA", "a chain of 2"],
        ["upload the certificate of CN=Acme Root CA"],
    ),
    "missing intermediate": (
        lambda ca: ca.identity(by_intermediate=True, whole_chain=False),
        "root",
        ["CN=Acme Issuing CA", "does not send", "its own certificate alone"],
        ["let 127.0.0.1 send its certificate after its own (the full chain)"],
    ),
    "expired": (
        lambda ca: ca.identity(ends_in=timedelta(days=-3)),
        "root",
        [f"expired on {NOW - timedelta(days=3):%Y-%m-%d}"],
        ["Renew it on 127.0.0.1"],
    ),
    "not yet valid": (
        lambda ca: ca.identity(ends_in=timedelta(days=735)),
        "root",
        [f"valid only from {NOW + timedelta(days=5):%Y-%m-%d}"],
        ["Compare the clocks"],
    ),
    "another host": (
        lambda ca: ca.identity(hosts=("jira.acme.example",)),
        "root",
        ["is for jira.acme.example, not for 127.0.0.1"],
        ["an address that the certificate names"],
    ),
    "self-signed": (
        lambda ca: ca.identity(self_signed=True),
        "root",
        ["is self-signed"],
        ["Upload the certificate CN=127.0.0.1", "SHA-256 fingerprint"],
    ),
    "everything at once": (
        lambda ca: ca.identity(hosts=("jira.acme.example",), ends_in=timedelta(days=-3)),
        "",
        ["is for jira.acme.example", "expired on", "not trusted here"],
        ["Renew it", "upload the certificate of CN=Acme Root CA"],
    ),
}


@pytest.mark.parametrize("case", OUT_OF_ORDER)
def test_what_is_wrong_is_named_with_what_to_do(authority: Authority, case: str) -> None:
    make, trusted, causes, steps = OUT_OF_ORDER[case]
    ca_pem = authority.root_pem if trusted else ""
    with Served(APP, tls=make(authority)) as served:
        found = problems(served, ca_pem=ca_pem)
        assert not accepted(served, ca_pem)
    for word in causes:
        assert word in " ".join(problem.cause for problem in found)
    for word in steps:
        assert word in " ".join(problem.next_step for problem in found)


@pytest.mark.parametrize("by_intermediate", [False, True])
def test_a_sound_chain_has_no_problem(authority: Authority, by_intermediate: bool) -> None:
    with Served(APP, tls=authority.identity(by_intermediate=by_intermediate)) as served:
        assert problems(served, ca_pem=authority.root_pem) == ()
        assert accepted(served, authority.root_pem)


def test_an_intermediate_that_is_uploaded_helps_as_is_said(authority: Authority) -> None:
    with Served(APP, tls=authority.identity(by_intermediate=True, whole_chain=False)) as served:
        assert problems(served, ca_pem=authority.intermediate_pem) == ()
        assert accepted(served, authority.intermediate_pem)


def test_a_self_signed_certificate_that_is_uploaded_helps_as_is_said(authority: Authority) -> None:
    with Served(APP, tls=authority.identity(self_signed=True)) as served:
        (problem,) = problems(served)
        assert problem.upload is not None
        pem = problem.upload.public_bytes(serialization.Encoding.PEM).decode()
        assert problems(served, ca_pem=pem) == ()
        assert accepted(served, pem)


def test_a_bundle_with_comments_in_any_script_is_read(authority: Authority) -> None:
    bundle = f"# Hausbank – Zertifikate\n{authority.intermediate_pem}\n# Größe\n{authority.root_pem}"
    assert [tls.title(one.subject) for one in tls.certificates_in(bundle)] == ["CN=Acme Issuing CA", "CN=Acme Root CA"]
    with Served(APP, tls=authority.identity()) as served:
        assert accepted(served, bundle)


def test_a_port_without_tls() -> None:
    with Served(APP) as served, pytest.raises(tls.NoTls, match="does not speak TLS"):
        problems(served)


def test_a_port_that_never_answers_is_left_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connected = socket.create_connection(listener.getsockname(), timeout=5)
        with closing(connected), pytest.raises(TimeoutError):
            tls.look(connected, "127.0.0.1", ca_pem="", seconds=0.2)


NAMES = {
    "the name": ("jira.acme.example", True),
    "in capitals": ("JIRA.acme.example", True),
    "a star for one label": ("wiki.tools.acme.example", True),
    "no star for two labels": ("a.wiki.tools.acme.example", False),
    "no star for none": ("tools.acme.example", False),
    "an address": ("192.0.2.7", True),
    "another address": ("192.0.2.8", False),
    "an address of version 6, in long": ("2001:db8:0::7", True),
}


@pytest.mark.parametrize("case", NAMES)
def test_which_hosts_a_certificate_is_for(authority: Authority, case: str) -> None:
    host, named = NAMES[case]
    hosts = ("jira.acme.example", "*.tools.acme.example", "192.0.2.7", "2001:db8::7")
    certificate = x509.load_pem_x509_certificate(authority.identity(hosts=hosts).chain.read_bytes())
    assert tls.names(certificate, host) is named
