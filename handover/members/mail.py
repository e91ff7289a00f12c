"""Mail, by the server of the configuration. What goes wrong is told in a sentence. Without a server none is sent."""

import smtplib
import ssl
from contextlib import suppress
from functools import cached_property
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address

from handover.configuration import network
from handover.configuration.store import current
from handover.lib.http import trust
from handover.lib.secrets import SecretUnreadable

# Of each step of the conversation. A person waits for it, looking at a page.
SECONDS = 10
CAUSES: tuple[tuple[type[Exception], str], ...] = (
    (smtplib.SMTPAuthenticationError, "the mail server did not take Handover's user and password"),
    (smtplib.SMTPNotSupportedError, "the mail server does not offer what is configured for it, STARTTLS or a log-in"),
    (smtplib.SMTPRecipientsRefused, "the mail server does not take mail to this address"),
    (smtplib.SMTPSenderRefused, "the mail server does not take mail from Handover's sender address"),
    (smtplib.SMTPResponseException, "the mail server refused the message"),
    (ssl.SSLCertVerificationError, "the mail server's certificate is not trusted"),
    (ssl.SSLError, "the mail server does not speak TLS as it is configured"),
    (SecretUnreadable, "the mail server's password cannot be opened with the keys that are set here"),
    # What no resolver takes as a name: a label that is empty or too long.
    (UnicodeError, "the name of the mail server, or an address of the mail, is spelled as none can be"),
    (OSError, "the mail server does not answer"),
)
WANTS_LOG_IN = 530  # RFC 4954, 6


class MailNotSent(Exception):
    """No mail went out. The message says why, and is fit for anybody; `detail` is for administrators."""

    def __init__(self, cause: str, *, detail: str) -> None:
        super().__init__(f"No mail was sent: {cause}.")
        self.detail = detail


def is_set_up() -> bool:
    """Whether a mail server is configured."""
    return bool(current().mail.host)


def send(*, to: str, subject: str, text: str) -> None:
    """Send a plain text. Raises MailNotSent. Where no mail server is configured, nothing happens."""
    EmailMessage(subject, text, current().mail.sender, [to]).send()


def ask_for(recipient: str) -> None:
    """Ask the server whether it takes mail to this address, and send none. Raises MailNotSent.

    Who asks for a new password learns the same from the page whether the address has an account or not.
    """
    if is_set_up():
        Backend().ask_for(recipient)


class Backend(EmailBackend):
    """Django's way to a mail server, with the configuration as it is when a message goes out."""

    def __init__(self, fail_silently: bool = False, **_: Any) -> None:  # noqa: FBT001, FBT002  Django's signature
        mail = current().mail
        self._place = mail.address
        try:
            password = mail.password.clear() if mail.user else ""
        except SecretUnreadable as error:
            raise _not_sent(error, self._place) from error
        super().__init__(
            host=mail.host or "localhost",
            port=mail.port,
            username=mail.user,
            password=password,
            use_tls=mail.security == "starttls",
            use_ssl=mail.security == "tls",
            timeout=SECONDS,
            fail_silently=fail_silently,
        )

    @cached_property
    def ssl_context(self) -> ssl.SSLContext:
        """Trusts the system's authorities and the configuration's."""
        return trust(current().trust.certificates)

    def open(self) -> bool | None:
        """Connect, and sign in. Raises MailNotSent where nothing is sent to, wherever the name leads by now."""
        if refusal := network.refusal_of_host(self.host):
            raise MailNotSent("the mail server is where Handover sends nothing", detail=f"{self._place}: {refusal}")
        return super().open()

    def send_messages(self, email_messages: Any) -> int:
        """How many went out: none without a mail server. Raises MailNotSent."""
        if not self._place:
            return 0
        try:
            return int(super().send_messages(email_messages) or 0)
        except (OSError, UnicodeError) as error:
            raise _not_sent(error, self._place) from error
        finally:
            self._hang_up()

    def ask_for(self, recipient: str) -> None:
        """Go as far as naming the recipient. Raises MailNotSent."""
        try:
            self.open()
            if self.connection is not None:
                _name(self.connection, recipient)
        except (OSError, UnicodeError) as error:
            raise _not_sent(error, self._place) from error
        finally:
            self._hang_up()

    def _hang_up(self) -> None:
        # Django keeps a connection that failed half-way.
        with suppress(OSError):
            self.close()


def _name(server: smtplib.SMTP, recipient: str) -> None:
    """As far as a message goes before its text. Raises smtplib.SMTPException."""
    # Spelled as Django spells them in a message that goes out.
    sender, recipient = (sanitize_address(one, "utf-8") for one in (current().mail.sender, recipient))
    server.ehlo_or_helo_if_needed()
    code, said = server.mail(sender)
    if code != 250:
        raise smtplib.SMTPSenderRefused(code, said, sender)
    code, said = server.rcpt(recipient)
    if code not in (250, 251):
        raise smtplib.SMTPRecipientsRefused({recipient: (code, said)})
    server.rset()


def _not_sent(error: Exception, place: str) -> MailNotSent:
    cause = next(words for kind, words in CAUSES if isinstance(error, kind))
    if _code_of(error) == WANTS_LOG_IN:
        cause = "the mail server wants a log-in, and no user is configured or none was taken"
    return MailNotSent(cause, detail=f"{place}: {error or type(error).__name__}"[:500])


def _code_of(error: Exception) -> int:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next(iter(error.recipients.values()))[0]
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0
