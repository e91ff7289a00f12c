"""Whose account the bot's token is: asked when the token is new, so that its own words start nothing."""

import asyncio
import hmac
import logging
import ssl

import httpx
from asgiref.sync import sync_to_async
from django.db import DatabaseError

from handover import settings
from handover.connections.models import Connection, configured
from handover.connections.reach import as_bot
from handover.jira.client import JiraError
from handover.lib.environment import BadSetting
from handover.lib.secrets import SecretUnreadable

log = logging.getLogger(__name__)
LOOK_SECONDS = 1.0
# What failed is asked again no sooner than this.
AGAIN_SECONDS = 30.0
# A Jira that does not answer; keys, database or certificates that cannot be read now; and an address or a token that
# no request can be made of: the console refuses those, and an older version may still have one.
UNKNOWABLE = (
    JiraError,
    SecretUnreadable,
    BadSetting,
    DatabaseError,
    ssl.SSLError,
    httpx.InvalidURL,
    UnicodeError,
)


def mark_of(connection: Connection) -> str:
    """Which token, without telling it; "" where there is none. Raises SecretUnreadable."""
    token = connection.bot_token
    return hmac.digest(settings.SECRET_KEY.encode(), token.encode(), "sha256").hex() if token else ""


def known(connection: Connection, *, key: str, name: str) -> None:
    """Keep whose the connection's present token is."""
    Connection.objects.filter(id=connection.id).update(bot_key=key, bot_name=name, bot_of=mark_of(connection))


async def keep_known() -> None:
    """Ask for each new token, for ever. What cannot be asked now, or never, is logged once."""
    failed: dict[str, float] = {}
    loop = asyncio.get_running_loop()
    while True:
        for connection in await sync_to_async(_enabled)():
            if loop.time() - failed.get(connection.base_url, -AGAIN_SECONDS) >= AGAIN_SECONDS:
                await _look(connection, failed, loop.time())
        await asyncio.sleep(LOOK_SECONDS)


def _enabled() -> list[Connection]:
    try:
        return [row for row in configured() if row.host.enabled]
    except (DatabaseError, BadSetting):
        # Told by whoever keeps the configuration fresh.
        return []


async def _look(connection: Connection, failed: dict[str, float], now: float) -> None:
    try:
        if await sync_to_async(_is_new)(connection):
            await _learn(connection)
    except UNKNOWABLE as error:
        if connection.base_url not in failed:
            log.error("The service account of %s is not known yet: %s", connection.base_url, error)
        failed[connection.base_url] = now
    else:
        failed.pop(connection.base_url, None)


def _is_new(connection: Connection) -> bool:
    return mark_of(connection) not in ("", connection.bot_of)


async def _learn(connection: Connection) -> None:
    async with as_bot(connection) as jira:
        bot = await jira.myself()
    await sync_to_async(known)(connection, key=bot.key, name=bot.name)
