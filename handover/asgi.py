"""The door beside Django, in one server."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGIReceiveEvent, ASGISendCallable, Scope
from django.core.asgi import get_asgi_application

from handover import settings
from handover.door.answers import CLOSE, Answer
from handover.door.opening import opened

DOOR = "/integration/jira-dc/connections/"
# Django spools a body to the disk before it looks whose it is. The largest form is that of certificates.
MOST_BYTES = 8 * 1024 * 1024
TOO_LARGE = Answer(413, "This is larger than 8 MiB, and was not taken. Go back and send less.", headers=CLOSE)


@asynccontextmanager
async def application(*, on_journaled: Callable[[], None]) -> AsyncIterator[ASGI3Application]:
    """All that is answered over HTTP: deliveries by the door, everything else by Django."""
    django = bounded(get_asgi_application())  # type: ignore[arg-type]
    async with opened(settings.DATABASE_FILE, on_journaled=on_journaled) as door:

        async def either(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
            if scope["type"] != "lifespan" and scope["path"].startswith(DOOR):
                await door(scope, receive, send)
            else:
                await django(scope, receive, send)

        yield either


def bounded(app: ASGI3Application) -> ASGI3Application:
    """The application, which is given MOST_BYTES of a body at most. Who sends or announces more is answered 413."""

    async def within(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        came = 0

        async def counted() -> ASGIReceiveEvent:
            nonlocal came
            message = await receive()
            if message["type"] == "http.request":
                came += len(message.get("body", b""))
            # As if the client had left: Django lets go of what it has spooled, and answers nothing.
            return {"type": "http.disconnect"} if came > MOST_BYTES else message

        announced = _announced(scope["headers"]) if scope["type"] == "http" else 0
        if announced <= MOST_BYTES:
            await app(scope, counted, send)
        if max(announced, came) > MOST_BYTES:
            await send(TOO_LARGE.start)
            await send(TOO_LARGE.body)

    return within


def _announced(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """What Content-Length tells; 0 where it is no number: the bytes are counted."""
    told = next((value for name, value in headers if name == b"content-length"), b"")
    # A number of more digits is not worth reading.
    return int(told[:20]) if told.isdigit() else 0
