"""What is particular to accounts here: sign-up is closed, and links lead to our public address alone."""

import logging
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse

from handover import settings
from handover.configuration.store import current
from handover.members import mail
from handover.members.models import Member

log = logging.getLogger(__name__)


def public(path: str) -> str:
    """The address of a page as people elsewhere open it, whatever host a request named."""
    return settings.PUBLIC_URL + path


class AddressTaken(Exception):
    """The address is verified by another member. The message is a sentence."""


def vouch_for(member: Member, email: str) -> None:
    """Make this the member's first address, verified on our word. Raises AddressTaken."""
    email = email.lower()
    holder = EmailAddress.objects.filter(email=email, verified=True).exclude(user=member).select_related("user").first()
    if holder:
        raise AddressTaken(f"{email} is the address of {holder.user} here.")
    address, _ = EmailAddress.objects.get_or_create(user=member, email=email)
    address.set_verified()
    address.set_as_primary()


def signed_in(request: HttpRequest) -> Member:
    """The member of a request, on pages that are for members alone."""
    if not isinstance(request.user, Member):
        raise PermissionDenied
    return request.user


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """The library's seam for accounts."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": "This account is closed. An administrator can open it again.",
        "email_password_mismatch": "The name or the password is not right.",
        "username_password_mismatch": "The name or the password is not right.",
        "too_many_login_attempts": "That was tried too often. Wait five minutes and try again.",
        "rate_limited": "That was tried too often. Wait five minutes and try again.",
        "email_taken": "This address is in use by another account.",
        "duplicate_email": "This address is on your account already.",
        "max_email_addresses": "An account has at most %d addresses. Remove one first.",
        "enter_current_password": "This is not your present password.",
        "incorrect_password": "The password is not right.",
        "incorrect_code": "The code is not right. Codes change every half minute; take the one that is shown now.",
        "username_taken": "Somebody here has this name already. Choose another.",
        "no_at": "A name has no @: that would be read as an e-mail address.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never. People come by an invitation or by a provider."""
        return False

    def clean_username(self, username: str, shallow: bool = False) -> str:  # noqa: FBT001, FBT002
        """The name, which is no address and nobody else's."""
        if "@" in username:
            raise self.validation_error("no_at")
        return str(super().clean_username(username, shallow=shallow))

    def get_from_email(self) -> str:
        """As configured."""
        return current().mail.sender

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send the mail of these templates. Raises MailNotSent.

        To an address without account nothing goes out, but the mail server is asked as if something would.
        """
        if template_prefix == "account/email/unknown_account":
            mail.ask_for(email)
        else:
            self.render_mail(template_prefix, email, {"handover": settings.PUBLIC_URL, **context}).send()

    def send_notification_mail(self, *arguments: Any, **named: Any) -> None:
        """Tell a member what was changed on the account. That it was changed does not hang on the mail."""
        if not mail.is_set_up():
            return
        try:
            super().send_notification_mail(*arguments, **named)
        except mail.MailNotSent as error:
            log.warning("a notice to a member was not sent: %s", error.detail)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Under our public address."""
        uid, _, token = key.partition("-")
        return public(reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token}))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """Under our public address."""
        return public(reverse("account_confirm_email", args=[emailconfirmation.key]))

    def get_email_verification_redirect_url(self, email_address: Any) -> str:
        """The addresses of whoever is signed in."""
        return reverse("account_email" if self.request.user.is_authenticated else "sign-in")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """The account."""
        return reverse("account")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # The library counts by the host that a request names as well, which whoever guesses could vary.
        return str(credentials.get("email", credentials.get("username", ""))).lower()

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> Any:
        """A page that says so."""
        log.warning("the closed account %s tried to sign in", user)
        return super().respond_user_inactive(request, user)
