"""Folders of ours."""

from pathlib import Path


def passable(folder: Path) -> Path:
    """The folder, made where there is none: others pass through it, and do not list it. One that is there stays so.

    Raises OSError.
    """
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o711)
    return folder
