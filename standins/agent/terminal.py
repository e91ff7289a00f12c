"""Runs commands: the agent's own, in a shell that keeps its folder, and those that are asked for beside it."""

import asyncio
import os
import signal
from contextlib import suppress
from dataclasses import dataclass

from standins.agent.configuration import for_commands

MOST_OUTPUT = 30_000
COMMAND_SECONDS = 120.0
# Tells the folder where the command ended on a descriptor of its own, whatever the command was.
_KEEPING = 'trap "pwd >&$1" EXIT; eval "$2"'


@dataclass(frozen=True)
class Ran:
    """What came of a command. `exit_code` is -1 where it was cut off."""

    exit_code: int
    stdout: str
    stderr: str


class Terminal:
    """The agent's shell."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    async def run(self, command: str, *, seconds: float = COMMAND_SECONDS) -> Ran:
        """Run a command where the last one ended. Cancelled, it kills the command."""
        reading, writing = os.pipe()
        try:
            shell = ["bash", "-c", _KEEPING, "bash", str(writing), command]
            ran = await _run(shell, self.folder, seconds, descriptors=(writing,), together=True)
            os.close(writing)
            writing = -1
            os.set_blocking(reading, False)
            with suppress(BlockingIOError):
                self.folder = os.read(reading, 4096).decode().strip() or self.folder
        finally:
            os.close(reading)
            if writing >= 0:
                os.close(writing)
        return ran


async def execute(command: str, *, cwd: str | None, seconds: float) -> Ran:
    """Run a command beside the conversation."""
    try:
        return await _run(["sh", "-c", command], cwd, seconds)
    except OSError as error:
        return Ran(-1, "", f"Error executing command: {error}")


async def _run(
    command: list[str],
    cwd: str | None,
    seconds: float,
    *,
    descriptors: tuple[int, ...] = (),
    together: bool = False,
) -> Ran:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env=for_commands(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT if together else asyncio.subprocess.PIPE,
        pass_fds=descriptors,
        start_new_session=True,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), seconds)
    except TimeoutError:
        return Ran(-1, "", "")
    finally:
        # Also what the command left running: the real one's shells end with it.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return Ran(process.returncode or 0, _text(out), _text(err))


def _text(written: bytes | None) -> str:
    return (written or b"").decode("utf-8", "replace")[-MOST_OUTPUT:]
