"""What a base URL may lead to: not to ourselves, and not to what only the machine itself should reach."""

import asyncio
import ipaddress
import socket
from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from handover.lib import addresses, http
from handover.lib.addresses import Own, checked_address, refusal_of
from standins.serving import Served

OWN = Own(public_url="https://handover.acme.example", host="127.0.0.1", port=8080)
EVERYWHERE = Own(public_url="https://handover.acme.example:8443/", host="0.0.0.0", port=8080)

LINK_LOCAL = "link-local"
UNSPECIFIED = "unspecified"
MULTICAST = "multicast"
OURS = "Handover itself"

# What is written, where it leads, and a word of the refusal; "" where it is fine.
WRITTEN = {
    "a name": ("https://jira.acme.example/jira", ["10.1.2.3"], ""),
    "a name that does not resolve here": ("https://jira.acme.example/jira", [], ""),
    "loopback, another port": ("http://127.0.0.1:2990/jira", ["127.0.0.1"], ""),
    "a private address": ("http://192.168.7.7", [], ""),
    "a public address": ("https://[2001:db8::7]/", [], ""),
    "a name with digits": ("https://127.jira.acme.example", [], ""),
    "metadata": ("http://169.254.169.254/latest/meta-data", [], LINK_LOCAL),
    "metadata, in decimal": ("http://2852039166/", [], LINK_LOCAL),
    "metadata, in hexadecimal": ("http://0xA9FEA9FE/", [], LINK_LOCAL),
    "metadata, in octal": ("http://0251.0376.0251.0376/", [], LINK_LOCAL),
    "metadata, in mixed parts": ("http://169.0xfe.43518/", [], LINK_LOCAL),
    "metadata, with a dot at the end": ("http://169.254.169.254./", [], LINK_LOCAL),
    "metadata, in wide digits": ("http://１６９.254.169.254/", [], LINK_LOCAL),
    "metadata, mapped": ("http://[::ffff:169.254.169.254]/", [], LINK_LOCAL),
    "metadata, mapped in hexadecimal": ("http://[::ffff:a9fe:a9fe]/", [], LINK_LOCAL),
    "metadata, compatible": ("http://[::169.254.169.254]/", [], LINK_LOCAL),
    "metadata, by 6to4": ("http://[2002:a9fe:a9fe::]/", [], LINK_LOCAL),
    "metadata, by NAT64": ("http://[64:ff9b::a9fe:a9fe]/", [], LINK_LOCAL),
    "metadata of AWS": ("http://[fd00:ec2::254]/", [], LINK_LOCAL),
    "metadata of Alibaba": ("http://100.100.100.200/", [], LINK_LOCAL),
    "link-local": ("http://169.254.1.1:8080/", [], LINK_LOCAL),
    "link-local, version 6": ("http://[fe80::1]/", [], LINK_LOCAL),
    "link-local with a zone": ("http://[fe80::1%25eth0]/", [], LINK_LOCAL),
    "a name that leads to metadata": ("http://jira.attacker.example", ["8.8.8.8", "169.254.169.254"], LINK_LOCAL),
    "a name that leads to link-local": ("http://jira.attacker.example", ["fe80::2"], LINK_LOCAL),
    "no machine": ("http://0.0.0.0:8080/", [], UNSPECIFIED),
    "no machine, short": ("http://0/", [], UNSPECIFIED),
    "no machine, version 6": ("http://[::]:8080/", [], UNSPECIFIED),
    "many machines": ("http://224.0.0.1/", [], MULTICAST),
    "many machines, version 6": ("http://[ff02::1]/", [], MULTICAST),
    "all machines": ("http://255.255.255.255/", [], MULTICAST),
    "our public address": ("https://handover.acme.example/jira", [], OURS),
    "our public address with its port": ("https://handover.acme.example:443", [], OURS),
    "our public address in capitals": ("https://HANDOVER.acme.example.", [], OURS),
    "our public host, another port": ("https://handover.acme.example:8443/jira", [], ""),
    "where we listen": ("http://127.0.0.1:8080", [], OURS),
    "where we listen, in short": ("http://127.1:8080", [], OURS),
    "where we listen, mapped": ("http://[::ffff:127.0.0.1]:8080", [], OURS),
    "a name that leads to where we listen": ("http://localhost:8080/jira", ["127.0.0.1"], OURS),
    "another of our addresses, where we do not listen": ("http://127.0.0.2:8080", [], ""),
    "nothing": ("https://", [], "is no address"),
    "a port that is none": ("https://jira.acme.example:jira/", [], "is no address"),
}


