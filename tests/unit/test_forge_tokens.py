"""A member's credential on a forge: refreshed in time, once, and kept before it is used."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync

from handover.forges.forge import ForgeCredential, ForgeError, ForgeRefused, ForgeUnavailable
from handover.lib import clock
from handover.members import forge_tokens
from handover.members.models import ForgeAccount
from handover.members.reach import as_member
from standins.forge.cast import LINKED
from tests.configured import configured
from tests.unit.forge_accounts_world import AccountsWorld, text_of

TOKEN_PATH = "/login/oauth/access_token"


class Scene(AccountsWorld):
    """Lina is connected by OAuth."""

    def age(self, seconds: float = 60) -> None:
        """Let her token end so soon; the forge's view of it does not matter here."""
        ForgeAccount.objects.update(token_until=clock.now() + timedelta(seconds=seconds))

    def login(self) -> str:
        """Ask the forge who she is."""
        return async_to_sync(login_of)(self.account)

    @property
    def refreshes(self) -> int:
        """Requests at the token endpoint after the first, which exchanged the code."""
        return self.asked(TOKEN_PATH) - 1


async def login_of(account: ForgeAccount) -> str:
    async with as_member(account) as forge:
        return (await forge.identity()).account.login


@pytest.fixture
def scene(django_db: Path, tmp_path: Path) -> Iterator[Scene]:
    made = Scene.begin(tmp_path)
    assert isinstance(made, Scene)
    made.connect()
    yield made
    made.forge.faults.clear()


def test_a_token_that_lasts_is_used_as_it_is(scene: Scene) -> None:
    assert scene.login() == LINKED
    scene.age(seconds=301)
    assert scene.login() == LINKED
    assert scene.refreshes == 0


def test_one_that_ends_within_five_minutes_is_refreshed_first(scene: Scene) -> None:
    before = scene.account
    scene.age(seconds=299)
    assert scene.login() == LINKED
    after = scene.account
    assert scene.refreshes == 1
    assert after.token != before.token
    assert after.last_four == after.token[-4:]
    assert after.sealed_refresh_token != before.sealed_refresh_token
    assert after.token_until
    assert after.token_until > clock.now() + timedelta(hours=7)
    assert (after.refresh_lease_until, after.lost_at) == (None, None)
    assert scene.login() == LINKED
    assert scene.refreshes == 1


def test_ten_at_once_refresh_once(scene: Scene) -> None:
    scene.age()
    account = scene.account

    async def ten() -> list[str]:
        return await asyncio.gather(*(login_of(account) for _ in range(10)))

    assert async_to_sync(ten)() == [LINKED] * 10
    assert scene.refreshes == 1


def test_several_processes_refresh_once(scene: Scene) -> None:
    scene.age()
    command = [sys.executable, "-m", "tests.unit.use_forge_tokens", str(scene.account.pk), "4"]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    told = [process.communicate(timeout=60)[0].split() for process in processes]
    assert told == [[LINKED] * 4] * 3
    assert scene.refreshes == 1


def test_what_was_given_is_kept_before_it_is_used(scene: Scene) -> None:
    """The forge's next answer never comes; the new pair is in the database all the same."""
    scene.age()
    scene.forge.faults.add(path="/api/v3/user$", status=503)
    with pytest.raises(ForgeUnavailable):
        scene.login()
    scene.forge.faults.clear()
    assert scene.login() == LINKED
    assert scene.refreshes == 1


def test_whoever_goes_away_loses_nothing(scene: Scene) -> None:
    scene.age()
    scene.forge.faults.add(path=f"{TOKEN_PATH}$", hold=True, after=True, times=1)

    async def impatient() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(login_of(await ForgeAccount.objects.aget()), 0.5)
        scene.forge.faults.release()
        assert await login_of(await ForgeAccount.objects.aget()) == LINKED

    async_to_sync(impatient)()
    assert scene.refreshes == 1


def test_a_refresh_token_that_is_no_longer_good(scene: Scene) -> None:
    scene.age()
    scene.forge.revoke(scene.account.token)
    for _ in range(2):
        with pytest.raises(ForgeCredential, match="Connect your account again"):
            scene.login()
    assert scene.refreshes == 1, "what is lost is not tried again"
    assert scene.account.lost_at
    page = text_of(scene.browser.get(scene.page))
    assert "Connect again" in page
    assert "You are connected" in scene.connect()
    assert scene.account.lost_at is None


def test_a_server_that_is_not_well_loses_nothing(scene: Scene) -> None:
    scene.age()
    scene.forge.faults.add(path=f"{TOKEN_PATH}$", status=500, times=1)
    with pytest.raises(ForgeUnavailable):
        scene.login()
    assert (scene.account.refresh_lease_until, scene.account.lost_at) == (None, None)
    assert scene.login() == LINKED


