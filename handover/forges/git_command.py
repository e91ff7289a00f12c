"""Runs git: a fixed argument list, an environment of our own, and limits of time, output and memory."""

import asyncio
import os
import resource
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MOST_OUTPUT = 16 * 1024 * 1024
MOST_COMPLAINT = 8 * 1024
NO_LIMIT = resource.RLIM_INFINITY
_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")
# For every git that we run. https://git-scm.com/docs/git-config
_CONFIG = {
    "protocol.version": "2",
    # Renamed repositories are followed over the API. Here, a credential goes to no other address than its own.
    "http.followRedirects": "false",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "60",
    "credential.helper": "",
    "core.hooksPath": "/dev/null",
    "core.bigFileThreshold": "8m",
    "core.packedGitWindowSize": "32m",
    "core.packedGitLimit": "512m",
    "pack.threads": "1",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
}


class GitError(Exception):
    """Git failed in a way that its caller did not foresee."""


class GitTooLong(GitError):
    """It took longer than it may."""


class GitTooMuch(GitError):
    """It said more than it may."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How one git ended: its exit status (negative: a signal), what it said, and the end of its complaint."""

    status: int
    output: bytes
    complaint: str

    @property
    def succeeded(self) -> bool:
        """Whether its exit status was 0."""
        return self.status == 0


async def git(
    arguments: Sequence[str],
    *,
    repository: Path | None = None,
    given: bytes = b"",
    environment: Mapping[str, str] | None = None,
    seconds: float = 60,
    most_output: int = MOST_OUTPUT,
    most_memory: int = NO_LIMIT,
) -> Finished:
    """Run `git --git-dir=<repository> <arguments>` with `given` as its input. Raises GitTooLong, GitTooMuch."""
    child = await asyncio.create_subprocess_exec(
        *_order(arguments, repository),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**_environment(), **(environment or {})},
        cwd="/",
        start_new_session=True,
    )
    try:
        # What needs memory is read from the input, which is sent after this.
        with suppress(ProcessLookupError):
            resource.prlimit(child.pid, resource.RLIMIT_AS, (most_memory, most_memory))
        async with asyncio.timeout(seconds):
            return await _conversation(child, given, most_output)
    except TimeoutError as error:
        raise GitTooLong(f"git {arguments[0]} took longer than {seconds:.0f} s.") from error
    finally:
        await _end(child)


async def said(arguments: Sequence[str], *, repository: Path, given: bytes = b"", seconds: float = 60) -> str:
    """What a git says that must succeed. Raises GitError with its complaint."""
    finished = await git(arguments, repository=repository, given=given, seconds=seconds)
    if not finished.succeeded:
        raise GitError(f"git {arguments[0]} ended with {finished.status}: {finished.complaint}")
    return finished.output.decode("utf-8", "replace").strip()


def configured(settings: Mapping[str, str]) -> dict[str, str]:
    """Environment variables that carry git settings, https://git-scm.com/docs/git#Documentation/git.txt-codeGITCONFIGCOUNTcode"""
    variables = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (name, value) in enumerate(settings.items()):
        variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return variables


def _order(arguments: Sequence[str], repository: Path | None) -> list[str]:
    return ["git", *([f"--git-dir={repository.absolute()}"] if repository else []), *arguments]


def _environment() -> dict[str, str]:
    """Nothing of ours but the way to programs and proxies: no HOME, so no .netrc, and no configuration but _CONFIG."""
    proxies = {name.lower(): value for name, value in os.environ.items() if name.lower() in _PROXIES}
    return {
        **proxies,
        **configured(_CONFIG),
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "/bin/false",
        "GIT_ALLOW_PROTOCOL": "http:https",
    }


async def _conversation(child: asyncio.subprocess.Process, given: bytes, most_output: int) -> Finished:
    assert child.stdin and child.stdout and child.stderr  # noqa: S101  all three are pipes, see above
    _, output, complaint = await asyncio.gather(
        _say(child.stdin, given), _all(child.stdout, most_output), _end_of(child.stderr)
    )
    return Finished(await child.wait(), output, complaint)


async def _say(stream: asyncio.StreamWriter, given: bytes) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):
        # A git that has ended already needs no input; uvloop then takes a write for a fault of ours.
        if given and not stream.is_closing():
            stream.write(given)
            await stream.drain()
        stream.close()
        await stream.wait_closed()


async def _all(stream: asyncio.StreamReader, most: int) -> bytes:
    read = bytearray()
    while chunk := await stream.read(65536):
        read += chunk
        if len(read) > most:
            raise GitTooMuch(f"git said more than {most} bytes.")
    return bytes(read)


async def _end_of(stream: asyncio.StreamReader) -> str:
    kept = b""
    while chunk := await stream.read(65536):
        kept = (kept + chunk)[-MOST_COMPLAINT:]
    return kept.decode("utf-8", "replace").strip()


async def _end(child: asyncio.subprocess.Process) -> None:
    """Nothing that git started outlives it: the whole group ends."""
    if child.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.wait()
