"""Everything that the doctor looks at, in good order and served over HTTP: Jira, model, forge, provider, mail, us."""

import asyncio
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from aiosmtpd.controller import Controller
from asgiref.sync import sync_to_async
from asgiref.typing import ASGI3Application
from django.db import connections as databases
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from handover import settings
from handover.asgi import application
from handover.configuration.models import Process
from handover.configuration.store import current
from handover.configuration.vault import vault
from handover.connections.models import Connection
from handover.connections.models import configured as connections
from handover.doctor.checks import Check
from handover.doctor.examination import examine
from handover.lib import clock
from handover.lib.serving import Server
from handover.members.jira_application import CALLBACK
from standins.authority import Authority, Identity
from standins.faults import Faults
from standins.forge.forge import StandInForge
from standins.jira import StandInJira
from standins.jira.cast import acme
from standins.jira.hooks import Webhook
from standins.model.app import StandInModel
from standins.serving import Served
from tests.configured import configured

DATE_ALONE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?! [0-9]{2}:[0-9]{2}(?::[0-9]{2})? UTC)")
SECRET = "a secret of forty characters, or nearly so"
Around = Callable[[ASGI3Application], Any]


class Provider:
    """An OpenID Connect provider, as far as it describes itself."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.issuer = ""
        routes = [Route("/realms/acme/.well-known/openid-configuration", self._describe)]
        self.app = self.faults.around(Starlette(routes=routes))

    async def _describe(self, request: Request) -> JSONResponse:
        issuer = self.issuer or str(request.url).removesuffix("/.well-known/openid-configuration")
        return JSONResponse({"issuer": issuer, "authorization_endpoint": f"{issuer}/authorize"})


class Handover:
    """Our door and pages over HTTP, as `handover serve` has them. `around` is what stands before them."""

    def __init__(self, *, tls: Identity | None = None, around: Around = lambda app: app) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._around, self._tls = around, tls
        self._server: Server | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    async def _serve(self) -> None:
        async with application(on_journaled=lambda: None) as app:
            files = {"ssl_certfile": self._tls.chain, "ssl_keyfile": self._tls.key} if self._tls else {}
            options: Any = {"lifespan": "off", "log_config": None, "timeout_graceful_shutdown": 1, **files}
            self._server = Server(uvicorn.Config(self._around(app), **options))
            self._ready.set()
            await self._server.serve(sockets=[self._listener])
        await sync_to_async(databases.close_all)()

    def __enter__(self) -> "Handover":
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server
        self._server.should_exit = True
        self._thread.join(10)
        self._listener.close()


class World:
    """All of it. A fault is put into a part, or into `fields` before `configure`."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder / "authority")
        self.jira, self.model, self.provider = StandInJira(), StandInModel(), Provider()
        self.forge = StandInForge(folder / "forge")
        self.people = acme(self.jira)
        # An administrator in Jira, so that the doctor sees the webhook.
        self.bot = self.jira.change_user(self.people.bot, administrator=True)
        self.token = self.jira.token_for(self.bot, days=90)
        self.fields: dict[str, Any] = {}
        self.jira_fields: dict[str, Any] = {}
        self.hook: Webhook | None = None

    @property
    def base_url(self) -> str:
        """The base URL that is configured."""
        return str(self.jira_fields["base_url"])

    @property
    def connection(self) -> Connection:
        """The one connection."""
        return connections()[0]

    def configure(self, **fields: Any) -> None:
        """Write what an administrator has, with these changes to the Jira."""
        self.jira_fields |= fields
        configured(**self.fields, jira=[self.jira_fields])
        self.told_by(current().number)

    def told_by(self, version: int) -> None:
        """One process tells that it has this version."""
        now = clock.now()
        Process.objects.all().delete()
        Process.objects.create(host="handover-1", pid=17, started_at=now, seen_at=now, version=version)

    def told_by_nobody(self) -> None:
        """No process tells of itself."""
        Process.objects.all().delete()

    def connect(self) -> None:
        """Register the webhook in Jira, and activate the connection."""
        connection = self.connection
        connection.sealed_webhook_secret = vault().seal(SECRET, address=connection.base_url)
        connection.webhook_state = Connection.Webhook.ACTIVE
        connection.bot_key, connection.bot_name = self.bot.key, self.bot.name
        connection.save()
        self.hook = self.jira.register_webhook(f"{settings.PUBLIC_URL}{connection.events_path}", SECRET)

    def named(self, name: str) -> Check:
        """The check whose name begins so."""
        return next(check for check in self.checks() if check.name.startswith(name))

    def checks(self) -> list[Check]:
        """What the doctor says now."""
        return asyncio.run(examine())

    def wrong(self) -> list[Check]:
        """What is out of order."""
        return [check for check in self.checks() if not check.ok]


class _Mail:
    async def handle_RCPT(self, *arguments: Any) -> str:  # noqa: N802  aiosmtpd's name
        envelope, address = arguments[2], arguments[3]
        envelope.rcpt_tos.append(address)
        return "250 OK"


@contextmanager
def served(
    world: World,
    monkeypatch: Any,
    *,
    jira_tls: Identity | None = None,
    own_tls: Identity | None = None,
    around: Around = lambda app: app,
) -> Iterator[World]:
    """The world, served and configured, with nothing wrong. Jira and we are served over TLS where that is given."""
    with (
        Served(world.jira.app, tls=jira_tls) as jira,
        Served(world.model.app) as model,
        Served(world.forge.app) as forge,
        Served(world.provider.app) as provider,
    ):
        handover = Handover(tls=own_tls, around=around)
        monkeypatch.setattr(settings, "PUBLIC_URL", handover.url)
        mail = Controller(_Mail(), hostname="127.0.0.1", port=_free_port())
        mail.start()
        try:
            world.jira.base_url = f"{jira.url}/jira"
            client = world.jira.register_oauth_client([f"{handover.url}{CALLBACK}"], scope="READ")
            world.fields = {
                "trust": {"certificates": world.authority.root_pem},
                "model": {"name": "openai/stand-in", "base_url": f"{model.url}/v1", "key": world.model.key},
                "forges": [{"kind": "github", "base_url": forge.url}],
                "oidc": [
                    {
                        "name": "Acme",
                        "slug": "acme",
                        "base_url": f"{provider.url}/realms/acme",
                        "client_id": "handover",
                        "client_secret": "a-client-secret",
                    }
                ],
                "mail": {
                    "host": "127.0.0.1",
                    "port": mail.port,
                    "security": "none",
                    "sender": "handover@acme.example",
                },
            }
            world.configure(
                enabled=True,
                base_url=f"{jira.url}/jira",
                bot_email=world.bot.email,
                pat=world.token,
                client_id=client.id,
                client_secret=client.secret,
            )
            world.connect()
            # Only now: the door knows its connections from the beginning.
            with handover:
                yield world
        finally:
            mail.stop()
            world.jira.close()


def _free_port() -> int:
    # aiosmtpd connects to the port that it was told, so that has to be known before.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
