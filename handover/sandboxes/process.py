"""The process of one sandbox: it ends when we end, however we end."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from handover.sandboxes.blueprint import SandboxFailed
from handover.sandboxes.log import Log

GRACE_SECONDS = 5.0
# The kernel kills a sandbox when the thread that started it ends, and not when the process does: so one thread that
# lives as long as the process starts them all.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandboxes")


class Process:
    """A command under way, with its output kept."""

    def __init__(
        self, command: Sequence[str], *, variables: Mapping[str, str], descriptors: Sequence[int], log: Path
    ) -> None:
        self._log = Log(log)
        try:
            # Waited for, and not awaited: whoever is cancelled here would leave a process that nobody knows.
            self._child = _starter.submit(
                subprocess.Popen,
                list(command),
                env=dict(variables),
                stdin=subprocess.DEVNULL,
                stdout=self._log.descriptor,
                stderr=self._log.descriptor,
                pass_fds=tuple(descriptors),
                start_new_session=True,
                cwd="/",
            ).result()
        except OSError as error:
            raise SandboxFailed(f"{command[0]} cannot be started: {error.strerror}.") from error
        finally:
            self._log.start()

    @property
    def pid(self) -> int:
        """The process that we started; what runs inside has others."""
        return self._child.pid

    def ended(self) -> int | None:
        """The exit code, where it ended."""
        return self._child.poll()

    def tail(self) -> str:
        """The end of what it wrote, once it has ended."""
        return self._log.tail()

    async def stop(self) -> None:
        """End it: asked first, and killed after GRACE_SECONDS. It ends too where this is cancelled."""
        self._signal(signal.SIGTERM)
        await asyncio.shield(asyncio.to_thread(self._end))

    def _end(self) -> None:
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(GRACE_SECONDS)
        self._signal(signal.SIGKILL)
        self._child.wait()
        # Its output ends when the last process inside has gone.
        self._log.tail()

    def _signal(self, number: int) -> None:
        if self._child.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._child.pid, number)
