"""One server for all tests of a process: starting and stopping one for each takes longer than most of the tests."""

from functools import cache

from starlette.types import Receive, Scope, Send

from standins.forge import StandInForge
from standins.serving import Served


class _Stage:
    """Answers with whichever forge is on it."""

    forge: StandInForge

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.forge.app(scope, receive, send)


@cache
def _served() -> tuple[_Stage, Served]:
    stage = _Stage()
    return stage, Served(stage)


def on_stage(forge: StandInForge) -> str:
    """The address at which this forge answers, until another takes its place."""
    stage, served = _served()
    stage.forge = forge
    return served.url
