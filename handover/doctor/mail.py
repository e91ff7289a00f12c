"""The mail server: whether it takes mail from us, and its certificates. No mail is sent."""

import asyncio
import smtplib
from contextlib import closing
from datetime import datetime

from handover.configuration.declared import Mail
from handover.doctor import certificates
from handover.doctor.chains import problems_of
from handover.doctor.checks import Check, Symptom, fine, wrong
from handover.doctor.reaching import walk
from handover.lib import tls
from handover.members import mail as sending

MAIL = "Mail server"
WHERE = "Console › Mail"
SECONDS = 5.0


async def checks_of(mail: Mail, *, ca_pem: str, now: datetime) -> list[Check]:
    """Whether the mail server takes mail, and how long its certificates last."""
    if not mail.host:
        return [fine(Symptom.OTHERS, MAIL, "None is set up: invitations are links to pass on.")]
    taken, chain = await asyncio.gather(asyncio.to_thread(_taken, mail), _certificates(mail, ca_pem, now))
    return [taken, *chain]


def _taken(mail: Mail) -> Check:
    """Go as far as naming a recipient: the sender's own address, which the server should know."""
    try:
        sending.ask_for(mail.sender)
    except sending.MailNotSent as failure:
        step = f"Correct the server, the user or the password: {WHERE}."
        return wrong(Symptom.OTHERS, MAIL, cause=f"{failure} ({failure.detail})", next_step=step)
    return fine(Symptom.OTHERS, MAIL, f"{mail.address} takes mail from {mail.sender}.")


async def _certificates(mail: Mail, ca_pem: str, now: datetime) -> list[Check]:
    match mail.security:
        case "tls":
            way = await walk(f"https://{mail.host}:{mail.port}", ca_pem=ca_pem, own=None, now=now)
            return [*way.checks, *certificates.of_chain(way.chain, mail.address, now=now)]
        case "starttls":
            return await asyncio.to_thread(_after_starttls, mail, ca_pem, now)
    return []


def _after_starttls(mail: Mail, ca_pem: str, now: datetime) -> list[Check]:
    try:
        with closing(smtplib.SMTP(mail.host, mail.port, timeout=SECONDS)) as server:
            server.ehlo()
            if server.docmd("STARTTLS")[0] != 220 or server.sock is None:
                return []
            shown = tls.look(server.sock, mail.host, ca_pem=ca_pem, seconds=SECONDS)
    except (OSError, smtplib.SMTPException, tls.NoTls):
        # Whether it is reached and offers STARTTLS is told by the attempt to send.
        return []
    name = f"Certificates (TLS): {mail.address}"
    if problems := problems_of(shown, mail.host, now=now):
        causes, steps = (" ".join(getattr(one, part) for one in problems) for part in ("cause", "next_step"))
        return [wrong(Symptom.TLS, name, cause=causes, next_step=steps)]
    return [fine(Symptom.TLS, name), *certificates.of_chain(shown.chain, mail.address, now=now)]
