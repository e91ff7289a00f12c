"""The way to the model, as it is configured now: the gateway asks for it at each call."""

from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import httpx

from handover.configuration import network
from handover.configuration.store import current
from handover.gateway.upstream import Upstream, upstream_of


class ModelWay:
    """One client for all calls, and a new one when other authorities are to be trusted. Belongs to one event loop."""

    def __init__(self) -> None:
        self._clients = AsyncExitStack()
        self._trusting: str | None = None
        self._client: httpx.AsyncClient | None = None

    def upstream(self) -> Upstream:
        """Where the model is. Raises SecretUnreadable."""
        model = current().model
        return upstream_of(model.name, base_url=model.base_url, key=model.key.clear())

    def client(self) -> httpx.AsyncClient:
        """The client. An older one ends with the process: calls may be under way on it."""
        trusted = current().trust.certificates
        if self._client is None or trusted != self._trusting:
            self._client, self._trusting = network.client(), trusted
            self._clients.push_async_callback(self._client.aclose)
        return self._client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._clients.aclose()
