"""From the forge to a sandbox's bundle and back: one commit on a branch, over real HTTP with real git."""

import asyncio
import os
import subprocess
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvloop

from handover.forges import git
from handover.forges.forge import (
    Absent,
    ForgeCredential,
    ForgeMissing,
    ForgeRefused,
    ForgeUnavailable,
    GitCredential,
    PullRequest,
    PushRefused,
)
from handover.forges.git_command import Finished
from handover.forges.git_command import git as run_git
from handover.forges.github import GitHub
from handover.lib import http
from standins.forge import StandInForge
from standins.forge.cast import LINKED, WEB_APP, WITHOUT_ACCOUNT, acme
from tests.unit.forge_stage import on_stage

BRANCH = "feature/PAY-1-total-ignores-quantities"
LINA = git.Person("Lina Linde", "lina.linde@acme.example")
NOT_THERE = Absent()
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass
class World:
    """A forge with its cast, our clone of web-app, and an agent's workspace."""

    forge: StandInForge
    url: str
    folder: Path

    @property
    def clone_url(self) -> str:
        return f"{self.url}/{WEB_APP}.git"

    @property
    def clone(self) -> Path:
        return self.folder / "run" / "clone.git"

    def credential(self, login: str = LINKED) -> GitCredential:
        return GitCredential("x-access-token", self.forge.token_for(login))

    def cloned(self, login: str = LINKED, branch: str = "main") -> str:
        return asyncio.run(git.clone(self.clone_url, self.credential(login), branch, self.clone))

    def worked(self, base: str, script: str) -> bytes:
        """What an agent does: clone the bundle, run `script`, commit all, bundle it."""
        bundle, workspace, out = (self.folder / name for name in ("base.bundle", "workspace", "work.bundle"))
        asyncio.run(git.write_bundle(self.clone, base, bundle))
        shell(f"git clone -q {bundle} {workspace} && cd {workspace} && git remote remove origin && {script}")
        shell(f"cd {workspace} && git add -A && git commit -q -m work && git branch -f handover-work")
        shell(f"cd {workspace} && git bundle create -q {out} {base}..handover-work")
        return out.read_bytes()

    def delivered(self, bundle: bytes, base: str, message: str = "PAY-1: Count quantities") -> str:
        work = asyncio.run(git.receive(self.clone, bundle, base=base, limits=git.Limits()))
        return asyncio.run(git.commit(self.clone, tree=work.tree, parent=base, author=LINA, message=message, at=AT))

    def push(
        self, commit: str, *, expected: str | Absent = NOT_THERE, login: str = LINKED, branch: str = BRANCH
    ) -> None:
        asyncio.run(
            git.push(
                self.clone,
                url=self.clone_url,
                credential=self.credential(login),
                commit=commit,
                branch=branch,
                expected=expected,
            )
        )

    def tip(self, branch: str = BRANCH) -> str | Absent:
        return asyncio.run(git.branch_tip(self.clone_url, self.credential(), branch))


def shell(script: str) -> None:
    person = {f"GIT_{role}_{part}": "agent" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **person}
    subprocess.run(["sh", "-ec", script], env=environment, check=True, timeout=30)


@pytest.fixture
def world(tmp_path: Path) -> World:
    forge = StandInForge(tmp_path / "forge")
    acme(forge)
    return World(forge, on_stage(forge), tmp_path)


_EDIT = "sed -i 's/(line.price for/(line.price * line.quantity for/' shop/cart.py"
FIX = f"{_EDIT} && echo new > notes.txt && git rm -q README.md"


def test_the_work_arrives_as_one_commit_of_the_member(world: World) -> None:
    base = world.cloned()
    bundle = world.worked(base, f"git commit -q --allow-empty -m first && {FIX}")
    work = asyncio.run(git.receive(world.clone, bundle, base=base, limits=git.Limits()))
    assert [(change.path, change.kind, change.added, change.deleted) for change in work.changes] == [
        ("README.md", "deleted", 0, 5),
        ("notes.txt", "added", 1, 0),
        ("shop/cart.py", "changed", 1, 1),
    ]
    commit = world.delivered(bundle, base)
    world.push(commit)
    assert world.tip() == commit
    assert "line.price * line.quantity" in world.forge.file(WEB_APP, BRANCH, "shop/cart.py")
    ours, begin = world.forge.commits(WEB_APP, BRANCH)
    assert (ours.subject, ours.author, ours.email) == ("PAY-1: Count quantities", LINA.name, LINA.email)
    assert begin.id == base


def test_the_same_work_makes_the_same_commit(world: World) -> None:
    base = world.cloned()
    bundle = world.worked(base, FIX)
    assert world.delivered(bundle, base) == world.delivered(bundle, base)
    assert world.delivered(bundle, base) != world.delivered(bundle, base, message="PAY-1: Else")


