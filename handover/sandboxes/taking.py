"""Takes a file out of a folder that the agent can write, without following it anywhere."""

import errno
import os
import stat
from pathlib import Path

CHUNK = 1 << 20


class NotTaken(Exception):
    """What lies there is no file that may be taken. The message is a sentence."""


def take(folder: Path, name: str, *, most_bytes: int) -> bytes | None:
    """The content of the regular file `name`; None where there is none. Raises NotTaken."""
    plain(name)
    try:
        descriptor = _open(folder, name)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NotTaken(f"{name} cannot be taken out of the sandbox: {_reason(error)}.") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotTaken(f"{name} cannot be taken out of the sandbox: it is no regular file.")
        content = bytearray()
        # The agent may write while we read: what is counted is what was read.
        while chunk := os.read(descriptor, min(CHUNK, most_bytes + 1 - len(content))):
            content += chunk
    finally:
        os.close(descriptor)
    if len(content) > most_bytes:
        raise NotTaken(f"{name} cannot be taken out of the sandbox: it is larger than {most_bytes} bytes.")
    return bytes(content)


def plain(name: str) -> str:
    """The name, where it is one and no path. Raises ValueError."""
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise ValueError(f"{name!r} is no name of a file.")
    return name


def _open(folder: Path, name: str) -> int:
    parent = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        # Non-blocking: a FIFO would hold us until somebody writes into it.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        return os.open(name, flags, dir_fd=parent)
    finally:
        os.close(parent)


def _reason(error: OSError) -> str:
    match error.errno:
        case errno.ELOOP:
            return "it is a link"
        case errno.ENXIO:
            return "it is no regular file"
    return error.strerror or "it cannot be opened"
