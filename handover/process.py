"""The process: door, pages, gateway and agents on one event loop; and the commands that start it."""

import asyncio
import fcntl
import logging
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

import click
import uvicorn
import uvloop
from asgiref.sync import sync_to_async
from django.core.management import call_command

from handover import settings
from handover.asgi import application
from handover.configuration.keeping import keep_fresh
from handover.configuration.store import refresh
from handover.connections.bots import keep_known
from handover.engine import durable
from handover.gateway.app import Gateway
from handover.gateway.serving import GatewayServer
from handover.lib.forever import doing
from handover.lib.serving import Server
from handover.members import renewals
from handover.members.invitations import first_link
from handover.members.tidying import keep_tidy
from handover.runs import live
from handover.runs.intake import Intake
from handover.runs.ledger import RunLedger
from handover.runs.model_way import ModelWay
from handover.runs.workshop import MODEL_SOCKET
from handover.sandboxes.check import Unusable, check

log = logging.getLogger("handover")
# Open pages are ended at shutdown; what still answers after this is cut off. So are tokens that are being renewed.
GRACE_SECONDS = 5


@click.command()
def serve() -> None:
    """Run Handover: pages, webhook door and agents, until it is told to end (SIGTERM or Ctrl-C)."""
    with _alone():
        uvloop.run(_serve())


@click.command()
def work() -> None:
    """Run the agents alone, without pages and door.

    On SQLite one process works at a time: this finishes what is under way while nothing new comes in.
    """
    with _alone():
        uvloop.run(_work())


@click.command()
def migrate() -> None:
    """Bring the database to this version. `serve` and `work` do so themselves at their start."""
    call_command("migrate", verbosity=0)
    click.echo(f"The database is at this version: {settings.DATABASE_FILE}")


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the data folder. On SQLite one process works at a time: two would both take up the same runs."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with (settings.DATA / "process.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise click.ClickException(
                f"Another Handover works in {settings.DATA}. Stop it first, or set HANDOVER_DATA to another folder."
            ) from error
        call_command("migrate", verbosity=0)
        yield


async def _serve() -> None:
    await sync_to_async(first_link)()
    if reason := await _no_agent():
        # The console must be reachable all the same: another kind of sandbox may be chosen there.
        log.error("No agent can start: %s", reason)
    async with _agents() as intake, application(on_journaled=intake.wake) as app:
        server = _Server(_config(app))
        _on_signal(server.end)
        await server.serve()


async def _work() -> None:
    if reason := await _no_agent():
        raise click.ClickException(reason)
    async with _agents():
        ended = asyncio.Event()
        _on_signal(ended.set)
        await ended.wait()


async def _no_agent() -> str:
    """Why no sandbox can be made on this machine; "" where one can."""
    kind = (await sync_to_async(refresh)()).agents.sandbox
    match await check(kind, uid=settings.SANDBOX_UID):
        case Unusable(sentence=sentence):
            return sentence
    return ""


@asynccontextmanager
async def _agents() -> AsyncIterator[Intake]:
    """The gateway, the engine and the intake of deliveries, in this order; ended in the reverse."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(doing(keep_fresh()))
        way = await stack.enter_async_context(ModelWay())
        gateway = Gateway(RunLedger(), way.upstream, way.client)
        await stack.enter_async_context(GatewayServer(gateway, MODEL_SOCKET))
        # Pages and workflows have ended by then: a token that one of them was renewing is kept before the process ends.
        stack.push_async_callback(renewals.ended, within=GRACE_SECONDS)
        await durable.launch(settings.ENGINE_FILE)
        stack.push_async_callback(durable.stop)
        await stack.enter_async_context(doing(keep_known()))
        await stack.enter_async_context(doing(keep_tidy()))
        intake = Intake()
        await stack.enter_async_context(doing(intake.work()))
        yield intake


def _config(app: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        host=settings.HOST,
        port=settings.PORT,
        loop="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


class _Server(Server):
    """The pages and the door, until told to end."""

    def end(self) -> None:
        """Answer what is under way, and end."""
        live.streams_end.set()
        self.should_exit = True


def _on_signal(end: object) -> None:
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, end)  # type: ignore[arg-type]
