"""Who in Jira is who here, and with which account on a forge."""

from django.contrib.auth.models import AbstractUser
from django.db import models

from handover.connections.models import Connection
from handover.connections.vault import vault


class Member(AbstractUser):
    """A person with an account here. `is_superuser` makes an administrator."""


class JiraLink(models.Model):
    """Which Jira user a member is, by the Jira user's immutable `key`."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="jira_links")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE)
    user_key = models.CharField(max_length=255)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["connection", "user_key"], name="one_member_per_jira_user"),
            models.UniqueConstraint(fields=["connection", "member"], name="one_jira_user_per_member"),
        )

    def __str__(self) -> str:
        return f"{self.member} is {self.user_key} in {self.connection}"


class ForgeAccount(models.Model):
    """A member's own credential on a forge."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="forge_accounts")
    # By the name: members stand below repositories on no floor, so the forge is known by its address here.
    forge_url = models.URLField()
    login = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    email = models.CharField(max_length=255)
    sealed_token = models.TextField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["member", "forge_url"], name="one_account_per_forge"),)

    def __str__(self) -> str:
        return f"{self.login} on {self.forge_url}"

    @property
    def token(self) -> str:
        """The credential, in clear."""
        return vault().open(self.sealed_token, address=self.forge_url)
