"""How a connection's webhook stands, and the moves of it. A move is one conditional update; losing a race is normal."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from handover import settings
from handover.configuration.vault import vault
from handover.connections.models import Connection
from handover.jira.webhook_records import Wanted
from handover.lib import clock

Webhook = Connection.Webhook
# Long enough to change it in Jira when somebody is there to do so; for a secret that leaked, no longer.
FORMER_HOLDS = timedelta(days=1)


def wanted(connection: Connection) -> Wanted:
    """The webhook as Jira must have it. Raises SecretUnreadable."""
    return Wanted(url=events_url(connection), secret=connection.webhook_secret)


def events_url(connection: Connection) -> str:
    """Where Jira delivers."""
    return f"{settings.PUBLIC_URL}{connection.events_path}"


def former_secret_of(connection: Connection) -> str:
    """The secret before the last rotation, in clear; "" where there is none. Raises SecretUnreadable."""
    sealed = connection.sealed_former_secret
    return vault().open(sealed, address=connection.base_url) if sealed else ""


def rotating_until(connection: Connection) -> datetime | None:
    """Until when the former secret holds as well; None where no rotation is under way."""
    until = connection.former_secret_until
    return until if until and connection.sealed_former_secret and clock.now() < until else None


def prepare(connection: Connection) -> None:
    """Make the secret, once. What is there already stays."""
    fresh = {"sealed_webhook_secret": _sealed(connection), "webhook_state": Webhook.PREPARED}
    _moved(connection, {"sealed_webhook_secret": ""}, fresh)
    # A secret that is there without a state is one that a crash left, or a restored backup.
    _moved(connection, {"webhook_state": Webhook.NONE}, {"webhook_state": Webhook.PREPARED})


def activate(connection: Connection) -> bool:
    """From now on deliveries start runs. False where it was not prepared."""
    fresh = {"webhook_state": Webhook.ACTIVE, "activated_at": clock.now()}
    return _moved(connection, {"webhook_state": Webhook.PREPARED}, fresh)


def installed(connection: Connection, hook_id: str) -> None:
    """Jira has the webhook as it must be. One that is paused stays so."""
    _moved(connection, {}, {"webhook_id": hook_id[:40]})
    activate(connection)


def pause(connection: Connection) -> bool:
    """Journal what is delivered, and start nothing. False where it was not active."""
    return _moved(connection, {"webhook_state": Webhook.ACTIVE}, {"webhook_state": Webhook.PAUSED})


def resume(connection: Connection) -> bool:
    """Start what waits, and all that comes. False where it was not paused."""
    return _moved(connection, {"webhook_state": Webhook.PAUSED}, {"webhook_state": Webhook.ACTIVE})


def rotate(connection: Connection) -> bool:
    """Make a new secret; the old one holds until the first delivery with the new one, or for a day.

    False where there is no secret yet, or a rotation is under way: Jira may have neither of three secrets then.
    """
    if not connection.sealed_webhook_secret or rotating_until(connection):
        return False
    fresh = {
        "sealed_webhook_secret": _sealed(connection),
        "sealed_former_secret": connection.sealed_webhook_secret,
        "former_secret_until": clock.now() + FORMER_HOLDS,
    }
    return _moved(connection, {"sealed_webhook_secret": connection.sealed_webhook_secret}, fresh)


def _sealed(connection: Connection) -> str:
    return vault().seal(secrets.token_urlsafe(32), address=connection.base_url)


def _moved(connection: Connection, before: Mapping[str, object], after: Mapping[str, object]) -> bool:
    moved = Connection.objects.filter(id=connection.id, **before).update(**after)
    connection.refresh_from_db()
    return bool(moved)
