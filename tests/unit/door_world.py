"""A connection, deliveries of its Jira, and a door that is asked without a network."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from handover.configuration.vault import vault
from handover.connections.models import Connection
from handover.door.app import Door
from handover.door.connections import Connections, Stored
from handover.door.journal import Journal
from handover.door.tally import Tally
from handover.jira.signature import signed
from handover.triggers.models import Delivery
from tests.configured import add_jira

JIRA = "https://jira.acme.example/jira"
SECRET = "a secret of forty characters, or nearly so"
ID = UUID("11111111-2222-3333-4444-555555555555")
PATH = f"/integration/jira-dc/connections/{ID}/events"
T = TypeVar("T")


def connect(*, id: UUID = ID, base_url: str = JIRA, secret: str = SECRET) -> Connection:
    """A stored connection, active and configured."""
    add_jira(base_url)
    return Connection.objects.create(
        id=id,
        base_url=base_url,
        bot_name="openhands",
        bot_key="JIRAUSER10001",
        sealed_webhook_secret=vault().seal(secret, address=base_url),
        webhook_state=Connection.Webhook.ACTIVE,
    )


def comment(text: str = "@openhands fix it", *, number: int = 1, base_url: str = JIRA, **more: object) -> bytes:
    """A `comment_created` by Lina on PAY-1."""
    lina = {"name": "lina", "key": "JIRAUSER10101", "displayName": "Lina Linde"}
    issue = f"{base_url}/rest/api/2/issue/10001"
    event = {
        "timestamp": 1_790_000_000_000,
        "webhookEvent": "comment_created",
        "comment": {"self": f"{issue}/comment/{number}", "id": str(number), "author": lina, "body": text},
        "issue": {"id": "10001", "self": issue, "key": "PAY-1", "fields": {"labels": []}},
        **more,
    }
    return json.dumps(event).encode()


@dataclass
class Answer:
    """What the door answered; status 0 where it said nothing."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    read: int = 0
    """How many pieces of the body it took."""


async def ask(
    door: Door,
    body: bytes | Sequence[bytes],
    *,
    signature: bytes | None = None,
    headers: Iterable[tuple[bytes, bytes]] = (),
    path: str = PATH,
    method: str = "POST",
    disconnect: bool = False,
) -> Answer:
    """Ask the door. The body comes in the given pieces; with `disconnect` its end never comes."""
    pieces = [body] if isinstance(body, bytes) else list(body)
    signature = signed(SECRET, b"".join(pieces)).encode() if signature is None else signature
    answer = Answer()

    async def receive() -> Any:
        at = answer.read
        answer.read += 1
        if at >= len(pieces):
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": pieces[at], "more_body": disconnect or at + 1 < len(pieces)}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], message["headers"]
        else:
            answer.body += message["body"]

    given = [*headers, *([(b"x-hub-signature", signature)] if signature else [])]
    scope: Any = {"type": "http", "method": method, "path": path, "headers": given, "query_string": b""}
    await door(scope, receive, send)
    return answer


def with_door(database: Path, use: Callable[[Door], Awaitable[T]]) -> T:
    """What `use` gives with a door over the stored connections."""

    async def opened() -> T:
        connections = Connections(Stored())
        await connections.refresh()
        journal = Journal(database)
        try:
            return await use(Door(journal, connections, Tally()))
        finally:
            await journal.stop()

    return asyncio.run(opened())


def journaled() -> list[Delivery]:
    """All deliveries in the journal, oldest first."""
    return list(Delivery.objects.order_by("id"))
