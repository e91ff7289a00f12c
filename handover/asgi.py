"""The door beside Django, in one server."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from django.core.asgi import get_asgi_application

from handover import settings
from handover.door.opening import opened

DOOR = "/integration/jira-dc/connections/"


@asynccontextmanager
async def application(*, on_journaled: Callable[[], None]) -> AsyncIterator[ASGI3Application]:
    """All that is answered over HTTP: deliveries by the door, everything else by Django."""
    django = get_asgi_application()
    async with opened(settings.DATABASE_FILE, on_journaled=on_journaled) as door:

        async def either(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
            if scope["type"] != "lifespan" and scope["path"].startswith(DOOR):
                await door(scope, receive, send)
            else:
                await django(scope, receive, send)  # type: ignore[arg-type]

        yield either
