"""Whose account the bot's token is: asked when the token is new, so that its own words start nothing."""

import asyncio
import hmac
import logging

from asgiref.sync import sync_to_async
from django.db import DatabaseError

from handover import settings
from handover.connections.models import Connection, configured
from handover.connections.reach import as_bot
from handover.jira.client import JiraError
from handover.lib.secrets import SecretUnreadable

log = logging.getLogger(__name__)
LOOK_SECONDS = 1.0
# What failed is asked again no sooner than this.
AGAIN_SECONDS = 30.0


def mark_of(connection: Connection) -> str:
    """Which token, without telling it; "" where there is none. Raises SecretUnreadable."""
    token = connection.bot_token
    return hmac.digest(settings.SECRET_KEY.encode(), token.encode(), "sha256").hex() if token else ""


def known(connection: Connection, *, key: str, name: str) -> None:
    """Keep whose the connection's present token is."""
    Connection.objects.filter(id=connection.id).update(bot_key=key, bot_name=name, bot_of=mark_of(connection))


async def keep_known() -> None:
    """Ask for each new token, for ever."""
    failed: dict[str, float] = {}
    loop = asyncio.get_running_loop()
    while True:
        for connection in await sync_to_async(_new)():
            if loop.time() - failed.get(connection.base_url, -AGAIN_SECONDS) >= AGAIN_SECONDS:
                await _learn(connection, failed, loop.time())
        await asyncio.sleep(LOOK_SECONDS)


def _new() -> list[Connection]:
    try:
        return [row for row in configured() if row.host.enabled and _is_new(row)]
    except DatabaseError:
        return []


def _is_new(connection: Connection) -> bool:
    try:
        return mark_of(connection) not in ("", connection.bot_of)
    except SecretUnreadable:
        return False


async def _learn(connection: Connection, failed: dict[str, float], now: float) -> None:
    try:
        async with as_bot(connection) as jira:
            bot = await jira.myself()
    except JiraError as error:
        if connection.base_url not in failed:
            log.error("The service account of %s is not known yet: %s", connection.base_url, error)
        failed[connection.base_url] = now
        return
    failed.pop(connection.base_url, None)
    await sync_to_async(known)(connection, key=bot.key, name=bot.name)
