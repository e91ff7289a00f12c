"""A member's own token of a Jira: renewed once however many read, kept before it is used, and told when it is lost."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from handover.configuration.vault import vault
from handover.jira.client import Issue, Jira, JiraAnonymous, JiraMissing, JiraUnavailable, User
from handover.jira.oauth import CLIENT_REFUSED, JiraLinkLost, JiraOAuthRefused
from handover.lib import clock
from handover.members import link_tokens, linking, renewals
from handover.members.link_tokens import access_token, as_member_in_jira
from handover.members.models import JiraLink
from handover.process import _agents
from standins.jira.oauth.records import Grant
from tests.unit.jira_link_world import Browser, Played, a_member, connected

T = TypeVar("T")
TOKEN = "/oauth2/latest/token"
USER = User("JIRAUSER10101", "lina", "Lina Linde", "lina.linde@acme.example")


class Scene:
    """A Jira, and lina's link with it."""

    def __init__(self, played: Played) -> None:
        self.played, self.jira = played, played.jira
        self.link = Browser(a_member("lina")).link(played, by=played.people.linked)
        self.jira.oauth.answered.clear()

    @property
    def grant(self) -> Grant:
        """What lina has allowed in Jira."""
        [grant] = self.jira.oauth.grants
        return grant

    def kept(self) -> JiraLink:
        """The link as the database has it now."""
        return JiraLink.objects.select_related("connection").get(pk=self.link.pk)

    def age(self) -> None:
        """The access token's time is over."""
        self.grant.access_until = 0.0
        JiraLink.objects.update(access_until=clock.now() - timedelta(seconds=1))

    def read(self) -> Issue:
        """PAY-1 as lina sees it."""
        return asyncio.run(as_member_in_jira(self.kept(), pay_1))

    def while_jira_holds(self, act: Callable[[], Awaitable[None]]) -> BaseException | str:
        """Begin a renewal; Jira has done it, and its answer waits while `act` happens. Returns what came of it."""
        self.jira.faults.add(path=TOKEN, hold=True, after=True)

        async def scene() -> BaseException | str:
            reading = asyncio.create_task(access_token(self.link))
            await until(lambda: self.jira.faults.waiting == 1)
            await act()
            self.jira.faults.release()
            (came,) = await asyncio.gather(reading, return_exceptions=True)
            await until(lambda: not renewals._under_way)
            return came

        return asyncio.run(scene())


async def pay_1(jira: Jira) -> Issue:
    return await jira.issue("PAY-1")


async def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


@pytest.fixture
def scene(django_db: Path) -> Iterator[Scene]:
    with connected() as played:
        yield Scene(played)


