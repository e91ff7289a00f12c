"""The migrations make the tables that the models describe."""

from pathlib import Path

from django.core.management import call_command


def test_no_migration_is_missing(django_db: Path) -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
