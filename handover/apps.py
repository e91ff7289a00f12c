"""Handover as Django sees it: one app."""

from django.apps import AppConfig


class Handover(AppConfig):
    """The one app; its tables are listed in handover.models."""

    name = "handover"
    label = "handover"
    verbose_name = "Handover"
