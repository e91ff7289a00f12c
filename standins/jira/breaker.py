"""The circuit breaker of one webhook."""

from collections.abc import Callable

FAILURES_TO_OPEN = 5
FIRST_SECONDS = 10.0
GROWTH = 1.2
MOST_SECONDS = 7200.0


class Breaker:
    """Skips deliveries after five failures in a row: 10 s, then 1.2 times longer with each further failure."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures = 0
        self._open_until = 0.0

    @property
    def open(self) -> bool:
        """Whether deliveries are skipped now."""
        return self._clock() < self._open_until

    @property
    def seconds_left(self) -> float:
        """How long it stays open."""
        return max(0.0, self._open_until - self._clock())

    def succeeded(self) -> None:
        """A 2xx closes it."""
        self._failures = 0
        self._open_until = 0.0

    def failed(self) -> None:
        """Anything else counts."""
        self._failures += 1
        beyond = self._failures - FAILURES_TO_OPEN
        if beyond >= 0:
            self._open_until = self._clock() + min(FIRST_SECONDS * GROWTH ** min(beyond, 100), MOST_SECONDS)