def process_of_readers(scene: Scene, readers: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.unit.read_as_the_member", str(scene.link.pk), str(readers)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_token_that_lasts_is_used_as_it_is(scene: Scene) -> None:
    assert scene.read().key == "PAY-1"
    assert scene.jira.oauth.answered == {}
    assert [one.user for one in scene.jira.requests if one.path.endswith("/issue/PAY-1")] == ["lina"]


def test_what_the_member_may_not_see_is_missing(scene: Scene) -> None:
    scene.jira.issue("PAY-1").project.members = frozenset({scene.played.people.bot.key})
    with pytest.raises(JiraMissing):
        scene.read()


def test_ten_readers_renew_once(scene: Scene) -> None:
    scene.age()
    link = scene.kept()

    async def ten() -> list[Issue]:
        return await asyncio.gather(*(as_member_in_jira(link, pay_1) for _ in range(10)))

    assert [issue.key for issue in asyncio.run(ten())] == ["PAY-1"] * 10
    assert scene.jira.oauth.answered == {("refresh_token", "ok"): 1}
    kept = scene.kept()
    assert (kept.refresh_lease_until, kept.lost_at) == (None, None)
    assert vault().open(kept.sealed_refresh_token, address=scene.played.base_url) == scene.grant.refresh


def test_ten_readers_in_three_processes_renew_once(scene: Scene) -> None:
    scene.age()
    processes = [process_of_readers(scene, readers) for readers in (4, 3, 3)]
    read = [process.communicate(timeout=60) for process in processes]
    assert [out.strip() for out, _ in read] == ["4", "3", "3"], read
    assert scene.jira.oauth.answered == {("refresh_token", "ok"): 1}


def test_a_token_that_jira_takes_no_more_before_its_time_is_renewed(scene: Scene) -> None:
    scene.grant.access_until = 0.0
    for way in ("anonymous", "refused"):
        scene.jira.settings.bad_token = "refused" if way == "refused" else "anonymous"
        scene.jira.oauth.answered.clear()
        scene.grant.access_until = 0.0
        assert scene.read().key == "PAY-1"
        assert scene.jira.oauth.answered == {("refresh_token", "ok"): 1}


def test_a_fresh_token_that_is_not_taken_either_loses_no_link(scene: Scene) -> None:
    scene.jira.faults.add(path="/issue/PAY-1", status=401)
    with pytest.raises(JiraAnonymous):
        scene.read()
    assert scene.kept().lost_at is None
    assert scene.jira.oauth.answered == {("refresh_token", "ok"): 1}


def test_what_was_ended_in_jira_is_lost_and_told_without_asking_again(scene: Scene) -> None:
    scene.grant.revoke()
    with pytest.raises(JiraLinkLost, match="Link again"):
        scene.read()
    kept = scene.kept()
    assert kept.lost_at is not None
    assert (kept.sealed_access_token, kept.sealed_refresh_token) == ("", "")
    with pytest.raises(JiraLinkLost):
        scene.read()
    assert scene.jira.oauth.answered == {("refresh_token", "invalid_grant"): 1}


def test_a_lost_link_is_linked_again(scene: Scene) -> None:
    scene.grant.revoke()
    with pytest.raises(JiraLinkLost):
        scene.read()
    browser = Browser(scene.link.member)
    assert "no longer works" in browser.page()
    browser.link(scene.played, by=scene.played.people.linked)
    assert scene.read().key == "PAY-1"
    assert "no longer works" not in browser.page()


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"status": 503}, id="503"),
        pytest.param({"status": 200, "body": b"<html>", "headers": {"content-type": "text/html"}}, id="html"),
        pytest.param({"lose": True}, id="lost before"),
    ],
)
def test_a_renewal_that_jira_does_not_answer_may_be_tried_at_once(scene: Scene, fault: dict[str, object]) -> None:
    scene.age()
    scene.jira.faults.add(path=TOKEN, times=1, **fault)  # type: ignore[arg-type]
    with pytest.raises(JiraUnavailable):
        scene.read()
    assert scene.kept().refresh_lease_until is None
    assert scene.read().key == "PAY-1"


