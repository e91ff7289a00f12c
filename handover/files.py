"""The files that Handover keeps: ours alone, from the first command on."""

from handover import settings


def prepare() -> None:
    """Make the data folder, which the sandboxes' account passes through, and the databases, which nobody else reads."""
    settings.DATA.mkdir(parents=True, exist_ok=True)
    settings.DATA.chmod(0o711)
    for database in (settings.DATABASE_FILE, settings.ENGINE_FILE):
        # Sessions and bodies are in them. SQLite gives the files beside it the same mode.
        database.touch(mode=0o600)
        database.chmod(0o600)
