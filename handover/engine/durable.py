"""The durable engine, behind one door: the only module that knows DBOS."""

import asyncio
import functools
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import sqlalchemy
from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID
from dbos._error import DBOSMaxStepRetriesExceeded

_tasks: set["asyncio.Task[object]"] = set()
_stopping = threading.Event()

P = ParamSpec("P")
R = TypeVar("R")

# A constant: its default is a hash of the code, and a run in flight would wait for ever for the code it began with.
APPLICATION_VERSION = "1"
# On SQLite there is one process, and it takes its own work up again only under the same name.
EXECUTOR = "handover"
# Unlimited by default: 5,000 waiting runs made thousands of threads.
THREADS = 32
# A run waits for this queue once; half a polling interval is on the way from a comment to the agent.
POLLING_SECONDS = 0.1
RUNS = "runs"


class GaveUp(Exception):
    """A step was tried as often as it may be. `last` is the error of the last time."""

    def __init__(self, last: Exception) -> None:
        super().__init__(str(last))
        self.last = last


def step(
    *, tries: int = 1, pause: float = 0.5, again_on: tuple[type[Exception], ...] = ()
) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], Callable[P, Coroutine[Any, Any, R]]]:
    """A function whose outcome is kept: after a crash it is not done again, unless it had not ended.

    Each effect on the outside must stand being done twice. Errors of `again_on` are met by up to `tries` attempts with
    doubling pauses, `pause` seconds first; then `GaveUp` is raised.
    """

    def decorate(function: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
        durable: Callable[P, Coroutine[Any, Any, R]] = DBOS.step(
            name=function.__name__,
            retries_allowed=tries > 1,
            interval_seconds=pause,
            max_attempts=tries,
            should_retry=lambda error: isinstance(error, again_on),
        )(function)

        async def kept(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return await durable(*args, **kwargs)
            except DBOSMaxStepRetriesExceeded as error:
                raise GaveUp(error.errors[-1]) from error

        return kept

    return decorate


def workflow(name: str) -> Callable[[Callable[[str], Awaitable[None]]], Callable[[str], Awaitable[None]]]:
    """A function that goes on after a crash at the step where it was. Its body stays tiny: the order is for ever."""

    def decorate(function: Callable[[str], Awaitable[None]]) -> Callable[[str], Awaitable[None]]:
        @functools.wraps(function)
        async def followed(argument: str) -> None:
            with _under_way():
                await function(argument)

        return DBOS.workflow(name=name)(followed)

    return decorate


@contextmanager
def _under_way() -> Iterator[None]:
    task = asyncio.current_task()
    if task is None or _stopping.is_set():
        raise asyncio.CancelledError
    _tasks.add(task)
    try:
        yield
    finally:
        _tasks.discard(task)


async def enqueue(function: Callable[[str], Awaitable[None]], argument: str, *, one_at_a_time: str, order: int) -> None:
    """Run `function(argument)` once for ever, one after the other in `order` where `one_at_a_time` is the same."""
    # The engine's own order is by seconds on SQLite: two requests of one second would change places.
    with SetWorkflowID(argument), SetEnqueueOptions(queue_partition_key=one_at_a_time, priority=order):
        await DBOS.enqueue_workflow_async(RUNS, function, argument)  # type: ignore[arg-type]


async def launch(database: Path) -> None:
    """Start the engine inside the running event loop: workflows run on it, and those that were interrupted go on."""
    config: DBOSConfig = {
        "name": "handover",
        "system_database_url": f"sqlite:///{database}",
        "system_database_engine": engine_of(database),
        "application_version": APPLICATION_VERSION,
        "executor_id": EXECUTOR,
        "max_executor_threads": THREADS,
        "console_log_level": "ERROR",
        "log_level": "ERROR",
        "enable_otlp": False,
    }
    _stopping.clear()
    DBOS(config=config)
    DBOS.launch()
    await DBOS.register_queue_async(
        RUNS, partition_concurrency=1, polling_interval_sec=POLLING_SECONDS, on_conflict="always_update"
    )


async def stop() -> None:
    """End the engine. What is under way is left as it stands, to be taken up at the next start.

    It is cancelled first: left to run on without its engine, it would fail at the next step and log that.
    """
    _stopping.set()
    tasks = list(_tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    DBOS.destroy()


def engine_of(database: Path) -> sqlalchemy.Engine:
    """The engine's own database file: WAL, and every commit on the disk before it counts."""
    engine = sqlalchemy.create_engine(f"sqlite:///{database}")

    @sqlalchemy.event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine
