"""The webhook door, raw ASGI: verify, read, journal, answer."""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope

from handover.connections import reasons
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
from handover.door.connections import STRANGER, Connections, Known
from handover.door.journal import Closed, Entry, Journal, JournalUnavailable
from handover.door.tally import Tally
from handover.jira import bodies
from handover.jira.bodies import Event
from handover.jira.signature import verify
from handover.lib import clock
from handover.triggers.reading import Ignored, Lifecycle, NotJson, Probe, Trigger, judged

# Whether the connection exists is told by the signature alone: any name of one has this form.
PREFIX = "/integration/jira-dc/connections/"
SUFFIX = "/events"
ANOTHER_JIRA = "Another Jira: the body's links do not begin with the connection's base URL."
MOST_EVENT = 100
Asks = Trigger | Lifecycle | Ignored
# No signature is like this.
SEVERAL = "several"
# Of what rests, so many are journaled; whatever is beyond is counted alone. A webhook may be left unused for months.
MOST_RESTING = 1_000


class Door:
    """Answers `POST /integration/jira-dc/connections/<id>/events`.

    200 promises that what asks for something is on the disk. The body is a hint: whoever acts on it reads Jira first.
    """

    def __init__(self, journal: Journal, connections: Connections, tally: Tally) -> None:
        self._journal = journal
        self._connections = connections
        self.tally = tally
        self._resting: Counter[UUID] = Counter()

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
        flaw = self._flaw(path, known, body, signature)
        if flaw or known.rests:
            known, flaw = await self._seen_again(path, known, flaw, body, signature)
        if flaw:
            self.tally.add(known.id, "refused", "", flaw)
            return FORBIDDEN
        return await self._take(known, body)

    def _flaw(self, path: str, known: Known, body: bytes, signature: str) -> str:
        """Why the signature is refused, for the doctor; "" where it is right."""
        if verify(known.secret, body, signature):
            if known.former_until:
                self._connections.rotated(path)
            return ""
        if verify(known.former, body, signature):
            return "" if known.former_holds else reasons.FORMER_SECRET
        return _refusal(known, body, signature)

    async def _seen_again(self, path: str, known: Known, flaw: str, body: bytes, signature: str) -> tuple[Known, str]:
        """The same by what was changed a moment ago: Jira never sends again what it is told no for."""
        newest = await self._connections.newest(path)
        return newest, flaw if newest is known else self._flaw(path, newest, body, signature)

    async def _take(self, known: Known, body: bytes) -> Answer:
        try:
            event = bodies.event(body)
        except NotJson:
            self.tally.add(known.id, "refused", "", reasons.NOT_JSON)
            return NOT_JSON
        outcome = judged(event, known.watch)
        name = (event.name or "")[:MOST_EVENT]
        match outcome:
            case Ignored(reason=reason) if not known.rests:
                self.tally.add(known.id, "ignored", name, reason)
            case Trigger() | Lifecycle() | Ignored() if known.rests:
                return await self._rest(known, name, body, outcome)
            case Trigger() | Lifecycle() | Probe() if _elsewhere(event, known.links):
                self.tally.add(known.id, "ignored", name, ANOTHER_JIRA)
            case Probe(dedupe_key=dedupe_key, reason=reason):
                return await self._keep(Closed.of(_entry(known, name, body, dedupe_key), reason))
            case Trigger(dedupe_key=dedupe_key) | Lifecycle(dedupe_key=dedupe_key):
                return await self._keep(_entry(known, name, body, dedupe_key))
        return TAKEN

    async def _rest(self, known: Known, event: str, body: bytes, outcome: Asks) -> Answer:
        """What a connection delivers that is not active, or disabled. Bodies that ask for nothing are not kept."""
        self.tally.add(known.id, "ignored", event, known.rests)
        self._resting[known.id] += 1
        if self._resting[known.id] > MOST_RESTING:
            return TAKEN
        kept = b"" if isinstance(outcome, Ignored) else body
        return await self._keep(Closed.of(_entry(known, event, kept, outcome.dedupe_key or ""), known.rests))

    async def _keep(self, entry: Entry | Closed) -> Answer:
        try:
            await self._journal.write(entry)
        except JournalUnavailable:
            return NOT_JOURNALED
        return TAKEN


def _entry(known: Known, event: str, body: bytes, dedupe_key: str) -> Entry:
    return Entry.of(connection=known.id, received_at=clock.now(), event=event, body=body, dedupe_key=dedupe_key)


def _refusal(known: Known, body: bytes, signature: str) -> str:
    if known is STRANGER:
        return reasons.UNKNOWN
    if signature == SEVERAL:
        return reasons.SEVERAL
    if not signature:
        return reasons.UNSIGNED if body else reasons.EMPTY
    return reasons.ANOTHER_SECRET


def _signature(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The one signature; "" where there is none, SEVERAL for a choice. Raises TooLarge where the body will be."""
    found = []
    for name, value in headers:
        if name == b"x-hub-signature":
            found.append(value)
        elif name == b"content-length" and announces_too_much(value):
            raise TooLarge
    if len(found) > 1:
        return SEVERAL
    return found[0].decode("latin-1") if found else ""


def _elsewhere(event: Event, links: str) -> bool:
    """Whether the body speaks of an issue or a comment of another Jira."""
    about = (event.issue, event.comment)
    return any(part is not None and part.link is not None and not part.link.startswith(links) for part in about)