def test_pushed_twice_is_pushed_once(world: World) -> None:
    base = world.cloned()
    commit = world.delivered(world.worked(base, FIX), base)
    world.push(commit)
    world.push(commit)
    assert world.forge.branches(WEB_APP) == [BRANCH, "main"]


def test_a_changed_mode_is_a_change_and_no_difference_is_none(world: World) -> None:
    base = world.cloned()
    mode = world.worked(base, "chmod +x shop/cart.py")
    work = asyncio.run(git.receive(world.clone, mode, base=base, limits=git.Limits()))
    assert [(change.path, change.added, change.deleted) for change in work.changes] == [("shop/cart.py", 0, 0)]


def test_work_that_was_undone_changes_nothing(world: World) -> None:
    base = world.cloned()
    bundle = world.worked(base, "echo a > a && git add a && git commit -q -m a && git rm -q a")
    work = asyncio.run(git.receive(world.clone, bundle, base=base, limits=git.Limits()))
    assert work.changes == ()


def test_what_was_committed_on_the_way_does_not_reach_the_forge(world: World) -> None:
    base = world.cloned()
    bundle = world.worked(base, f"echo secret > s && git add s && git commit -q -m s && git rm -q s && {FIX}")
    world.push(world.delivered(bundle, base))
    repository = world.forge.find(WEB_APP)
    assert repository
    objects = repository.git.git("cat-file", "--batch-all-objects", "--batch")
    assert "line.quantity" in objects
    assert "secret" not in objects


def test_head_serves_as_the_branch_and_a_whole_history_is_taken_too(world: World) -> None:
    base = world.cloned()
    world.worked(base, FIX)
    shell(f"cd {world.folder}/workspace && git bundle create -q --version=3 ../head.bundle HEAD")
    work = asyncio.run(
        git.receive(world.clone, (world.folder / "head.bundle").read_bytes(), base=base, limits=git.Limits())
    )
    assert len(work.changes) == 3


def test_work_on_a_base_that_has_moved_is_still_compared_with_its_base(world: World) -> None:
    base = world.cloned()
    bundle = world.worked(base, FIX)
    world.forge.commit(WEB_APP, "main", {"else.txt": "else"})
    world.push(world.delivered(bundle, base))
    assert [commit.id for commit in world.forge.commits(WEB_APP, BRANCH)][1:] == [base]


def test_a_second_run_adds_to_the_branch_of_the_first(world: World) -> None:
    base = world.cloned()
    first = world.delivered(world.worked(base, FIX), base)
    world.push(first)
    assert world.cloned(branch=BRANCH) == first
    shell(f"rm -rf {world.folder}/workspace")
    second = world.delivered(world.worked(first, "echo more > more"), first)
    world.push(second, expected=first)
    assert [commit.id for commit in world.forge.commits(WEB_APP, BRANCH)] == [second, first, base]


def test_one_pull_request_however_often_it_is_asked_for(world: World) -> None:
    base = world.cloned()
    world.push(world.delivered(world.worked(base, FIX), base))

    async def propose() -> tuple[PullRequest | Absent, PullRequest, PullRequest]:
        async with http.client() as client:
            github = GitHub(world.url, world.forge.token_for(LINKED), http=client)
            repository = await github.repository(WEB_APP)
            before = await github.find_pull_request(repository, BRANCH)
            wish = {"branch": BRANCH, "base": "main", "title": "PAY-1: Total", "body": "Done."}
            made = [await github.create_pull_request(repository, **wish, draft=False) for _ in range(2)]
            return before, made[0], made[1]

    before, first, second = asyncio.run(propose())
    assert before == Absent()
    assert first == second
    assert len(world.forge.pull_requests(WEB_APP)) == 1


async def _whole_way(world: World) -> str:
    base = await git.clone(world.clone_url, world.credential(), "main", world.clone)
    bundle = await asyncio.to_thread(world.worked, base, FIX)
    for wrong in (bundle[:-1], bundle[:-100] + bytes(5_000_000)):
        with pytest.raises(git.WorkRefused):
            await git.receive(world.clone, wrong, base=base, limits=git.Limits())
    work = await git.receive(world.clone, bundle, base=base, limits=git.Limits())
    return await git.commit(world.clone, tree=work.tree, parent=base, author=LINA, message="PAY-1: Count", at=AT)


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_the_same_way_on_both_event_loops(world: World, run: Callable[[Coroutine[None, None, str]], str]) -> None:
    """The server runs on uvloop, which is stricter about children that have ended."""
    assert len(run(_whole_way(world))) == 40


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_a_git_that_ends_before_it_has_read_all(run: Callable[[Coroutine[None, None, Finished]], Finished]) -> None:
    for given in (b"", b"x", bytes(10_000_000)):
        assert run(run_git(["version"], given=given)).succeeded


