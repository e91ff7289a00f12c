"""What is done for as long as a process runs."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

log = logging.getLogger(__name__)


@asynccontextmanager
async def doing(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do this until the end of the block. If it fails, the process is told to end, to be started again.

    What answers while this is no longer done would promise what is not kept.
    """
    task = asyncio.create_task(work)
    task.add_done_callback(_end_with)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _end_with(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("%s failed", task.get_coro().__qualname__, exc_info=error)  # type: ignore[union-attr]
        signal.raise_signal(signal.SIGTERM)
