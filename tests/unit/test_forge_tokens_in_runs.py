"""What a run sees of a member's credential on a forge: fresh before it is used, or an ending with a sentence."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync

from handover.lib import clock
from handover.members.models import ForgeAccount
from handover.members.reach import as_member
from handover.runs import replies
from handover.runs.admission import ACCOUNTS_PAGE
from handover.runs.asking import open_to
from handover.runs.endings import Ended
from handover.runs.models import Cause
from standins.forge.cast import WEB_APP
from tests.unit.forge_accounts_world import AccountsWorld


@pytest.fixture
def world(django_db: Path, tmp_path: Path) -> Iterator[AccountsWorld]:
    """Lina is connected by OAuth, and her token ends in a minute."""
    made = AccountsWorld.begin(tmp_path)
    made.connect()
    ForgeAccount.objects.update(token_until=clock.now() + timedelta(minutes=1))
    yield made


def test_a_run_gets_a_fresh_credential_before_it_pushes(world: AccountsWorld) -> None:

    before = world.account

    async def credential() -> str:
        async with as_member(before) as forge:
            return forge.git_credential().password

    given = async_to_sync(credential)()
    assert given == world.account.token != before.token
    found = world.forge.tokens.find(given)
    assert found
    assert found.ends_at
    assert found.ends_at > clock.now() + timedelta(hours=7)


def test_a_run_whose_credential_is_lost_ends_with_the_sentence(world: AccountsWorld) -> None:
    world.forge.revoke(world.account.token)
    with pytest.raises(Ended) as ended:
        async_to_sync(open_to)(world.account, WEB_APP)
    assert ended.value.cause == Cause.REFUSED
    assert ended.value.told == replies.forge_credential_refused(forge_url=world.url, accounts_url=ACCOUNTS_PAGE)
    assert world.account.lost_at
