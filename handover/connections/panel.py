"""What an administrator sees of a connection's webhook. Nobody else gets any of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.http import HttpRequest

from handover.connections import webhook
from handover.connections.models import Connection, DoorTally
from handover.jira.webhook_check import WHERE
from handover.lib.secrets import SecretUnreadable

# As Jira's own page for webhooks names them, which has a box to tick for each.
EVENTS = (
    ("jira:issue_created", "Issue: created"),
    ("jira:issue_updated", "Issue: updated"),
    ("jira:issue_deleted", "Issue: deleted"),
    ("comment_created", "Comment: created"),
    ("comment_updated", "Comment: updated"),
    ("comment_deleted", "Comment: deleted"),
)
TONES = {
    Connection.Webhook.NONE: "quiet",
    Connection.Webhook.PREPARED: "care",
    Connection.Webhook.ACTIVE: "good",
    Connection.Webhook.PAUSED: "care",
}


@dataclass(frozen=True)
class Panel:
    """How the webhook stands. `secret` is "" but in the step in which it is entered in Jira."""

    connection: Connection
    tone: str
    url: str
    secret: str
    unreadable: str
    rotating_until: datetime | None
    waiting: int
    arrived_at: datetime | None
    refused: DoorTally | None

    @property
    def set_up(self) -> bool:
        """Whether deliveries start runs, or would but for the pause."""
        return self.connection.webhook_state in (Connection.Webhook.ACTIVE, Connection.Webhook.PAUSED)

    @property
    def details(self) -> bool:
        """Whether this is a step in which URL, secret and events are entered in Jira."""
        return self.connection.webhook_state == Connection.Webhook.PREPARED or self.rotating_until is not None


def panel_of(request: HttpRequest, connection: Connection) -> Mapping[str, object]:
    """The context of `connections/_webhook.html`; empty for whoever is no administrator."""
    if not request.user.is_superuser:
        return {}
    return {"panel": panel(connection), "webhook_events": EVENTS, "webhooks_page": WHERE}


def panel(connection: Connection) -> Panel:
    """How the connection's webhook stands now."""
    arrived_at = _arrived_at(connection)
    shown = Panel(
        connection=connection,
        tone=TONES[Connection.Webhook(connection.webhook_state)],
        url=webhook.events_url(connection),
        secret="",
        unreadable="",
        rotating_until=webhook.rotating_until(connection),
        waiting=connection.delivery_set.filter(state="received").count(),
        arrived_at=arrived_at,
        refused=_refused_since(connection, arrived_at),
    )
    return _with_secret(shown) if shown.details else shown


def _with_secret(shown: Panel) -> Panel:
    try:
        return replace(shown, secret=shown.connection.webhook_secret)
    except SecretUnreadable as error:
        return replace(shown, unreadable=str(error))


def _arrived_at(connection: Connection) -> datetime | None:
    """When Jira last delivered with a right signature, whatever became of it."""
    journaled = connection.delivery_set.order_by("-id").values_list("received_at", flat=True).first()
    counted = _tallies(connection, DoorTally.Outcome.IGNORED)
    moments = [moment for moment in (journaled, counted.last_at if counted else None) if moment]
    return max(moments, default=None)


def _refused_since(connection: Connection, moment: datetime | None) -> DoorTally | None:
    """What was refused last, where nothing has arrived since."""
    refused = _tallies(connection, DoorTally.Outcome.REFUSED)
    return refused if refused and (moment is None or refused.last_at > moment) else None


def _tallies(connection: Connection, outcome: DoorTally.Outcome) -> DoorTally | None:
    return DoorTally.objects.filter(connection_id=connection.id, outcome=outcome).order_by("-last_at").first()
