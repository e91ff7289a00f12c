"""A connected Jira Data Center."""

import uuid

from django.db import models

from handover.configuration.declared import JiraHost
from handover.configuration.store import current
from handover.configuration.vault import vault

# An id that no connection has.
NOBODY = uuid.UUID(int=0)


class Connection(models.Model):
    """A Jira Data Center that this installation is or was connected to. Its identity is its whole base URL.

    What an administrator configures of it stands in the configuration; here is what came of it.
    """

    class Webhook(models.TextChoices):
        """How the webhook stands."""

        NONE = "none", "Not set up"
        PREPARED = "prepared", "Not active yet"
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    base_url = models.URLField(max_length=500, unique=True, help_text="Context path included, no trailing slash.")
    bot_name = models.CharField(max_length=255, default="")
    bot_key = models.CharField(
        max_length=255, default="", help_text="The bot's immutable Jira user key; empty until its token was checked."
    )
    bot_of = models.CharField(max_length=64, default="", help_text="The mark of the token that bot_key was learned by.")
    sealed_webhook_secret = models.TextField(default="")
    sealed_former_secret = models.TextField(
        default="", help_text="Holds until former_secret_until, or the new is used."
    )
    former_secret_until = models.DateTimeField(null=True)
    webhook_state = models.CharField(max_length=10, choices=Webhook, default=Webhook.NONE)
    webhook_id = models.CharField(max_length=40, default="", help_text="Jira's id of it, where we installed it.")
    activated_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.base_url

    @property
    def host(self) -> JiraHost:
        """What is configured of it; a disabled one where it is no longer configured."""
        return current().jira_at(self.base_url) or JiraHost(base_url=self.base_url)

    @property
    def bot_token(self) -> str:
        """The bot's personal access token, in clear; "" where there is none."""
        return self.host.pat.clear()

    @property
    def webhook_secret(self) -> str:
        """The secret that Jira signs this connection's deliveries with, in clear; "" where there is none."""
        return vault().open(self.sealed_webhook_secret, address=self.base_url) if self.sealed_webhook_secret else ""

    @property
    def events_path(self) -> str:
        """Where Jira delivers, below our public URL."""
        return f"/integration/jira-dc/connections/{self.id}/events"


def configured() -> list[Connection]:
    """The connections of the configuration, in its order. A new one gets its row."""
    hosts = [host.base_url for host in current().jira if host.base_url]
    known = {row.base_url: row for row in Connection.objects.filter(base_url__in=hosts)}
    return [known.get(url) or Connection.objects.get_or_create(base_url=url)[0] for url in hosts]


class DoorTally(models.Model):
    """How many deliveries of one kind the door refused or dropped. Bodies of them are not kept."""

    class Outcome(models.TextChoices):
        """What the door did."""

        REFUSED = "refused", "Refused"
        IGNORED = "ignored", "Ignored"

    id = models.BigAutoField(primary_key=True)
    connection_id = models.UUIDField(default=NOBODY, help_text="Zero where nobody knows the address delivered to.")
    outcome = models.CharField(max_length=10, choices=Outcome)
    event = models.CharField(max_length=100, default="")
    reason = models.CharField(max_length=200)
    count = models.PositiveBigIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["connection_id", "outcome", "event", "reason"], name="one_tally_per_kind"),
        )

    def __str__(self) -> str:
        return f"{self.count} {self.outcome}: {self.reason}"
