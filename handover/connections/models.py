"""A connected Jira Data Center."""

import uuid

from django.db import models

from handover.connections.vault import vault


class Connection(models.Model):
    """A Jira Data Center that this installation is connected to. Its identity is its whole base URL."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    base_url = models.URLField(unique=True, help_text="Context path included, no trailing slash.")
    bot_name = models.CharField(max_length=255)
    bot_key = models.CharField(max_length=255, help_text="The bot's immutable Jira user key.")
    sealed_bot_token = models.TextField()
    sealed_webhook_secret = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.base_url

    @property
    def bot_token(self) -> str:
        """The bot's personal access token, in clear."""
        return vault().open(self.sealed_bot_token, address=self.base_url)

    @property
    def webhook_secret(self) -> str:
        """The secret that Jira signs this connection's deliveries with, in clear."""
        return vault().open(self.sealed_webhook_secret, address=self.base_url)

    @property
    def events_path(self) -> str:
        """Where Jira delivers, below our public URL."""
        return f"/integration/jira-dc/connections/{self.id}/events"
