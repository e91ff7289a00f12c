"""The door beside Django, in one server."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from django.core.asgi import get_asgi_application

from handover import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "handover.settings")
