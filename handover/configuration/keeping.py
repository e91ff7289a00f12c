"""A process keeps the configuration fresh, and tells which version it works with."""

import asyncio
import logging
import os
import socket
import uuid
from datetime import timedelta

from asgiref.sync import sync_to_async
from django.db import DatabaseError

from handover.configuration import store
from handover.configuration.models import Process
from handover.lib import clock
from handover.lib.environment import BadSetting

log = logging.getLogger(__name__)
# A new version is taken up within two seconds, over all processes.
REFRESH_SECONDS = 0.5
TELL_SECONDS = 15.0
# Whoever has not told of itself for so long has gone.
GONE = timedelta(minutes=1)


async def keep_fresh() -> None:
    """Take up new versions for ever."""
    me, told_at, told_version, failing = uuid.uuid4(), 0.0, -1, False
    started, loop = clock.now(), asyncio.get_running_loop()
    try:
        while True:
            try:
                number = (await sync_to_async(store.refresh)()).number
                if number != told_version or loop.time() - told_at > TELL_SECONDS:
                    await sync_to_async(_tell)(me, started, number)
                    told_at, told_version = loop.time(), number
                failing = False
            except (DatabaseError, BadSetting) as error:
                if not failing:
                    log.error("The configuration cannot be read anew: %s What held before goes on.", error)
                failing = True
            await asyncio.sleep(REFRESH_SECONDS)
    finally:
        await sync_to_async(_leave)(me)


def processes() -> list[Process]:
    """The processes that run now."""
    return list(Process.objects.filter(seen_at__gte=clock.now() - GONE).order_by("started_at"))


def _tell(me: uuid.UUID, started: object, number: int) -> None:
    Process.objects.filter(seen_at__lt=clock.now() - GONE).delete()
    told = {"seen_at": clock.now(), "version": number}
    about = {"host": socket.gethostname()[:255], "pid": os.getpid(), "started_at": started}
    Process.objects.update_or_create(id=me, defaults=told, create_defaults={**told, **about})


def _leave(me: uuid.UUID) -> None:
    Process.objects.filter(id=me).delete()
