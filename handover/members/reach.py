"""Speaks to a forge as a member, and never as anybody else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from handover.configuration import network
from handover.forges.forge import ForgeCredential
from handover.forges.github import GitHub
from handover.members.forge_tokens import note_refused, note_taken, usable_token
from handover.members.models import ForgeAccount


@asynccontextmanager
async def as_member(account: ForgeAccount) -> AsyncIterator[GitHub]:
    """The forge of this account, with the member's own credential, refreshed where it ends soon. Raises ForgeError.

    Whether the forge took the credential is noted with the account.
    """
    token = await usable_token(account)
    async with network.client() as client:
        try:
            yield GitHub(account.forge_url, token, http=client)
        except ForgeCredential:
            await note_refused(account, token)
            raise
    if account.lost_at:
        await note_taken(account)
