"""The GitHub edge, over real HTTP against the stand-in forge."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

from handover.forges.forge import (
    Absent,
    ForgeCredential,
    ForgeError,
    ForgeMissing,
    ForgeRefused,
    ForgeUnavailable,
    PullRequest,
    Repository,
)
from handover.forges.github import GitHub
from handover.lib import http
from standins.forge import StandInForge
from standins.forge.cast import API, ATTACKER, LINKED, WEB_APP, WITHOUT_ACCOUNT, acme
from standins.serving import Served
from tests.unit.forge_stage import on_stage

T = TypeVar("T")
BRANCH = "feature/PAY-1-total"


@dataclass
class World:
    """A forge with its cast, and a way to ask it."""

    forge: StandInForge
    url: str

    def ask(self, question: Callable[[GitHub], Awaitable[T]], login: str = LINKED) -> T:
        return self.ask_with(self.forge.token_for(login), question)

    def ask_with(self, token: str, question: Callable[[GitHub], Awaitable[T]]) -> T:
        async def asked() -> T:
            async with http.client() as client:
                return await question(GitHub(self.url, token, http=client))

        return asyncio.run(asked())

    def repository(self, path: str = WEB_APP, login: str = LINKED) -> Repository:
        return self.ask(lambda github: github.repository(path), login)

    def find(self, branch: str = BRANCH) -> PullRequest | Absent:
        repository = self.repository()
        return self.ask(lambda github: github.find_pull_request(repository, branch))

    def propose(self, branch: str = BRANCH, title: str = "PAY-1: Total", body: str = "Done.") -> PullRequest:
        repository = self.repository()
        return self.ask(
            lambda github: github.create_pull_request(
                repository, branch=branch, base="main", title=title, body=body, draft=False
            )
        )


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    forge = StandInForge(tmp_path)
    acme(forge)
    yield World(forge, on_stage(forge))
    forge.faults.clear()


# Who, and what may they do


def test_whose_token_it_is(world: World) -> None:
    account = world.ask(lambda github: github.identity()).account
    assert (account.login, account.name, account.email) == (LINKED, "Lina Linde", "lina.linde@acme.example")
    assert account.id.isdigit()


def test_a_hidden_address_becomes_the_one_that_github_gives(world: World) -> None:
    world.forge.add_user("quiet", "", "")
    account = world.ask(lambda github: github.identity(), "quiet").account
    assert (account.name, account.email) == ("quiet", f"{account.id}+quiet@users.noreply.127.0.0.1")


def test_a_bad_token(world: World) -> None:
    with pytest.raises(ForgeCredential, match="does not accept the token: Bad credentials") as refused:
        world.ask_with("secret-token", lambda github: github.identity())
    assert "secret-token" not in str(refused.value)


RIGHTS = [(LINKED, WEB_APP, True, True), (WITHOUT_ACCOUNT, WEB_APP, True, False), (LINKED, API, True, False)]


@pytest.mark.parametrize(("login", "path", "reads", "pushes"), RIGHTS)
def test_rights(world: World, login: str, path: str, reads: bool, pushes: bool) -> None:
    repository = world.repository(path, login)
    assert (repository.path, repository.can_read, repository.can_push) == (path, reads, pushes)


def test_the_path_is_the_forges_own_and_addresses_are_built_on_the_configured_host(world: World) -> None:
    repository = world.repository("aCME/Web-APP")
    assert (repository.path, repository.default_branch) == (WEB_APP, "main")
    assert (repository.clone_url, repository.web_url) == (f"{world.url}/{WEB_APP}.git", f"{world.url}/{WEB_APP}")


def test_an_archived_repository_takes_no_push(world: World) -> None:
    world.forge.archive(WEB_APP)
    repository = world.repository()
    assert (repository.archived, repository.can_read, repository.can_push) == (True, True, False)


def test_forbidden_and_missing_are_told_alike(world: World) -> None:
    sentences = []
    for login, path in ((ATTACKER, WEB_APP), (LINKED, "Acme/nothing")):
        with pytest.raises(ForgeMissing) as refused:
            world.repository(path, login)
        sentences.append(str(refused.value).replace(path, "X"))
    assert sentences[0] == sentences[1]
    assert "does not exist on 127.0.0.1" in sentences[0]


@pytest.mark.parametrize(
    "path", ["Acme", "Acme/web-app/pulls", "../user", "Acme/..", "a b/c", "Acme/x?y", "", "/", "-x/é"]
)
def test_what_is_no_path_is_not_asked_for(world: World, path: str) -> None:
    with pytest.raises(ForgeMissing):
        world.repository(path)
    assert world.forge.requests == []


def test_a_renamed_repository_is_followed_and_its_rights_are_those_of_the_new_one(world: World) -> None:
    world.forge.rename(WEB_APP, "Acme/shop")
    assert world.repository().path == "Acme/shop"
    assert world.repository(login=WITHOUT_ACCOUNT).can_push is False
    with pytest.raises(ForgeMissing):
        world.repository(login=ATTACKER)


@pytest.mark.parametrize(
    "target", ["http://localhost:9/api/v3/user", "/login", "http://127.0.0.1.evil.example/api/v3/user"]
)
def test_no_other_address_is_followed(target: str) -> None:
    seen: list[str] = []

    async def elsewhere(request: Request) -> RedirectResponse:
        seen.append(request.url.path)
        return RedirectResponse(target, 301)

    with Served(Starlette(routes=[Route("/{path:path}", elsewhere)])) as served:
        with pytest.raises(ForgeRefused):
            World(None, served.url).ask_with("token", lambda github: github.repository(WEB_APP))  # type: ignore[arg-type]
        assert seen == [f"/api/v3/repos/{WEB_APP}"]


def test_what_moves_for_ever_is_not_followed_for_ever() -> None:
    seen: list[str] = []

    async def around(request: Request) -> RedirectResponse:
        seen.append(request.url.path)
        return RedirectResponse(str(request.url), 301)

    with Served(Starlette(routes=[Route("/{path:path}", around)])) as served, pytest.raises(ForgeRefused):
        World(None, served.url).ask_with("token", lambda github: github.repository(WEB_APP))  # type: ignore[arg-type]
    assert len(seen) == 2


def test_the_credential_for_git(world: World) -> None:
    async def credential(github: GitHub) -> tuple[str, str]:
        given = github.git_credential()
        return given.username, given.password

    assert world.ask_with("t", credential) == ("x-access-token", "t")


def test_github_com_has_an_api_host_of_its_own() -> None:
    async def asked() -> str:
        async with http.client() as client:
            return GitHub("https://github.com/", "t", http=client)._api

    assert asyncio.run(asked()) == "https://api.github.com"


# Pull requests


def test_found_only_where_it_is(world: World) -> None:
    assert world.find() == Absent()
    world.forge.commit(WEB_APP, BRANCH, {"a": "a"})
    world.forge.commit(WEB_APP, "other", {"b": "b"})
    world.propose("other")
    assert world.find() == Absent()
    made = world.propose()
    assert world.find() == made
    assert (made.state, made.head, made.base, made.title) == ("open", BRANCH, "main", "PAY-1: Total")
    assert made.url == f"{world.url}/{WEB_APP}/pull/2"


def test_proposed_twice_is_one(world: World) -> None:
    world.forge.commit(WEB_APP, BRANCH, {"a": "a"})
    assert world.propose() == world.propose()
    assert len(world.forge.pull_requests(WEB_APP)) == 1


def test_an_answer_that_was_lost_is_found_again(world: World) -> None:
    world.forge.commit(WEB_APP, BRANCH, {"a": "a"})
    world.forge.faults.add(method="POST", path="/pulls$", lose=True, after=True, times=1)
    with pytest.raises(ForgeUnavailable):
        world.propose()
    assert world.propose().number == 1


def test_how_it_stands(world: World) -> None:
    for number in (1, 2):
        world.forge.commit(WEB_APP, f"b{number}", {f"{number}": "x"})
        world.propose(f"b{number}")
    world.forge.merge(WEB_APP, 1)
    world.forge.close(WEB_APP, 2)
    repository = world.repository()
    states = [world.ask(lambda github, n=n: github.pull_request(repository, n)).state for n in (1, 2)]  # type: ignore[misc]
    assert states == ["merged", "closed"]
    with pytest.raises(ForgeMissing, match="Pull request 3 of Acme/web-app"):
        world.ask(lambda github: github.pull_request(repository, 3))


def test_after_a_closed_one_the_open_one_is_found(world: World) -> None:
    world.forge.commit(WEB_APP, BRANCH, {"a": "a"})
    world.propose()
    world.forge.close(WEB_APP, 1)
    assert world.find() == Absent()
    assert world.propose().number == 2
    found = world.find()
    assert isinstance(found, PullRequest)
    assert (found.number, found.state) == (2, "open")


def test_what_was_merged_before_it_could_be_noted_is_found_by_its_commit(world: World) -> None:
    commit = world.forge.commit(WEB_APP, BRANCH, {"a": "a"})
    world.propose()
    world.forge.merge(WEB_APP, 1)
    repository = world.repository()
    found = world.ask(lambda github: github.find_pull_request(repository, BRANCH, commit=commit))
    assert isinstance(found, PullRequest)
    assert (found.number, found.state) == (1, "merged")
    assert world.ask(lambda github: github.find_pull_request(repository, BRANCH, commit="1" * 40)) == Absent()


def test_nothing_between_the_branches(world: World) -> None:
    with pytest.raises(ForgeRefused, match="No commits between main and main"):
        world.propose("main")


def test_a_branch_that_is_not_there(world: World) -> None:
    with pytest.raises(ForgeRefused, match="head invalid"):
        world.propose("nothing")


def test_an_overlong_title_and_body_are_cut(world: World) -> None:
    world.forge.commit(WEB_APP, BRANCH, {"a": "a"})
    world.propose(title="x" * 400, body="y" * 90_000)
    made = world.forge.pull_requests(WEB_APP)[0]
    assert (len(made.title), len(made.body)) == (250, 60_000)


# When the forge is not well

RATE = {"x-ratelimit-remaining": "0"}
SOON = str(int(time.time()) + 1200)
TROUBLES: dict[str, tuple[int, bytes, dict[str, str], type[ForgeError], str]] = {
    "broken": (500, b"", {}, ForgeUnavailable, "a problem of its own"),
    "overloaded": (503, b"<html>", {"retry-after": "7"}, ForgeUnavailable, "503"),
    "too many": (429, b"", {"retry-after": "7"}, ForgeUnavailable, "slow down"),
    "spent": (403, b'{"message": "API rate limit exceeded"}', RATE, ForgeUnavailable, "rate limit exceeded"),
    "abuse": (403, b'{"message": "You have exceeded a secondary rate limit"}', {}, ForgeUnavailable, "slow down"),
    "single sign-on": (403, b"{}", {"x-github-sso": "required; url=https://x"}, ForgeRefused, "single sign-on"),
    "forbidden": (403, b'{"message": "Repository access blocked"}', {}, ForgeRefused, "access blocked"),
    "law": (451, b'{"message": "Unavailable"}', {}, ForgeRefused, "status 451"),
    "odd errors": (422, b'{"message": "No", "errors": ["because"]}', {}, ForgeRefused, "No. because"),
    "a sign-in page": (200, b"<html>Sign in</html>", {}, ForgeUnavailable, "did not answer as GitHub"),
    "another service": (200, b'{"ok": true}', {}, ForgeUnavailable, "did not answer as GitHub"),
    "an empty answer": (204, b"", {}, ForgeUnavailable, "did not answer as GitHub"),
    "too large": (200, b"x" * 5_000_000, {}, ForgeUnavailable, "sent more than"),
}


@pytest.mark.parametrize("case", TROUBLES.values(), ids=TROUBLES)
def test_trouble(world: World, case: tuple[int, bytes, dict[str, str], type[ForgeError], str]) -> None:
    status, body, headers, kind, sentence = case
    world.forge.faults.add(status=status, body=body, headers=headers)
    with pytest.raises(kind, match=sentence) as trouble:
        world.repository()
    assert type(trouble.value) is kind


WAITS = {
    "seconds": ({"retry-after": "7"}, 7, 7),
    "until": ({**RATE, "x-ratelimit-reset": SOON}, 1000, 1200),
    "for ever": ({"retry-after": "999999"}, 3600, 3600),
    "in the past": ({**RATE, "x-ratelimit-reset": "1"}, 0, 0),
    "a date": ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 0, 0),
    "nothing said": ({}, 0, 0),
}


@pytest.mark.parametrize(("headers", "least", "most"), WAITS.values(), ids=WAITS)
def test_how_long_to_wait(world: World, headers: dict[str, str], least: float, most: float) -> None:
    world.forge.faults.add(status=429, headers=headers)
    with pytest.raises(ForgeUnavailable) as trouble:
        world.repository()
    assert least <= trouble.value.retry_after <= most


def test_a_connection_that_is_cut(world: World) -> None:
    world.forge.faults.add(lose=True)
    with pytest.raises(ForgeUnavailable, match="cannot be reached"):
        world.repository()


def test_a_forge_that_is_down() -> None:
    with pytest.raises(ForgeUnavailable, match=r"127\.0\.0\.1:9 cannot be reached"):
        World(None, "http://127.0.0.1:9").ask_with("t", lambda github: github.identity())  # type: ignore[arg-type]
