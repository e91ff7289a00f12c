"""A small play for the engine: `python -m tests.unit.engine_play DATABASE LOG SECONDS [start]`."""

import asyncio
import sys
import threading
from pathlib import Path

import handover  # noqa: F401  puts the bundled SQLite in place first
from handover.engine import durable

DATABASE, LOG, SECONDS = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])


def log(line: str) -> None:
    with LOG.open("a") as stream:
        stream.write(f"{line}\n")


class Away(Exception):
    """Try again."""


@durable.step()
async def first(name: str) -> None:
    log(f"first {name}")


@durable.step()
async def slow(name: str) -> None:
    log(f"slow {name}")
    await asyncio.sleep(1.0)
    log(f"slow ended {name}")


@durable.step(tries=3, pause=0.01, again_on=(Away,))
async def never(name: str) -> None:
    log(f"never {name}")
    raise Away(name)


@durable.workflow("play")
async def play(name: str) -> None:
    await first(name)
    await slow(name)
    try:
        await never(name)
    except durable.GaveUp as gave_up:
        log(f"gave up {gave_up.last}")


async def main() -> None:
    await durable.launch(DATABASE)
    if sys.argv[4:]:
        requests = [("one", "PAY-1"), ("another", "PAY-1"), ("elsewhere", "PAY-2"), ("one", "PAY-1")]
        requests += [(f"crowd-{number}", "PAY-1") for number in range(200)]
        for order, (name, issue) in enumerate(requests):
            await durable.enqueue(play, name, one_at_a_time=issue, order=order + 1)
    await asyncio.sleep(SECONDS)
    log(f"threads {threading.active_count()}")
    await durable.stop()


asyncio.run(main())
