"""Runs a stand-in's ASGI app on loopback, in a thread of its own."""

import socket
import threading
from typing import Any

import uvicorn

from standins.authority import Identity


class Served:
    """An ASGI app that answers on loopback until `stop`. `with Served(app) as served: served.url`.

    With `tls` it answers over TLS alone, and shows that certificate.
    """

    def __init__(self, app: Any, *, port: int = 0, tls: Identity | None = None) -> None:
        self._listener = socket.create_server(("127.0.0.1", port), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        config = uvicorn.Config(
            app,
            log_level="warning",
            lifespan="off",
            timeout_graceful_shutdown=1,
            access_log=False,
            ssl_certfile=tls.chain if tls else None,
            ssl_keyfile=tls.key if tls else None,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the server and wait for its thread, ten seconds at most."""
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._listener.close()

    def __enter__(self) -> "Served":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
