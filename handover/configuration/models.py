"""The versions of the configuration, and which of them each process has taken up."""

import uuid

from django.db import models


class Version(models.Model):
    """The configuration as somebody saved it. Secrets in it are sealed, each with the address that it belongs to."""

    number = models.PositiveIntegerField(primary_key=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=255, help_text="A member's name, or the command that wrote it.")
    document = models.JSONField()
    sealing = models.PositiveIntegerField(
        default=0, help_text="Grows when its secrets are sealed anew, so that processes read it again."
    )

    def __str__(self) -> str:
        return f"Version {self.number}"


class Process(models.Model):
    """A running process, as it last told of itself."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    version = models.PositiveIntegerField(help_text="Of the configuration that it works with.")

    def __str__(self) -> str:
        return f"Process {self.pid} on {self.host}"
