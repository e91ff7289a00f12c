"""The files that Handover keeps: ours alone, from the first command on."""

from contextlib import suppress

from handover import settings
from handover.lib.folders import passable


def prepare() -> None:
    """Make the data folder, which the sandboxes' account passes through, and the databases, which nobody else reads.

    Raises OSError.
    """
    passable(settings.DATA)
    for database in (settings.DATABASE_FILE, settings.ENGINE_FILE):
        database.touch(mode=0o600)
        # Sessions and bodies are in them. SQLite gives the files beside it the same mode.
        with suppress(PermissionError):  # a volume's files may belong to another account, with its own rules
            database.chmod(0o600)
