"""Whom we trust, and by which server we send mail."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from django.core.validators import validate_email

from handover.configuration.fields import certificates, choice, host, secret, text, whole
from handover.configuration.groups.group import Group, Problems
from handover.configuration.secret import Secret


@dataclass(frozen=True, kw_only=True)
class Trust(Group):
    """Further certificate authorities."""

    title: ClassVar[str] = "Additional Trusted CA Certificates"
    about: ClassVar[str] = "For a private CA. They hold for every connection that Handover makes, beside the system's."

    certificates: str = certificates(
        label="Certificates (PEM)",
        help="One or several, one after the other. Roots are enough where servers send their intermediates.",
        variable="HANDOVER_CA",
    )


@dataclass(frozen=True, kw_only=True)
class Mail(Group):
    """The mail server that invitations and resets go out by."""

    title: ClassVar[str] = "Mail"
    about: ClassVar[str] = "For invitations and forgotten passwords. Without a server, links are handed over by hand."
    address_fields: ClassVar[tuple[str, ...]] = ("host", "port", "security")

    host: str = host(
        "", label="Server", help="Its name, such as mail.example.com. Empty: no mail.", variable="HANDOVER_MAIL_HOST"
    )
    port: int = whole(
        587, least=1, most=65535, label="Port", help="587 with STARTTLS, 465 with TLS.", variable="HANDOVER_MAIL_PORT"
    )
    security: Literal["starttls", "tls", "none"] = choice(
        "starttls",
        of={"starttls": "STARTTLS", "tls": "TLS", "none": "None: passwords and links go in clear"},
        label="Security",
        help="How the connection is protected.",
        variable="HANDOVER_MAIL_SECURITY",
    )
    user: str = text("", label="User", help="Empty: no log-in.", variable="HANDOVER_MAIL_USER")
    password: Secret = secret(label="Password", help="Of that user.", variable="HANDOVER_MAIL_PASSWORD", checks=())
    sender: str = text(
        "",
        label="Sender",
        help="The address that mail comes from, such as handover@example.com.",
        variable="HANDOVER_MAIL_SENDER",
        checks=(validate_email,),
    )

    @property
    def address(self) -> str:
        """The server and how it is spoken to: its password is sent to no other, and not with less protection."""
        scheme = {"starttls": "smtp+starttls", "tls": "smtps", "none": "smtp"}[self.security]
        return f"{scheme}://{self.host}:{self.port}" if self.host else ""

    def problems(self) -> Problems:
        """A server needs a sender."""
        if self.host and not self.sender:
            yield "sender", "Name the address that mail comes from."
        if self.user and not self.password:
            yield "password", "The user needs a password for this server, or leave the user empty."
