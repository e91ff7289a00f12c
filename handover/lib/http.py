"""The one door to the network: time limits, trusted CAs, proxy, an honest user agent, bounded answers."""

import ipaddress
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import Any

import httpx

from handover.lib.addresses import Own, refusal_at

USER_AGENT = "Handover/0.1"
# Jira takes 20 s for its own deliveries; an issue of 40 KB over a slow link needs no longer.
TIME_LIMIT = httpx.Timeout(20.0, connect=5.0)
MOST_BYTES = 16 * 1024 * 1024
PEM = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]{1,100000}-----END CERTIFICATE-----", re.ASCII)
PORTS = {"http": 80, "https": 443}


class AnswerTooLarge(httpx.TransportError):
    """The other side sent more than MOST_BYTES."""


class AddressRefused(httpx.TransportError):
    """The request would have gone to an address that nothing is sent to. The message is a sentence."""


# A new version of the configuration brings another text; the old ones' clients end soon.
@lru_cache(maxsize=8)
def trust(ca_pem: str) -> ssl.SSLContext:
    """The system's certificate authorities, and those of `ca_pem`. Raises ssl.SSLError where one cannot be read."""
    context = ssl.create_default_context()
    # An uploaded CA is trusted by itself, without the one that issued it, as git and Python 3.13 have it.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    # The certificates alone: bundles have comments between them, in any script.
    if certificates := "\n".join(PEM.findall(ca_pem)):
        context.load_verify_locations(cadata=certificates)
    return context


def client(
    *,
    ca_pem: str = "",
    own: Own | None = None,
    headers: dict[str, str] | None = None,
    timeout: httpx.Timeout = TIME_LIMIT,
) -> httpx.AsyncClient:
    """A client that follows no redirect by itself: a credential never travels to an address that nobody configured.

    `ca_pem` has further authorities to trust. Requests to `own`, or to what addresses.py forbids, raise AddressRefused.
    """
    return httpx.AsyncClient(
        headers={"User-Agent": USER_AGENT, **(headers or {})},
        timeout=timeout,
        verify=trust(ca_pem),
        follow_redirects=False,
        event_hooks={"request": [_guarding(own)]},
    )


async def bounded(client: httpx.AsyncClient, request: httpx.Request, *, most_bytes: int = MOST_BYTES) -> httpx.Response:
    """Send the request and read at most `most_bytes` of the answer. Raises AnswerTooLarge, httpx.TransportError."""
    response = await client.send(request, stream=True)
    try:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > most_bytes:
                raise AnswerTooLarge(f"{request.url.host} sent more than {most_bytes} bytes.", request=request)
    finally:
        await response.aclose()
    headers = [(name, value) for name, value in response.headers.multi_items() if name.lower() != "content-encoding"]
    return httpx.Response(response.status_code, headers=headers, content=bytes(body), request=request)


def _guarding(own: Own | None) -> Callable[[httpx.Request], Awaitable[None]]:
    async def guard(request: httpx.Request) -> None:
        """Refuse by what is written; what a name leads to is known once it is connected."""
        host, port = request.url.host, request.url.port or PORTS.get(request.url.scheme, 0)
        if refusal := refusal_at(host, port, own=own):
            raise AddressRefused(refusal, request=request)
        request.extensions["trace"] = _Watch(request, own, port)

    return guard


class _Watch:
    """Looks at where a connection leads, before a byte is sent on it: a name asked once more may lead elsewhere.

    https://www.encode.io/httpcore/extensions/#trace
    """

    def __init__(self, request: httpx.Request, own: Own | None, port: int) -> None:
        self._request = request
        self._own = own
        self._port = port
        self._straight = True

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(".connect_tcp.started"):
            # To a proxy that the machine's settings name, and not to the host: the proxy looks the name up.
            self._straight = info["host"] == self._request.url.raw_host.decode("ascii")
        elif event.endswith(".connect_tcp.complete") and self._straight:
            await self._judge(info["return_value"])

    async def _judge(self, stream: Any) -> None:
        ip = ipaddress.ip_address(str(stream.get_extra_info("server_addr")[0]).partition("%")[0])
        if refusal := refusal_at(self._request.url.host, self._port, own=self._own, resolved=[ip]):
            await stream.aclose()
            raise AddressRefused(refusal, request=self._request)