@pytest.mark.parametrize("case", WRITTEN)
def test_what_a_base_url_may_lead_to(case: str) -> None:
    url, leads_to, word = WRITTEN[case]
    refusal = refusal_of(url, own=OWN, resolved=[ipaddress.ip_address(address) for address in leads_to])
    if word:
        assert refusal and word in refusal
    else:
        assert refusal is None


@pytest.mark.parametrize(("url", "refused"), [("http://127.0.0.9:8080", True), ("http://192.0.2.7:8080", False)])
def test_listening_everywhere_any_address_of_this_machine_is_ours(url: str, refused: bool) -> None:
    assert bool(refusal_of(url, own=EVERYWHERE)) is refused


def test_the_public_port_is_part_of_the_public_address() -> None:
    assert refusal_of("https://handover.acme.example/jira", own=EVERYWHERE) is None
    assert refusal_of("https://handover.acme.example:8443/jira", own=EVERYWHERE)


def test_a_name_is_looked_up_when_it_is_saved() -> None:
    assert OURS in str(checked_address("http://localhost:8080/jira", own=OWN))
    assert checked_address("http://localhost:8081/jira", own=OWN) is None
    assert checked_address("http://no-such-host.invalid/jira", own=OWN) is None


@pytest.fixture
def other() -> Iterator[Served]:
    with Served(Starlette(routes=[Route("/", lambda _: PlainTextResponse("here"))])) as served:
        yield served


def asked(url: str, own: Own | None = None) -> str:
    async def ask() -> str:
        async with http.client(own=own) as client:
            return (await client.get(url)).text

    return asyncio.run(ask())


def test_a_request_goes_to_loopback(other: Served) -> None:
    assert asked(other.url, OWN) == "here"


@pytest.mark.parametrize("url", ["http://169.254.169.254/", "http://0xa9fea9fe/", "http://[fe80::1]/"])
def test_a_request_to_a_forbidden_address_is_not_made(url: str) -> None:
    with pytest.raises(http.AddressRefused, match=LINK_LOCAL):
        asked(url)


def test_a_request_to_ourselves_is_not_made(other: Served) -> None:
    with pytest.raises(http.AddressRefused, match=OURS):
        asked(other.url, Own(public_url=other.url, host="", port=0))


def test_a_name_that_leads_to_ourselves_is_found_out_before_a_byte_is_sent() -> None:
    """The name passes as written; the connection is looked at, so an answer that changes in between does not help."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(http.AddressRefused, match=OURS):
            asked(f"http://localhost:{port}/", Own("https://handover.acme.example", "127.0.0.1", port))
        met, _ = listener.accept()
        with met:
            assert met.recv(1) == b""


def test_what_a_proxy_looks_up_is_not_judged_by_the_proxys_address(
    other: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", other.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert asked("http://jira.acme.example/", Own("https://handover.acme.example", "127.0.0.1", other.port)) == "here"


def test_an_address_of_this_machine() -> None:
    assert addresses.on_this_machine(ipaddress.ip_address("127.0.0.1"))
    assert not addresses.on_this_machine(ipaddress.ip_address("192.0.2.1"))


def test_the_refusal_is_a_failure_of_transport() -> None:
    """So whoever asks treats it as an address that cannot be reached, and says its sentence."""
    assert issubclass(http.AddressRefused, httpx.TransportError)
