"""The second factor: codes of an app, and recovery codes. Their secrets are sealed at rest."""

from contextlib import suppress
from typing import Any, ClassVar

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, generate_totp_secret
from django.contrib.sessions.backends.base import SessionBase
from django.forms import ValidationError

from handover.configuration.vault import vault
from handover.lib.secrets import SecretUnreadable
from handover.members.models import Member

# What the secrets are bound to: they are sent nowhere.
HERE = "second factor"


class SecondFactor(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """The library's seam for the second factor."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "The code is not right. Codes change every half minute; take the one that is shown now.",
    }

    def encrypt(self, text: str) -> str:
        """As it is stored."""
        return vault().seal(text, address=HERE)

    def decrypt(self, encrypted_text: str) -> str:
        """In clear. Raises ValidationError where no key of ours sealed it, which the form tells."""
        try:
            return vault().open(encrypted_text, address=HERE)
        except SecretUnreadable as error:
            raise ValidationError(
                "Your second factor cannot be checked: the key that sealed it is not set here any more. "
                "An administrator can remove the second factor, under Console > People."
            ) from error

    def get_totp_label(self, user: Any) -> str:
        """The name, as an app shows it below `Handover`."""
        return str(user.get_username())

    def build_totp_svg(self, url: str) -> str:
        """The picture to scan, to be put into the page as it is: no address needs to be allowed for it."""
        import qrcode
        from qrcode.image.svg import SvgPathImage

        return str(qrcode.make(url, image_factory=SvgPathImage, border=2).to_string(encoding="unicode"))


def being_set_up(session: SessionBase, *, anew: bool) -> str:
    """The app's secret from its page to the first code, which waits sealed in the session."""
    if not anew:
        with suppress(SecretUnreadable):
            return vault().open(session.get(SECRET_SESSION_KEY, ""), address=HERE)
    secret = str(generate_totp_secret())
    session[SECRET_SESSION_KEY] = vault().seal(secret, address=HERE)
    return secret


def has_one(member: Member) -> bool:
    """Whether signing in asks for a code."""
    return bool(Authenticator.objects.filter(user=member).exists())


def remove(member: Member) -> None:
    """Take the second factor away, for who lost the phone."""
    Authenticator.objects.filter(user=member).delete()
