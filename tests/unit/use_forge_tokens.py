"""A process of Handover that asks a forge as a member: `python -m tests.unit.use_forge_tokens ACCOUNT READERS`."""

import asyncio
import sys

import django

import handover  # noqa: F401  puts the bundled SQLite in place first

django.setup()

from handover.configuration import store  # noqa: E402
from handover.members.models import ForgeAccount  # noqa: E402
from handover.members.reach import as_member  # noqa: E402


async def _login(account: ForgeAccount) -> str:
    async with as_member(account) as forge:
        return (await forge.identity()).account.login


async def _ask(account: ForgeAccount, readers: int) -> None:
    print(*await asyncio.gather(*(_login(account) for _ in range(readers))))


if __name__ == "__main__":
    store.refresh()
    asyncio.run(_ask(ForgeAccount.objects.get(pk=sys.argv[1]), int(sys.argv[2])))
