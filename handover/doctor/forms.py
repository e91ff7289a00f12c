"""What the doctor is asked on its page."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from handover.connections.models import Connection, configured
from handover.doctor.asking import DELIVERY, ISSUE


class Question(forms.Form):
    """On one of the Jiras; where there is one only, it is not asked for."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.connections = configured()
        choices = [(str(one.id), one.base_url) for one in self.connections]
        if len(choices) > 1:
            self.fields["jira"] = forms.ChoiceField(label="Jira", choices=choices)

    def clean(self) -> dict[str, Any]:
        """There must be a Jira at all."""
        if not self.connections:
            raise ValidationError("No Jira is configured yet.")
        return super().clean() or {}

    @property
    def connection(self) -> Connection:
        """The chosen Jira."""
        chosen = self.cleaned_data.get("jira", str(self.connections[0].id))
        return next(one for one in self.connections if str(one.id) == chosen)


class About(Question):
    """Which issue or delivery to explain."""

    about = forms.CharField(
        label="Issue or delivery",
        max_length=120,
        help_text="An issue's key, such as PAY-1, or a delivery's number, such as 17.",
        error_messages={"required": "Say which issue or delivery."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_about(self) -> str:
        """One or the other."""
        about = str(self.cleaned_data["about"]).strip().upper()
        if not ISSUE.fullmatch(about) and not DELIVERY.fullmatch(about):
            raise ValidationError("Write an issue's key, such as PAY-1, or a delivery's number, such as 17.")
        return about

    @property
    def delivery_id(self) -> int | None:
        """The delivery's number; None where an issue is meant."""
        found = DELIVERY.fullmatch(self.cleaned_data["about"])
        return int(found[1]) if found else None


class Test(Question):
    """Where to send a test."""

    issue = forms.CharField(
        label="Issue",
        max_length=120,
        help_text="Its key, such as PAY-1. The comment is restricted to a small role or group, and deleted.",
        error_messages={"required": "Say on which issue."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_issue(self) -> str:
        """A key."""
        key = str(self.cleaned_data["issue"]).strip().upper()
        if not ISSUE.fullmatch(key):
            raise ValidationError("Write an issue's key, such as PAY-1.")
        return key
