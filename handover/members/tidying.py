"""What has ended goes: sessions, invitations, and what was said days ago."""

import asyncio
import logging
from datetime import timedelta

from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.db import DatabaseError

from handover.lib import clock
from handover.members.models import Invitation, Told

log = logging.getLogger(__name__)
EVERY_SECONDS = 3600.0
# The page tells for so long that an invitation was used or has ended.
INVITATIONS_KEPT = timedelta(days=30)
TOLD_KEPT = timedelta(days=2)


async def keep_tidy() -> None:
    """Tidy up for ever."""
    while True:
        try:
            await sync_to_async(tidy)()
        except DatabaseError as error:
            log.error("What has ended could not be cleared away: %s It is tried again in an hour.", error)
        await asyncio.sleep(EVERY_SECONDS)


def tidy() -> None:
    """Delete what nobody can use any more."""
    now = clock.now()
    Session.objects.filter(expire_date__lt=now).delete()
    Invitation.objects.filter(until__lt=now - INVITATIONS_KEPT).delete()
    Told.objects.filter(day__lt=(now - TOLD_KEPT).date()).delete()
