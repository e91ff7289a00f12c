"""Renewals of tokens, each carried to its end.

The other side has ended the former pair before its answer with the new one comes: what is let go of in between is lost.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
_under_way: set["asyncio.Task[Any]"] = set()


async def to_its_end(renewal: Coroutine[Any, Any, T]) -> T:
    """What comes of it. Whoever waits may be cancelled: what was given is kept all the same."""
    task = asyncio.create_task(renewal)
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)
    return await asyncio.shield(task)


async def ended(*, within: float) -> None:
    """Wait for those that are under way in this event loop, no longer than so many seconds: the process ends."""
    loop = asyncio.get_running_loop()
    if ours := [task for task in _under_way if task.get_loop() is loop]:
        await asyncio.wait(ours, timeout=within)
