"""Speaks to a forge as a member, and never as anybody else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from handover import settings
from handover.forges.github import GitHub
from handover.lib import http
from handover.members.models import ForgeAccount


@asynccontextmanager
async def as_member(account: ForgeAccount) -> AsyncIterator[GitHub]:
    """The forge of this account, with the member's own credential."""
    async with http.client(ca_file=settings.CA_FILE) as client:
        yield GitHub(account.forge_url, account.token, http=client)
