"""Speaks to a connected Jira as its bot."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from handover.configuration import network
from handover.connections.models import Connection
from handover.jira.client import Jira


@asynccontextmanager
async def as_bot(connection: Connection) -> AsyncIterator[Jira]:
    """The connection's Jira, as the bot sees it."""
    async with network.client() as client:
        yield Jira(connection.base_url, connection.bot_token, http=client)
