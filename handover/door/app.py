"""The webhook door, raw ASGI: verify, read, journal, answer."""

from collections.abc import Iterable

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope

from handover.door.answers import (
    FORBIDDEN,
    NOT_ALLOWED,
    NOT_HERE,
    NOT_JOURNALED,
    NOT_JSON,
    TAKEN,
    TOO_LARGE,
    TOO_SLOW,
    Answer,
)
from handover.door.arriving import Gone, TooLarge, TooSlow, announces_too_much, arrived
from handover.door.connections import Connections, Known
from handover.door.dropped import Dropped
from handover.door.journal import Entry, Journal, JournalUnavailable
from handover.jira import bodies
from handover.jira.bodies import Event
from handover.jira.signature import verify
from handover.lib import clock
from handover.triggers.reading import Ignored, Lifecycle, NotJson, Trigger, judged

# Whether the connection exists is told by the signature alone: any name of one has this form.
PREFIX = "/integration/jira-dc/connections/"
SUFFIX = "/events"
ANOTHER_JIRA = "Another Jira: the body's links do not begin with the connection's base URL."
MOST_EVENT = 100


class Door:
    """Answers `POST /integration/jira-dc/connections/<id>/events`.

    200 promises that what asks for something is on the disk. The body is a hint: whoever acts on it reads Jira first.
    """

    def __init__(self, journal: Journal, connections: Connections) -> None:
        self.dropped = Dropped()
        self._journal = journal
        self._connections = connections

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Answer one request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": None})
        elif scope["type"] == "http":
            try:
                answer = await self._answer(scope, receive)
            except Gone:
                return
            await send(answer.start)
            await send(answer.body)

    async def _answer(self, scope: HTTPScope, receive: ASGIReceiveCallable) -> Answer:
        path = scope["path"]
        if not (path.startswith(PREFIX) and path.endswith(SUFFIX)):
            return NOT_HERE
        if scope["method"] != "POST":
            return NOT_ALLOWED
        try:
            signature = _signature(scope["headers"])
            body = await arrived(receive)
        except TooLarge:
            return TOO_LARGE
        except TooSlow:
            return TOO_SLOW
        known = self._connections.at(path)
        if not verify(known.secret, body, signature):
            return FORBIDDEN
        return await self._take(known, body)

    async def _take(self, known: Known, body: bytes) -> Answer:
        try:
            event = bodies.event(body)
        except NotJson:
            return NOT_JSON
        outcome = judged(event, known.watch)
        name = (event.name or "")[:MOST_EVENT]
        match outcome:
            case Ignored(reason=reason):
                self.dropped.add(known.id, name, reason)
            case Trigger() | Lifecycle() if _elsewhere(event, known.links):
                self.dropped.add(known.id, name, ANOTHER_JIRA)
            case Trigger(dedupe_key=dedupe_key) | Lifecycle(dedupe_key=dedupe_key):
                return await self._keep(known, name, body, dedupe_key)
        return TAKEN

    async def _keep(self, known: Known, event: str, body: bytes, dedupe_key: str) -> Answer:
        entry = Entry.of(connection=known.id, received_at=clock.now(), event=event, body=body, dedupe_key=dedupe_key)
        try:
            await self._journal.write(entry)
        except JournalUnavailable:
            return NOT_JOURNALED
        return TAKEN


def _signature(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The one signature; "" where there is none or a choice of several. Raises TooLarge where the body will be."""
    found = []
    for name, value in headers:
        if name == b"x-hub-signature":
            found.append(value)
        elif name == b"content-length" and announces_too_much(value):
            raise TooLarge
    return found[0].decode("latin-1") if len(found) == 1 else ""


def _elsewhere(event: Event, links: str) -> bool:
    """Whether the body speaks of an issue or a comment of another Jira."""
    about = (event.issue, event.comment)
    return any(part is not None and part.link is not None and not part.link.startswith(links) for part in about)
