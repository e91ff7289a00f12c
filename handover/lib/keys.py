"""Keys that this installation makes for itself and keeps in files of its own."""

import os
from contextlib import suppress
from pathlib import Path

from handover.lib.environment import BadSetting
from handover.lib.secrets import new_key


def kept(file: Path) -> str:
    """The key in `file`, readable by us alone; made there the first time. Raises BadSetting where that cannot be."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not file.exists():
            _make(file)
        return file.read_text(encoding="ascii").strip()
    except OSError as error:
        raise BadSetting(
            f"{file} cannot be kept: {error.strerror}. HANDOVER_DATA must name a folder of ours."
        ) from error


def _make(file: Path) -> None:
    # Written beside and linked into place: two processes that start at once end with one whole key.
    fresh = file.with_suffix(f".{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(new_key())
    with suppress(FileExistsError):
        os.link(fresh, file)
    fresh.unlink()
