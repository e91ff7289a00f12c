"""An invented company: Jira, forge, model, sign-in and mail, each at its name and over TLS under the company's CA."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from handover import settings
from scripts.pretence import CONNECTION
from scripts.pretence_network import HTTPS, Network
from standins.authority import Authority, Identity
from standins.forge.forge import StandInForge
from standins.jira import StandInJira
from standins.jira.cast import acme
from standins.jira.hooks import Delivery, Outcome
from standins.model.app import StandInModel
from standins.serving import Served
from tests.doctor.world import Handover, Provider

JIRA, FORGE, MODEL, LOGIN, MAIL = (f"{name}.acme.example" for name in ("jira", "git", "model", "login", "mail"))
MAIL_PORT = 587
CALLBACK = f"{settings.PUBLIC_URL}/integration/jira-dc/callback"
EVENTS = f"{settings.PUBLIC_URL}/integration/jira-dc/connections/{CONNECTION}/events"
SECRET = "an-invented-secret-of-some-forty-characters"  # noqa: S105  it signs nothing but pictures


class _Mail:
    async def handle_RCPT(self, *arguments: Any) -> str:  # noqa: N802  aiosmtpd's name
        envelope, address = arguments[2], arguments[3]
        envelope.rcpt_tos.append(address)
        return "250 OK"


class Company:
    """All of it. What is wrong in a picture is put in by `forge_certificate` and `delivered`."""

    def __init__(self, folder: Path) -> None:
        self.network = Network()
        self.authority = Authority(folder / "authority")
        self.jira, self.forge, self.provider = StandInJira(), StandInForge(folder / "forge"), Provider()
        self.model = StandInModel(key="sk-acme", models=("gpt-5", "gpt-5-mini"))
        self.people = acme(self.jira)
        # An administrator in Jira, so that the doctor sees the webhook.
        self.bot = self.jira.change_user(self.people.bot, administrator=True)
        self.pat = self.jira.token_for(self.bot, days=90)
        self.client = self.jira.register_oauth_client([CALLBACK], scope="READ")
        self.jira.base_url = f"https://{JIRA}/jira"
        self.hook = self.jira.register_webhook(EVENTS, SECRET)
        self._forges: dict[str, int] = {}

    def identity(self, name: str, **how: Any) -> Identity:
        """What the server of this name shows."""
        return self.authority.identity(hosts=(name,), by_intermediate=True, **{"ends_in": timedelta(days=200), **how})

    def forge_certificate(self, which: str) -> None:
        """The forge shows its certificate that is "good", or the one that has "expired"."""
        self.network.lead(FORGE, HTTPS, to=self._forges[which])

    def delivered(self, outcome: Outcome, status: int) -> None:
        """Jira has delivered with this outcome just now."""
        now = self.jira.clock()
        self.hook.deliveries.append(
            Delivery(self.hook.id, "comment_created", self.hook.url, outcome, status, 0.04, now, "", {}, b"")
        )

    def serve(self, stack: ExitStack) -> None:
        """Serve everything but Handover."""
        for name, app in ((JIRA, self.jira.app), (MODEL, self.model.app), (LOGIN, self.provider.app)):
            served = stack.enter_context(Served(app, tls=self.identity(name)))
            self.network.lead(name, HTTPS, to=served.port)
        for which, days in (("good", 200), ("expired", -3)):
            tls = self.identity(FORGE, ends_in=timedelta(days=days))
            self._forges[which] = stack.enter_context(Served(self.forge.app, tls=tls)).port
        self.forge_certificate("good")
        self._serve_mail(stack)
        stack.callback(self.jira.close)
        stack.enter_context(self.network.in_this_process())

    def _serve_mail(self, stack: ExitStack) -> None:
        identity, context = self.identity(MAIL), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(identity.chain, identity.key)
        # aiosmtpd connects to the port that it was told, so that has to be known before.
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port: int = listener.getsockname()[1]
        mail = Controller(_Mail(), hostname="127.0.0.1", port=port, tls_context=context)
        mail.start()
        stack.callback(mail.stop)
        self.network.lead(MAIL, MAIL_PORT, to=port)


@contextmanager
def company(folder: Path) -> Iterator[Company]:
    """The company, served."""
    with ExitStack() as stack:
        made = Company(folder)
        made.serve(stack)
        yield made


@contextmanager
def handover_at(company: Company) -> Iterator[str]:
    """Handover's pages and door at its public URL, which is the value."""
    name = settings.PUBLIC_URL.removeprefix("https://")
    with Handover(tls=company.identity(name)) as served:
        company.network.lead(name, HTTPS, to=served.port)
        yield settings.PUBLIC_URL
