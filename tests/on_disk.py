"""What stands in a database's files, in clear."""

import subprocess
from pathlib import Path


def stored(database: Path) -> bytes:
    """The bytes of the database and of its WAL.

    Read by another process: closing the file here would let go of the locks that SQLite holds for this process.
    https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
    """
    files = sorted(str(file) for file in database.parent.glob(f"{database.name}*") if not file.name.endswith("-shm"))
    return subprocess.run(["cat", *files], stdout=subprocess.PIPE, check=True).stdout
