"""The Git hosts that the administrator has allowed."""

from django.db import models


class Forge(models.Model):
    """A Git host. Nothing is ever sent to a host that is not a row here."""

    class Kind(models.TextChoices):
        """The dialect that the host speaks."""

        GITHUB = "github", "GitHub or GitHub Enterprise Server"

    kind = models.CharField(max_length=20, choices=Kind)
    base_url = models.URLField(unique=True, help_text="As people open it, context path included, no trailing slash.")

    def __str__(self) -> str:
        return self.base_url