def test_a_slow_answer_has_an_end(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handover.lib.oauth.MOST_SECONDS", 0.3)
    scene.age()
    scene.jira.faults.add(path=TOKEN, seconds=2.0)
    with pytest.raises(JiraUnavailable, match="did not answer within"):
        scene.read()


def test_a_wrong_client_is_the_administrators_and_loses_no_link(scene: Scene) -> None:
    scene.age()
    secret = scene.played.fields["client_secret"]
    scene.played.configure(client_secret="wrong")
    with pytest.raises(JiraOAuthRefused, match="OAuth client") as raised:
        scene.read()
    assert str(raised.value) == CLIENT_REFUSED
    assert scene.kept().lost_at is None
    scene.played.configure(client_secret=secret)
    assert scene.read().key == "PAY-1"


def test_who_is_cancelled_loses_no_token(scene: Scene) -> None:
    scene.age()

    async def cancelled() -> None:
        for task in asyncio.all_tasks():
            if task.get_coro().__qualname__ == "access_token":  # type: ignore[union-attr]
                task.cancel()
        await asyncio.sleep(0.05)

    assert isinstance(scene.while_jira_holds(cancelled), asyncio.CancelledError)
    assert scene.read().key == "PAY-1"
    assert scene.jira.oauth.answered == {("refresh_token", "ok"): 1}


def test_a_process_that_is_told_to_end_loses_no_token(scene: Scene) -> None:
    """Jira has ended the pair of before, and its answer comes while the process ends."""
    scene.age()
    scene.jira.faults.add(path=TOKEN, hold=True, after=True)

    async def ending() -> None:
        async with _agents():
            reading = asyncio.create_task(access_token(scene.link))
            await until(lambda: scene.jira.faults.waiting == 1)
            reading.cancel()
            threading.Timer(2.0, scene.jira.faults.release).start()

    asyncio.run(ending())
    assert scene.read().key == "PAY-1"
    assert scene.jira.oauth.answered == {("refresh_token", "ok"): 1}


def test_a_process_that_is_told_to_end_does_not_wait_for_ever(scene: Scene) -> None:
    scene.age()
    scene.jira.faults.add(path=TOKEN, hold=True, after=True)

    async def ending() -> float:
        reading = asyncio.create_task(access_token(scene.link))
        await until(lambda: scene.jira.faults.waiting == 1)
        reading.cancel()
        began = time.monotonic()
        await renewals.ended(within=0.2)
        return time.monotonic() - began

    assert 0.1 < asyncio.run(ending()) < 5
    scene.jira.faults.release()


def test_keys_may_be_rotated_while_a_token_is_renewed(scene: Scene) -> None:
    scene.age()

    async def resealed() -> None:
        again = vault().seal("the same, sealed anew", address=scene.played.base_url)
        await JiraLink.objects.aupdate(sealed_refresh_token=again)

    assert scene.while_jira_holds(resealed) == scene.grant.access
    assert scene.read().key == "PAY-1"


def test_who_disconnects_while_the_token_is_renewed_leaves_none_behind(scene: Scene) -> None:
    scene.age()

    async def disconnected() -> None:
        await JiraLink.objects.all().adelete()

    assert isinstance(scene.while_jira_holds(disconnected), JiraUnavailable)
    assert scene.grant.access == "", "the token that nobody keeps is ended in Jira"


@pytest.mark.parametrize("how", [JiraLink.How.EMAIL, JiraLink.How.ADMINISTRATOR])
def test_a_link_by_an_address_is_not_lost_by_who_still_holds_the_one_by_oauth(scene: Scene, how: JiraLink.How) -> None:
    held = scene.kept()
    linking.link(held.member, held.connection, USER, how=how)
    with pytest.raises(JiraUnavailable, match="was changed while"):
        asyncio.run(as_member_in_jira(held, pay_1))
    kept = scene.kept()
    assert (kept.how, kept.lost_at, kept.refresh_lease_until) == (how, None, None)


def test_nor_where_it_is_replaced_while_the_token_is_renewed(scene: Scene) -> None:
    scene.age()
    lease = clock.now() + timedelta(minutes=1)
    held = scene.kept()
    held.refresh_lease_until = lease
    JiraLink.objects.update(how=JiraLink.How.EMAIL, refresh_lease_until=lease)
    assert not asyncio.run(link_tokens._keep(held, lost_at=clock.now()))
    assert scene.kept().lost_at is None


def test_a_power_cut_between_jiras_answer_and_keeping_it_loses_the_link_and_is_told(scene: Scene) -> None:
    scene.age()
    scene.jira.faults.add(path=TOKEN, hold=True, after=True)
    process = process_of_readers(scene, 1)
    asyncio.run(until(lambda: scene.jira.faults.waiting == 1))
    process.kill()
    process.communicate()
    scene.jira.faults.clear()
    JiraLink.objects.update(refresh_lease_until=clock.now() - timedelta(seconds=1))
    with pytest.raises(JiraLinkLost, match="Link again"):
        scene.read()
    assert scene.kept().lost_at is not None
    assert "no longer works" in Browser(scene.link.member).page()


def test_a_lease_is_waited_for_and_runs_out(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_tokens, "LEASE", timedelta(seconds=0.5))
    scene.age()
    JiraLink.objects.update(refresh_lease_until=clock.now() + timedelta(seconds=0.5))
    assert scene.read().key == "PAY-1"
    scene.age()
    JiraLink.objects.update(refresh_lease_until=clock.now() + timedelta(days=1))
    with pytest.raises(JiraUnavailable, match="in time"):
        scene.read()


def test_what_was_sealed_with_a_lost_key_asks_for_linking_again(scene: Scene) -> None:
    JiraLink.objects.update(sealed_access_token="gAAAAAnonsense")
    with pytest.raises(JiraLinkLost):
        scene.read()
    assert scene.kept().lost_at is None, "the key may come back"


def test_a_link_that_is_gone(scene: Scene) -> None:
    link = scene.kept()
    JiraLink.objects.all().delete()
    with pytest.raises(JiraLinkLost):
        asyncio.run(access_token(link))
