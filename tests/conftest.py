"""Every test process has a data folder of its own, and Django set up on it."""

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

_data = Path(tempfile.mkdtemp(prefix="handover-tests-"))
os.environ["HANDOVER_DATA"] = str(_data / "data")
os.environ["DJANGO_SETTINGS_MODULE"] = "handover.settings"
for name in [name for name in os.environ if name.startswith("LLM_")]:
    del os.environ[name]

import django.conf  # noqa: E402  the settings read the environment above

import handover  # noqa: E402, F401  puts the bundled SQLite in place first

django.setup()
# Slow on purpose against guessing; here each sign-in would cost half a second.
django.conf.settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
hypothesis.settings.register_profile("handover", deadline=None, database=None)
hypothesis.settings.load_profile("handover")


_getaddrinfo = socket.getaddrinfo


def _resolve(host: Any, *arguments: Any, **named: Any) -> Any:
    """Invented names lead nowhere, and no resolver outside is asked for them."""
    if str(host).endswith((".example", ".invalid")):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return _getaddrinfo(host, *arguments, **named)


socket.getaddrinfo = _resolve


@pytest.fixture(scope="session")
def _migrated() -> Path:
    from django.core.management import call_command

    from handover import settings

    settings.DATABASE_FILE.parent.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0)
    return settings.DATABASE_FILE


@pytest.fixture
def django_db(_migrated: Path) -> Iterator[Path]:
    """A migrated database file, emptied after the test. The value is its path."""
    from django.apps import apps
    from django.core.cache import cache
    from django.db import connections, transaction

    from handover.configuration import store

    store.refresh()
    yield _migrated
    tables = [
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.label != "contenttypes.ContentType"
    ]
    with connections["default"].cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys=OFF")
        # In one transaction: a commit waits for the disk.
        with transaction.atomic():
            for table in tables:
                cursor.execute(f'DELETE FROM "{table}"')
        cursor.execute("PRAGMA foreign_keys=ON")
    store.refresh()
    cache.clear()
    connections.close_all()
