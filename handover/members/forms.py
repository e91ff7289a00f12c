"""The forms of accounts, in our words."""

from typing import Any

from allauth.account import forms as account
from allauth.account.fields import PasswordField, SetPasswordField
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.mfa.base import forms as factor
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.socialaccount.forms import DisconnectForm
from allauth.socialaccount.models import SocialAccount
from django import forms
from django.contrib import messages
from django.core.validators import MaxLengthValidator

from handover.configuration.store import current
from handover.members import second_factor
from handover.members.accounts import Accounts
from handover.members.models import Member

PASSWORD_HELP = "At least 10 characters, and none of the most common passwords."  # noqa: S105  a help text
CODE_HELP = "The six digits that the app shows now, or a recovery code."
MOST_PASSWORD = 1000
MOST_TEXT = 254


class SignIn(account.LoginForm):  # type: ignore[misc]  # allauth has no types
    """A local account's name and password."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        reword(self, login="Username or e-mail", password="Password")  # noqa: S106  a label
        self.fields["login"].widget.attrs |= {"autocomplete": "username", "autocapitalize": "none"}

    def clean(self) -> Any:
        """Where local accounts may not sign in, administrators still may."""
        cleaned = super().clean()
        if self.user and not current().sign_in.local and not self.user.is_superuser:
            names = " or ".join(provider.name for provider in current().oidc)
            raise forms.ValidationError(f"Members sign in with {names or 'a provider'} here, and not with a password.")
        return cleaned


class Join(forms.Form):
    """Name and password of a new account."""

    username = forms.CharField(
        label="Username", max_length=150, help_text="Letters, digits and . + - _", widget=forms.TextInput
    )
    password1 = SetPasswordField(label="Password")
    password2 = PasswordField(label="Password, once more", autocomplete="new-password")

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        reword(self, password1="Password", password2="Password, once more")
        self.fields["username"].widget.attrs |= {"autocomplete": "username", "autocapitalize": "none"}
        self.fields["password1"].user = Member(username=self.data.get("username", ""))  # type: ignore[attr-defined]

    def clean_username(self) -> str:
        """Free, and no address."""
        return Accounts().clean_username(self.cleaned_data["username"])

    def clean(self) -> dict[str, Any]:
        """Both passwords are one."""
        cleaned = super().clean() or {}
        if "password1" in cleaned and cleaned["password1"] != cleaned.get("password2"):
            self.add_error("password2", "This is another password than the one above.")
        return cleaned


class Invite(forms.Form):
    """Whom to invite."""

    email = forms.EmailField(label="E-mail", max_length=254)
    administrator = forms.BooleanField(label="Administrator", required=False)


class AddAddress(account.AddEmailForm):  # type: ignore[misc]
    """A further address."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        reword(self, email="E-mail")


class ForgottenPassword(account.ResetPasswordForm):  # type: ignore[misc]
    """Where the link is sent to."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        reword(self, email="E-mail")

    def clean_email(self) -> str:
        """An address counts once it is verified: else whoever wrote it into an account could open that account."""
        email = str(super().clean_email())
        proven = EmailAddress.objects.filter(email=email.lower(), verified=True, user__is_active=True)
        self.users = [address.user for address in proven.select_related("user")]
        return email


class ChangePassword(account.ChangePasswordForm):  # type: ignore[misc]
    """The present password, and a new one twice."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        reword(self, oldpassword="Present password", password1="New password", password2="New password, once more")


class SetPassword(account.SetPasswordForm):  # type: ignore[misc]
    """A first password, twice."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        reword(self, password1="Password", password2="Password, once more")


class NewPassword(account.ResetPasswordKeyForm):  # type: ignore[misc]
    """A new password, twice."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        reword(self, password1="New password", password2="New password, once more")


class Confirm(account.ReauthenticateForm):  # type: ignore[misc]
    """The password again."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        reword(self, password="Password")  # noqa: S106  a label


class SecondFactorCode(factor.AuthenticateForm):  # type: ignore[misc]
    """A code at sign-in."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        reword(self, code="Code")
        self.fields["code"].help_text = CODE_HELP


class SecondFactorConfirm(factor.ReauthenticateForm):  # type: ignore[misc]
    """A code before something is changed."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        reword(self, code="Code")
        self.fields["code"].help_text = CODE_HELP


class ActivateApp(ActivateTOTPForm):  # type: ignore[misc]
    """The first code of the app."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.user = named.pop("user")
        # Not the library's own: it would leave the secret in clear in the session.
        super(ActivateTOTPForm, self).__init__(*arguments, **named)
        self.secret = second_factor.being_set_up(context.request.session, anew=not self.is_bound)
        reword(self, code="Code from the app")
        self.fields["code"].help_text = "Six digits, which change every half minute."


class Disconnect(DisconnectForm):  # type: ignore[misc]
    """Which sign-in is taken away. It may be one of a provider that is not configured any more."""

    def clean(self) -> Any:
        """Whoever has no password keeps a sign-in."""
        cleaned = super(DisconnectForm, self).clean()
        member = self.request.user
        if not member.has_usable_password() and SocialAccount.objects.filter(user=member).count() == 1:
            raise forms.ValidationError("You have no password, and could not sign in any more. Set a password first.")
        return cleaned

    def save(self) -> None:
        """Take it away."""
        raise_if_reauthentication_required(self.request, app="allauth.socialaccount")
        self.cleaned_data["account"].delete()
        messages.success(self.request, "The sign-in was removed.")


def reword(form: Any, **labels: str) -> None:
    """Give the fields our labels and limits, and no text inside that goes when one types."""
    for name, label in labels.items():
        field = form.fields[name]
        secret = isinstance(field, PasswordField)
        field.label, field.help_text = label, PASSWORD_HELP if isinstance(field, SetPasswordField) else ""
        field.validators.append(MaxLengthValidator(MOST_PASSWORD if secret else MOST_TEXT))
        field.widget.attrs.pop("placeholder", None)
        if name == "code":
            field.widget.attrs |= {"inputmode": "numeric", "autocomplete": "one-time-code"}
