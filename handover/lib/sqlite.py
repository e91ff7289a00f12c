"""SQLite that is safe to keep requests in.

Debian 12 has 3.40.1: too old for the engine, and open to the WAL-reset corruption bug (3.7.0 to 3.51.2).
"""

import sys


def use_bundled() -> None:
    """Put the bundled SQLite in the standard library's place, before anything imports it."""
    import pysqlite3
    import pysqlite3.dbapi2

    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2
