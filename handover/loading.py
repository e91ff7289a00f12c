"""Loads settings and database for a command. Django is imported here alone before it is set up."""

import os

import django
from django.apps import apps

from handover.lib.environment import BadSetting


def set_up() -> None:
    """Read the settings and make ready what is kept, once. Raises BadSetting."""
    if apps.ready:
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "handover.settings")
    django.setup()
    from handover import files

    try:
        files.prepare()
    except OSError as error:
        cause = f"{error.filename} cannot be kept: {error.strerror}."
        raise BadSetting(f"{cause} HANDOVER_DATA must name a folder of ours.") from error
