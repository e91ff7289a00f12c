"""The one door to the network: time limits, trusted CAs, proxy, an honest user agent, bounded answers."""

import ssl
from functools import cache
from pathlib import Path

import httpx

USER_AGENT = "Handover/0.1"
# Jira takes 20 s for its own deliveries; an issue of 40 KB over a slow link needs no longer.
TIME_LIMIT = httpx.Timeout(20.0, connect=5.0)
MOST_BYTES = 16 * 1024 * 1024


class AnswerTooLarge(httpx.TransportError):
    """The other side sent more than MOST_BYTES."""


@cache
def trust(ca_file: str) -> ssl.SSLContext:
    """The system's certificate authorities, and those of `ca_file` (PEM) where one is named."""
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(cafile=str(Path(ca_file)))
    return context


def client(
    *, ca_file: str = "", headers: dict[str, str] | None = None, timeout: httpx.Timeout = TIME_LIMIT
) -> httpx.AsyncClient:
    """A client that follows no redirect by itself: a credential never travels to an address that nobody configured."""
    return httpx.AsyncClient(
        headers={"User-Agent": USER_AGENT, **(headers or {})},
        timeout=timeout,
        verify=trust(ca_file),
        follow_redirects=False,
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
