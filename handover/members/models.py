"""Who in Jira is who here, and with which account on a forge."""

from django.contrib.auth.models import AbstractUser
from django.db import models

from handover.configuration.vault import vault
from handover.connections.models import Connection


class Member(AbstractUser):
    """A person with an account here. `is_superuser` makes an administrator."""


class Invitation(models.Model):
    """A link by which one person gets an account. Only its hash is kept."""

    id = models.BigAutoField(primary_key=True)
    email = models.EmailField(default="", help_text="Empty for the link of the first administrator.")
    administrator = models.BooleanField(default=False)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="invitations")
    created_at = models.DateTimeField()
    until = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Invitation of {self.email or 'the first administrator'}"


class JiraLink(models.Model):
    """Which Jira user a member is, by the Jira user's immutable `key`."""

    class How(models.TextChoices):
        """What the link rests on."""

        OAUTH = "oauth", "OAuth"
        EMAIL = "email", "E-mail match"
        ADMINISTRATOR = "administrator", "An administrator's word"

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="jira_links")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE)
    user_key = models.CharField(max_length=255)
    user_name = models.CharField(max_length=255, default="")
    display_name = models.CharField(max_length=255, default="")
    how = models.CharField(max_length=15, choices=How, default=How.ADMINISTRATOR)
    sealed_access_token = models.TextField(default="", help_text="Serves to read an issue as the member sees it.")
    sealed_refresh_token = models.TextField(default="")
    access_until = models.DateTimeField(null=True)
    scope = models.CharField(max_length=100, default="")
    refresh_lease_until = models.DateTimeField(null=True, help_text="Whoever holds the lease refreshes; others wait.")
    lost_at = models.DateTimeField(null=True, help_text="Since when Jira no longer takes the token: linked anew.")
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

    class How(models.TextChoices):
        """Where the credential comes from."""

        TOKEN = "token", "Personal access token"
        OAUTH = "oauth", "OAuth"

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="forge_accounts")
    forge_url = models.URLField(max_length=500)
    user_id = models.CharField(max_length=64, default="", help_text="The forge's id of the user, which never changes.")
    login = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    email = models.CharField(max_length=255)
    how = models.CharField(max_length=10, choices=How, default=How.TOKEN)
    sealed_token = models.TextField()
    sealed_refresh_token = models.TextField(default="")
    token_until = models.DateTimeField(null=True)
    scopes = models.TextField(default="", help_text="What the token may do, in the forge's words; empty: unknown.")
    last_four = models.CharField(max_length=4, default="")
    refresh_lease_until = models.DateTimeField(null=True)
    lost_at = models.DateTimeField(null=True, help_text="Since when the forge no longer takes the credential.")
    checked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["member", "forge_url"], name="one_account_per_forge"),)

    def __str__(self) -> str:
        return f"{self.login} on {self.forge_url}"

    @property
    def token(self) -> str:
        """The credential, in clear."""
        return vault().open(self.sealed_token, address=self.forge_url)


class Told(models.Model):
    """That a person was told a sentence on an issue. The same one is said once a day."""

    id = models.BigAutoField(primary_key=True)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE)
    issue_id = models.CharField(max_length=40)
    user_key = models.CharField(max_length=255)
    sentence = models.CharField(max_length=40)
    day = models.DateField(help_text="In UTC.")
    run_id = models.UUIDField(help_text="The run that said it.")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["connection", "issue_id", "user_key", "sentence", "day"], name="told_once_a_day"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user_key} was told {self.sentence} on {self.day}"
