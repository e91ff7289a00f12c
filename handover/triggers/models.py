"""What Jira delivered, and what became of it."""

from django.db import models

from handover.connections.models import Connection


class Delivery(models.Model):
    """One webhook body as it came. The door writes the row before it answers Jira."""

    class State(models.TextChoices):
        """`received` until it was acted on; the rest are endings."""

        RECEIVED = "received"
        ACTED = "acted"
        IGNORED = "ignored"
        FAILED = "failed"

    id = models.BigAutoField(primary_key=True)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE)
    received_at = models.DateTimeField()
    event = models.CharField(max_length=100)
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED, db_default=State.RECEIVED.value)
    reason = models.TextField(default="", db_default="")
    dedupe_key = models.CharField(max_length=200)
    # Last: some 10 KB, which neither a list nor a change of state has to read past.
    body = models.BinaryField()

    class Meta:
        indexes = (models.Index(fields=["state", "id"], name="deliveries_waiting"),)

    def __str__(self) -> str:
        return f"{self.event} at {self.received_at:%Y-%m-%d %H:%M:%S %Z}"
