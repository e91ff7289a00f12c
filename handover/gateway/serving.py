"""Serves the gateway on a unix socket, inside the event loop that is running."""

import asyncio
import socket
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn

from handover.gateway.app import Gateway
from handover.lib.serving import Server

GRACE_SECONDS = 3
START_SECONDS = 10.0
# Linux keeps a unix socket's address in 108 bytes, the last of them zero.
MOST_PATH_BYTES = 107
BACKLOG = 512


class SocketUnusable(Exception):
    """The socket cannot be made where it should be. The message says what to do."""


class GatewayServer:
    """`async with GatewayServer(gateway, path)`: an agent that is given the socket at `path` reaches the model."""

    def __init__(self, gateway: Gateway, path: Path) -> None:
        self.path = path
        config = uvicorn.Config(
            gateway,
            loop="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        self._server = _Server(config)
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen. Returns when the socket answers."""
        listener = listen(self.path)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))
        async with asyncio.timeout(START_SECONDS):
            await self._server.up.wait()

    async def stop(self) -> None:
        """Answer what is under way, for GRACE_SECONDS at the most, and remove the socket."""
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving
        self.path.unlink(missing_ok=True)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


class _Server(Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets=sockets)
        self.up.set()


def listen(path: Path) -> socket.socket:
    """A unix socket that every account may connect to, in a folder that only we can list. Raises SocketUnusable."""
    if len(bytes(path)) > MOST_PATH_BYTES:
        raise SocketUnusable(f"{path} is too long for a socket. Set HANDOVER_DATA to a folder with a shorter name.")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
        path.parent.chmod(0o711)
        # One that an ended process left cannot be bound again.
        path.unlink(missing_ok=True)
        listener.bind(bytes(path))
        # An agent runs as another account; its token, not the socket, says which run it is.
        path.chmod(0o666)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise SocketUnusable(f"{path} cannot be listened on: {error.strerror}.") from error
    return listener
