"""Keys that this installation makes for itself and keeps in files of its own."""

import os
from contextlib import suppress
from pathlib import Path

from handover.lib.environment import BadSetting
from handover.lib.folders import passable
from handover.lib.secrets import Vault, new_key


class FixedKeys:
    """Keys that stay as they are while the process runs, newest first."""

    def __init__(self, text: str) -> None:
        self._keys = parsed(text)
        self._vault = Vault(self._keys)

    def vault(self) -> Vault:
        """The vault with these keys."""
        return self._vault

    def read(self) -> list[str]:
        """The keys themselves."""
        return self._keys


class KeyFile:
    """Keys in a file that may change at any time, newest first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._made: tuple[tuple[int, int, int], Vault] | None = None

    def vault(self) -> Vault:
        """The vault with the keys as they are now. Raises BadSetting."""
        try:
            found = self.path.stat()
            seen = (found.st_ino, found.st_mtime_ns, found.st_size)
            if self._made is None or self._made[0] != seen:
                self._made = seen, Vault(self.read())
        except OSError as error:
            raise BadSetting(f"{self.path} holds the keys and cannot be read: {error.strerror}.") from error
        return self._made[1]

    def read(self) -> list[str]:
        """The keys themselves."""
        return parsed(_text(self.path))

    def write(self, keys: list[str]) -> None:
        """Put these keys into the file, whole or not at all."""
        fresh = self.path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write("\n".join(keys) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(self.path)
        # The rename too must outlive a power cut: what is sealed with the new key is on the disk already.
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def parsed(text: str) -> list[str]:
    """The keys in a text, separated by commas or new lines. Raises BadSetting where one is none."""
    keys = [key.strip() for key in text.replace("\n", ",").split(",") if key.strip()]
    try:
        Vault(keys)
    except ValueError as error:
        raise BadSetting("A key of HANDOVER_SECRET_KEYS is no Fernet key. `handover keys new` prints one.") from error
    return keys


def kept_keys(named: str, own: Path) -> Path:
    """The file that is named, or else our own, made the first time."""
    if named:
        return Path(named)
    kept(own)
    return own


def kept(file: Path) -> str:
    """The key in `file`, readable by us alone; made there the first time. Raises BadSetting where that cannot be."""
    try:
        passable(file.parent.parent)
        file.parent.mkdir(exist_ok=True, mode=0o700)
        if not file.exists():
            _make(file)
        return _text(file).strip()
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


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadSetting(f"{file} holds no keys: it is no text.") from error