# What the forge refuses


def test_a_branch_that_somebody_made_meanwhile_is_left_alone(world: World) -> None:
    base = world.cloned()
    commit = world.delivered(world.worked(base, FIX), base)
    other = world.forge.commit(WEB_APP, BRANCH, {"other.txt": "other"})
    with pytest.raises(PushRefused, match="Somebody else moved the branch"):
        world.push(commit)
    assert world.tip() == other


def test_a_branch_that_somebody_moved_meanwhile_is_left_alone(world: World) -> None:
    base = world.cloned()
    commit = world.delivered(world.worked(base, FIX), base)
    seen = world.forge.commit(WEB_APP, BRANCH, {"other.txt": "other"})
    other = world.forge.commit(WEB_APP, BRANCH, {"other.txt": "more"})
    with pytest.raises(PushRefused, match="Somebody else moved the branch"):
        world.push(commit, expected=seen)
    assert world.tip() == other


def test_a_protected_branch_is_told_in_the_forges_words(world: World) -> None:
    base = world.cloned()
    commit = world.delivered(world.worked(base, FIX), base)
    world.forge.protect(WEB_APP, BRANCH)
    with pytest.raises(PushRefused, match="GH006: Protected branch update failed"):
        world.push(commit)


def test_an_archived_repository_takes_nothing(world: World) -> None:
    base = world.cloned()
    commit = world.delivered(world.worked(base, FIX), base)
    world.forge.archive(WEB_APP)
    with pytest.raises(PushRefused, match="archived so it is read-only"):
        world.push(commit)


def test_a_reader_clones_and_does_not_push(world: World) -> None:
    base = world.cloned(WITHOUT_ACCOUNT)
    commit = world.delivered(world.worked(base, FIX), base)
    with pytest.raises(PushRefused, match="denied to olga-ohm"):
        world.push(commit, login=WITHOUT_ACCOUNT)


def test_who_may_see_nothing_is_told_what_a_missing_repository_is_told(world: World) -> None:
    sentence = "does not exist on .*, or your account there may not see it"
    with pytest.raises(ForgeMissing, match=sentence):
        world.cloned("mallory")
    base = world.cloned()
    commit = world.delivered(world.worked(base, FIX), base)
    with pytest.raises(PushRefused, match=sentence):
        world.push(commit, login="mallory")


def test_a_missing_repository_and_a_missing_branch(world: World) -> None:
    with pytest.raises(ForgeMissing, match="does not exist on"):
        asyncio.run(git.branch_tip(f"{world.url}/Acme/nothing.git", world.credential(), "main"))
    with pytest.raises(ForgeMissing, match="no branch release"):
        world.cloned(branch="release")
    assert world.tip("release") == Absent()


def test_a_revoked_token(world: World) -> None:
    base = world.cloned()
    commit = world.delivered(world.worked(base, FIX), base)
    credential = world.credential()
    world.forge.revoke(credential.password)
    with pytest.raises(ForgeCredential):
        asyncio.run(git.clone(world.clone_url, credential, "main", world.folder / "other.git"))
    with pytest.raises(ForgeCredential):
        asyncio.run(git.branch_tip(world.clone_url, credential, "main"))
    with pytest.raises(ForgeCredential):
        asyncio.run(
            git.push(
                world.clone,
                url=world.clone_url,
                credential=credential,
                commit=commit,
                branch=BRANCH,
                expected=NOT_THERE,
            )
        )


def test_a_renamed_repository_is_not_followed_by_git(world: World) -> None:
    world.forge.rename(WEB_APP, "Acme/shop")
    with pytest.raises(ForgeRefused, match="renamed"):
        world.cloned()


def test_a_forge_that_is_down(world: World) -> None:
    with pytest.raises(ForgeUnavailable, match="Git cannot reach Acme/web-app"):
        asyncio.run(git.branch_tip(f"http://127.0.0.1:9/{WEB_APP}.git", world.credential(), "main"))


@pytest.mark.parametrize(
    "branch", ["", "-x", "a..b", "a b", "a:b", "a^", "a~1", "x@{1}", "a/", "a.lock", "a//b", ".a", "a\n"]
)
def test_what_is_no_name_for_a_branch_is_not_asked_for(world: World, branch: str) -> None:
    with pytest.raises(ForgeRefused, match="no name for a branch"):
        world.tip(branch)
    assert world.forge.requests == []


def test_an_author_without_a_name_is_called_by_the_address(world: World) -> None:
    base = world.cloned()
    author = git.Person(" <>\n", "lina.linde@acme.example>\n")
    commit = asyncio.run(
        git.commit(world.clone, tree=f"{base}^{{tree}}", parent=base, author=author, message="x", at=AT)
    )
    world.push(commit)
    assert world.forge.commits(WEB_APP, BRANCH)[0].author == "lina.linde"
