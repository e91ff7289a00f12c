"""The least that an ASGI app can do, and the door beside it in the same server."""

import asyncio
import os
import socket
import sys
from typing import Any

import uvicorn

START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"text/plain"), (b"content-length", b"3")],
}
BODY = {"type": "http.response.body", "body": b"ok\n"}


async def bare(_scope: Any, _receive: Any, send: Any) -> None:
    """Answer, whatever comes."""
    await send(START)
    await send(BODY)


async def _serve(listener: socket.socket) -> None:
    from handover import settings
    from handover.door.opening import opened

    async with opened(settings.DATABASE_FILE, on_journaled=lambda: None) as door:

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await (bare if scope["path"] == "/bare" else door)(scope, receive, send)

        config = uvicorn.Config(
            app,
            http="httptools",
            loop="none",
            lifespan="off",
            access_log=False,
            log_level="warning",
            server_header=False,
        )
        await uvicorn.Server(config).serve(sockets=[listener])


def main() -> None:
    """Serve on the listening socket whose descriptor is the first argument, until SIGTERM."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "handover.settings")
    import django
    import uvloop

    django.setup()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(socket.socket(fileno=int(sys.argv[1]))))


if __name__ == "__main__":
    main()
