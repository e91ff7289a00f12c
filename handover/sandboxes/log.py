"""Keeps what a sandbox writes, within a bound."""

import os
import threading
from pathlib import Path
from typing import BinaryIO

# Two halves, the older of which is thrown away when the newer is full.
HALF = 512 * 1024
TAIL = 2_000
OURS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC


class Log:
    """The output of one sandbox. What is written is always read: a full pipe would stop the agent."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._older = file.with_suffix(".older.log")
        reading, self.descriptor = os.pipe2(os.O_CLOEXEC)
        self._thread = threading.Thread(target=self._drain, args=(os.fdopen(reading, "rb", buffering=0),), daemon=True)

    def start(self) -> None:
        """Read from now on; called when the other side has its copy of the descriptor."""
        os.close(self.descriptor)
        self._thread.start()

    def tail(self) -> str:
        """The end of what was written, once the sandbox has ended."""
        self._thread.join(timeout=1)
        try:
            return self._file.read_bytes()[-TAIL:].decode("utf-8", "replace")
        except OSError:
            return ""

    def _drain(self, pipe: BinaryIO) -> None:
        with pipe:
            while self._keep(pipe):
                self._file.replace(self._older)

    def _keep(self, pipe: BinaryIO) -> bool:
        """Fill one half. Tells whether there is more to come."""
        written = 0
        with os.fdopen(os.open(self._file, OURS, 0o600), "wb") as file:
            while written < HALF:
                chunk = pipe.read(65_536)
                if not chunk:
                    return False
                file.write(chunk)
                file.flush()
                written += len(chunk)
        return True