def test_a_client_that_the_forge_does_not_take_loses_nothing(scene: Scene) -> None:
    scene.age()
    scene.configure(client_secret="wrong")
    with pytest.raises(ForgeRefused, match="client ID or its secret") as refused:
        scene.login()
    assert not isinstance(refused.value, ForgeCredential)
    configured(forges=[{"kind": "github", "base_url": scene.url}])
    with pytest.raises(ForgeRefused, match="no OAuth client"):
        scene.login()
    scene.configure()
    assert scene.login() == LINKED


def test_whoever_held_the_lease_and_died_is_replaced(scene: Scene) -> None:
    scene.age()
    ForgeAccount.objects.update(refresh_lease_until=clock.now() + timedelta(seconds=1))
    assert scene.login() == LINKED
    assert scene.refreshes == 1


def test_patience_ends(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forge_tokens, "PATIENCE_SECONDS", 0.3)
    scene.age()
    ForgeAccount.objects.update(refresh_lease_until=clock.now() + timedelta(seconds=60))
    with pytest.raises(ForgeUnavailable, match="takes too long"):
        scene.login()
    assert scene.refreshes == 0


def test_keys_that_are_rotated_meanwhile(scene: Scene) -> None:
    scene.age()
    scene.forge.faults.add(path=f"{TOKEN_PATH}$", hold=True, after=True, times=1)

    def rotate() -> None:
        while not scene.forge.faults.waiting:
            pass
        sealed_anew(scene.account)
        scene.forge.faults.release()

    thread = threading.Thread(target=rotate)
    thread.start()
    assert scene.login() == LINKED
    thread.join()
    assert scene.refreshes == 1


def sealed_anew(account: ForgeAccount) -> None:
    """As `handover keys rotate` writes the columns: other text, the same secret."""
    from handover.configuration.vault import vault

    for column in ("sealed_token", "sealed_refresh_token"):
        clear = vault().open(getattr(account, column), address=account.forge_url)
        fresh = {column: vault().seal(clear, address=account.forge_url)}
        ForgeAccount.objects.filter(pk=account.pk).update(**fresh)


def test_what_comes_too_late_is_given_back(scene: Scene) -> None:
    """The member removes the account while it is being refreshed."""
    scene.age()
    scene.forge.faults.add(path=f"{TOKEN_PATH}$", hold=True, after=True, times=1)

    def ask() -> None:
        with pytest.raises(ForgeCredential, match="was removed"):
            scene.login()

    thread = threading.Thread(target=ask)
    thread.start()
    while not scene.forge.faults.waiting:
        pass
    (fresh,) = scene.forge.tokens.all()
    ForgeAccount.objects.all().delete()
    scene.forge.faults.release()
    thread.join()
    assert scene.forge.user_of(fresh.raw) is None
    assert not ForgeAccount.objects.exists()


def test_a_removed_account(scene: Scene) -> None:
    account = scene.account
    ForgeAccount.objects.all().delete()
    with pytest.raises(ForgeCredential, match="was removed in Handover"):
        async_to_sync(login_of)(account)


def test_a_forge_that_is_not_allowed_any_more(scene: Scene) -> None:
    asked = len(scene.forge.requests)
    configured(forges=[])
    with pytest.raises(ForgeRefused, match="not among the forges that are allowed here any more"):
        scene.login()
    assert len(scene.forge.requests) == asked


def test_a_token_that_the_forge_refuses_is_lost_and_found(scene: Scene) -> None:
    token = scene.forge.token_for(LINKED)
    scene.send_token(token)
    scene.forge.faults.add(path="/user$", status=401, body=b'{"message": "Bad credentials"}', times=1)
    with pytest.raises(ForgeCredential):
        scene.login()
    assert scene.account.lost_at
    assert scene.login() == LINKED
    assert scene.account.lost_at is None


def test_a_token_that_was_renewed_while_it_was_used_is_worth_another_try(scene: Scene) -> None:
    account = scene.account

    async def ask() -> None:
        async with as_member(account) as forge:
            await ForgeAccount.objects.aupdate(token_until=clock.now())
            assert await login_of(account) == LINKED
            await forge.identity()

    with pytest.raises(ForgeUnavailable, match="renewed meanwhile"):
        async_to_sync(ask)()
    assert scene.account.lost_at is None


def test_no_error_tells_a_token(scene: Scene) -> None:
    scene.age()
    account = scene.account
    scene.forge.revoke(account.token)
    with pytest.raises(ForgeError) as error:
        scene.login()
    assert account.token not in str(error.value)
