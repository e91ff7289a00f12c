"""A real mail server on loopback, and the mail that came."""

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from standins.authority import Identity
from tests.configured import configured

USER, PASSWORD = "handover", "the mail password"
Security = Literal["starttls", "tls", "none"]


@dataclass
class Post:
    """What came, and what is refused: a word in an address that is refused, at which step, with which answer."""

    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    asked_for: list[str] = field(default_factory=list)

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        """The sender."""
        if "sender" in self.refuse:
            return self.refuse["sender"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        """A recipient."""
        self.asked_for.append(address)
        if "recipient" in self.refuse:
            return self.refuse["recipient"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The message."""
        if "message" in self.refuse:
            return self.refuse["message"]
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.recipients.extend(envelope.rcpt_tos)
        return "250 OK"

    def link(self, number: int = -1) -> str:
        """The path of the link in a mail."""
        found = re.search(r"http://127\.0\.0\.1:8080(/\S+)", self.text(number))
        assert found
        return found[1]

    def text(self, number: int = -1) -> str:
        """The text of a mail."""
        return str(self.mails[number].get_content())


@contextmanager
def post_office(
    *, security: Security = "none", identity: Identity | None = None, log_in: bool = False, **mail: Any
) -> Iterator[Post]:
    """A mail server, configured. `mail` are fields of the group that differ."""
    post, context = Post(), None
    if identity:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(identity.chain, identity.key)
    controller = Controller(
        post,
        hostname="127.0.0.1",
        port=_free_port(),
        ssl_context=context if security == "tls" else None,
        tls_context=context if security == "starttls" else None,
        server_hostname="mail.acme.example",  # else it asks the resolver for its own name
        require_starttls=security == "starttls",
        auth_required=log_in,
        authenticator=_authenticate if log_in else None,
    )
    controller.start()
    about = {"host": "127.0.0.1", "port": controller.port, "security": security, "sender": "handover@acme.example"}
    configured(mail={**about, **mail})
    try:
        yield post
    finally:
        controller.stop()
        configured(mail={})


def _authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
    right = isinstance(given, LoginPassword) and given == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
