"""Uvicorn inside a process that has its own way to end."""

from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn


class Server(uvicorn.Server):
    """A server ended by `should_exit` alone: uvicorn's own signal handling would end the process around it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield
