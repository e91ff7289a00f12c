"""How many agents work at once. The number may change while they do."""

import asyncio
from collections import deque

from handover.configuration.store import current


class Places:
    """Places for agents, given in the order of asking."""

    def __init__(self) -> None:
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def locked(self) -> bool:
        """Whether whoever comes now has to wait."""
        return bool(self._waiting) or self._taken >= current().agents.at_once

    async def acquire(self, seconds: float) -> bool:
        """Take a place; False where none was free for so long."""
        if not self.locked():
            self._taken += 1
            return True
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(seconds):
                await turn
        except TimeoutError:
            return self._give_up(turn)
        except asyncio.CancelledError:
            if self._give_up(turn):
                self.release()
            raise
        return True

    def release(self) -> None:
        """Give a place back."""
        self._taken -= 1
        self._call()

    def _give_up(self, turn: "asyncio.Future[None]") -> bool:
        """Whether the place was given at the last moment."""
        if turn.done() and not turn.cancelled():
            return True
        if turn in self._waiting:
            self._waiting.remove(turn)
        # More places may have been allowed since.
        self._call()
        return False

    def _call(self) -> None:
        while self._waiting and self._taken < current().agents.at_once:
            turn = self._waiting.popleft()
            if not turn.done():
                self._taken += 1
                turn.set_result(None)
