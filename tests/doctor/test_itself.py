"""The doctor itself: one check that fails does not take the others down, and what it says is plain."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from django.test import Client

from handover.configuration import vault
from handover.configuration.models import Version
from handover.configuration.vault import vault as the_vault
from handover.doctor.checks import Check, Symptom, fine, to_the_minute, to_the_second, verdict, whole, wrong
from handover.lib.keys import KeyFile
from handover.members.models import Member
from tests.doctor.world import DATE_ALONE, World, served


@pytest.fixture
def world(django_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with served(World(tmp_path), monkeypatch) as world:
        yield world


def a_token_that_cannot_be_sent() -> None:
    """Nothing takes it any more; an earlier Handover did."""
    version = Version.objects.order_by("-number")[0]
    secret = version.document["jira"][0]["pat"]
    secret["sealed"] = the_vault().seal("ein Schlüssel", address=secret["for"])
    version.sealing += 1
    version.save()


def test_a_check_that_fails_leaves_the_others(world: World, caplog: pytest.LogCaptureFixture) -> None:
    names = {check.name for check in world.checks()}
    a_token_that_cannot_be_sent()
    with caplog.at_level(logging.ERROR, logger="handover.doctor.checks"):
        found = world.checks()
    failed = [check for check in found if not check.ok]
    assert [check.name.partition(":")[0] for check in failed] == ["Service account's token", "Webhook"]
    for check in failed:
        assert check.cause == "Looking at it failed (UnicodeEncodeError). That is a fault of Handover's own."
        assert "Handover's log" in check.next_step
    assert {"Model", "Mail server", "OpenID Connect"} <= {name.partition(":")[0] for name in names}
    untold = {name for name in names if "Service account" not in name and "webhook" not in name}
    assert untold - {check.name for check in found} == {f"Jira's own statistics: {world.base_url}"}
    assert len([one for one in caplog.records if one.exc_info]) == 2
    assert "Schlüssel" not in caplog.text


def test_the_page_tells_of_it_as_well(world: World) -> None:
    a_token_that_cannot_be_sent()
    ada = Client()
    ada.force_login(Member.objects.create_superuser("ada"))
    answer = ada.get("/console/doctor/checks")
    assert answer.status_code == 200
    assert "a fault of Handover&#x27;s own" in answer.content.decode()


def test_what_fails_is_a_check_like_any_other() -> None:
    async def fails() -> Sequence[Check]:
        raise ValueError("not for people")

    async def finds() -> Sequence[Check]:
        return [fine(Symptom.TLS, "All")]

    async def both() -> list[Check]:
        parts = [whole(fails(), Symptom.TLS, "Some"), whole(finds(), Symptom.TLS, "All")]
        return [check for checks in await asyncio.gather(*parts) for check in checks]

    failed, found = asyncio.run(both())
    assert (failed.name, failed.ok, failed.symptom, found.ok) == ("Some", False, Symptom.TLS, True)
    assert "not for people" not in str(failed)


def test_who_leaves_is_not_told_of_a_fault() -> None:
    async def lasts() -> Sequence[Check]:
        await asyncio.sleep(60)
        return []

    async def left() -> None:
        looking = asyncio.create_task(whole(lasts(), Symptom.TLS, "Some"))
        await asyncio.sleep(0)
        looking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await looking

    asyncio.run(left())


def test_keys_that_cannot_be_read_are_told(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(vault, "_keyring", KeyFile(tmp_path / "gone.key"))
    (found,) = world.checks()
    assert (found.ok, found.name, found.symptom) == (False, "Settings", Symptom.STARTING)
    assert "gone.key holds the keys and cannot be read" in found.cause


def test_no_date_stands_without_its_zone(django_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path)
    with served(world, monkeypatch, jira_tls=world.authority.identity(ends_in=timedelta(days=3))):
        world.configure(pat=world.jira.token_for(world.bot, days=5))
        checks = world.checks()
    told = [text for check in checks for text in (check.cause, check.next_step, check.found)]
    assert sum("ends on" in text or "until" in text for text in told) >= 3
    assert [text for text in told if DATE_ALONE.search(text)] == []


def test_moments_are_told_in_utc_wherever_they_come_from() -> None:
    at = datetime(2027, 2, 22, 1, 5, 9, tzinfo=timezone(timedelta(hours=2)))
    assert to_the_minute(at) == "2027-02-21 23:05 UTC"
    assert to_the_second(at.astimezone(UTC)) == "2027-02-21 23:05:09 UTC"


GOOD, BAD = fine(Symptom.TLS, "a"), wrong(Symptom.TLS, "b", cause="It is.", next_step="Mend it.")
VERDICTS = {
    "The check is well.": [GOOD],
    "The check found something wrong.": [BAD],
    "All 2 checks are well.": [GOOD, GOOD],
    "1 of 2 checks found something wrong.": [GOOD, BAD],
    "2 of 2 checks found something wrong.": [BAD, BAD],
}


@pytest.mark.parametrize("sentence", VERDICTS)
def test_the_verdict_is_a_sentence(sentence: str) -> None:
    assert verdict(VERDICTS[sentence]) == sentence
