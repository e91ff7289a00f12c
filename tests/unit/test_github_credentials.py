"""What GitHub tells about a token: its scopes, its end, and whose address may stand in a commit."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from handover.forges.forge import ABSENT, Absent, ForgeCredential, Identity, Rights
from handover.forges.github import GitHub
from handover.forges.github_bodies import Address
from handover.forges.github_credentials import address_for_commits, end_of, rights_of, scopes_of
from handover.lib import http
from standins.forge import StandInForge
from standins.forge.cast import LINKED, acme
from tests.unit.forge_stage import on_stage


@dataclass
class World:
    """A forge, asked over HTTP."""

    forge: StandInForge
    url: str

    def identity(self, token: str) -> Identity:
        async def asked() -> Identity:
            async with http.client() as client:
                return await GitHub(self.url, token, http=client).identity()

        return asyncio.run(asked())


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    forge = StandInForge(tmp_path)
    acme(forge)
    yield World(forge, on_stage(forge))


# What a token says of itself

SCOPES: dict[str, tuple[dict[str, str], str, tuple[str, ...] | Absent, Rights]] = {
    "classic": ({"x-oauth-scopes": "workflow, repo"}, "ghp_1", ("repo", "workflow"), Rights.PUSH),
    "of an OAuth App": ({"x-oauth-scopes": "repo"}, "gho_1", ("repo",), Rights.PUSH),
    "public alone": ({"x-oauth-scopes": "public_repo"}, "ghp_1", ("public_repo",), Rights.PUBLIC),
    "others": ({"x-oauth-scopes": "user, read:org"}, "ghp_1", ("read:org", "user"), Rights.NONE),
    "none": ({"x-oauth-scopes": ""}, "ghp_1", (), Rights.NONE),
    "from before prefixes": ({"x-oauth-scopes": ""}, "0123456789abcdef" * 2, (), Rights.NONE),
    "fine-grained": ({}, "github_pat_1", ABSENT, Rights.UNKNOWN),
    "of a GitHub App, with an empty header": ({"x-oauth-scopes": ""}, "ghu_1", ABSENT, Rights.UNKNOWN),
}


@pytest.mark.parametrize("case", SCOPES.values(), ids=SCOPES)
def test_what_it_may_do(case: tuple[dict[str, str], str, tuple[str, ...] | Absent, Rights]) -> None:
    headers, token, scopes, rights = case
    assert scopes_of(headers, token) == scopes
    assert rights_of(scopes) == rights


def test_a_hostile_list_of_scopes_is_cut() -> None:
    scopes = scopes_of({"x-oauth-scopes": ",".join(["x" * 1000] * 1000)}, "ghp_1")
    assert isinstance(scopes, tuple)
    assert (len(scopes), len(scopes[0])) == (50, 100)


ENDS = {
    "utc": ("2026-11-05 14:22:07 UTC", datetime(2026, 11, 5, 14, 22, 7, tzinfo=UTC)),
    "an offset": ("2026-11-05 14:22:07 +0200", datetime(2026, 11, 5, 12, 22, 7, tzinfo=UTC)),
    "nothing": ("", ABSENT),
    "something else": ("tomorrow", ABSENT),
    "before all time": ("0001-01-01 00:00:00 +2300", ABSENT),
}


@pytest.mark.parametrize(("told", "ends"), ENDS.values(), ids=ENDS)
def test_when_it_ends(told: str, ends: datetime | Absent) -> None:
    assert end_of({"github-authentication-token-expiration": told}) == ends


def test_the_end_as_the_forge_tells_it(world: World) -> None:
    ends = world.identity(world.forge.token_for(LINKED, seconds=3600)).ends
    assert isinstance(ends, datetime)
    assert abs(ends - datetime.now(UTC) - timedelta(hours=1)) < timedelta(minutes=1)
    with pytest.raises(ForgeCredential, match="Bad credentials"):
        world.identity(world.forge.token_for(LINKED, seconds=-1))


GIVEN = "7+lina@users.noreply.github.example.com"
ADDRESSES = {
    "a public one": ([Address("lina@x.example", primary=True, verified=True, visibility="public")], "lina@x.example"),
    "a private one": ([Address("lina@x.example", primary=True, verified=True, visibility="private")], "hidden"),
    "not confirmed": ([Address("lina@x.example", primary=True, visibility="public")], "hidden"),
    "given": (
        [Address("a@x", primary=True, verified=True, visibility="private"), Address(GIVEN, verified=True)],
        GIVEN,
    ),
    "empty": ([Address("", primary=True, verified=True, visibility="public")], "hidden"),
    "none": ([], "hidden"),
}


@pytest.mark.parametrize(("addresses", "chosen"), ADDRESSES.values(), ids=ADDRESSES)
def test_whose_address_stands_in_a_commit(addresses: list[Address], chosen: str) -> None:
    assert address_for_commits(addresses, otherwise="hidden") == chosen


@pytest.mark.parametrize("scopes", [("repo", "user:email"), ("repo",)], ids=["may ask", "may not ask"])
def test_who_hides_the_address_keeps_it(world: World, scopes: tuple[str, ...]) -> None:
    lina = world.forge.user(LINKED)
    assert lina
    lina.hides_email = True
    account = world.identity(world.forge.token_for(LINKED, scopes=scopes)).account
    assert account.email == f"{lina.id}+{LINKED}@users.noreply.127.0.0.1"
