"""Carries the requests of libraries that speak `requests` through the one door to the network."""

from typing import Any

import httpx
import requests
from asgiref.sync import async_to_sync
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from handover.configuration import network
from handover.lib.http import bounded

# Of a provider's answers: its description, keys and claims weigh some kilobytes.
MOST_BYTES = 1024 * 1024
# A person waits for it, looking at a page.
TIME_LIMIT = httpx.Timeout(10.0, connect=5.0)


def session() -> requests.Session:
    """A session with our trusted CAs, limits and refusals. It follows no redirect: a secret goes nowhere else."""
    made = requests.Session()
    made.trust_env = False
    made.max_redirects = 0
    for scheme in ("https://", "http://"):
        made.mount(scheme, _Door())
    return made


class _Door(BaseAdapter):
    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """The answer. Raises requests.ConnectionError."""
        try:
            answer = async_to_sync(_sent)(request)
        except httpx.HTTPError as error:
            raise requests.ConnectionError(str(error) or type(error).__name__, request=request) from error
        response = requests.Response()
        response.status_code, response.url, response.request = answer.status_code, request.url or "", request
        response.headers = CaseInsensitiveDict(answer.headers)
        response.encoding = answer.encoding
        response._content = answer.content
        return response

    def close(self) -> None:
        """Nothing is held."""


async def _sent(request: requests.PreparedRequest) -> httpx.Response:
    # Those that the request is about; the rest is the door's own.
    about = ("Authorization", "Content-Type")
    headers = {
        "Accept": "application/json",
        **{name: str(request.headers[name]) for name in about if name in request.headers},
    }
    body = request.body if isinstance(request.body, bytes | str) else b""
    async with network.client(timeout=TIME_LIMIT) as client:
        asked = client.build_request(request.method or "GET", request.url or "", headers=headers, content=body)
        return await bounded(client, asked, most_bytes=MOST_BYTES)
