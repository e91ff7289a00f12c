"""When a test delivery arrived."""

from datetime import datetime
from uuid import UUID

from handover.triggers.models import Delivery
from handover.triggers.probes import dedupe_key


def arrived_at(connection_id: UUID, token: str) -> datetime | None:
    """When the first delivery of the test came to the door; None where none has, yet."""
    arrivals = Delivery.objects.filter(connection_id=connection_id, dedupe_key=dedupe_key(token))
    return arrivals.order_by("id").values_list("received_at", flat=True).first()
