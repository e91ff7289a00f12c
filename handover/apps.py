"""Handover as Django sees it: one app."""

from typing import Any

from django.apps import AppConfig
from django.core.management import call_command
from django.db.models.signals import post_migrate


class Handover(AppConfig):
    """The one app; its tables are listed in handover.models."""

    name = "handover"
    label = "handover"
    verbose_name = "Handover"

    def ready(self) -> None:
        """The cache's table is no model's, so no migration makes it: it comes with every `migrate`."""
        post_migrate.connect(_make_cache_table, sender=self)


def _make_cache_table(**_: Any) -> None:
    call_command("createcachetable", verbosity=0)
