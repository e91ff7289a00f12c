"""From a bundle that came out of a sandbox to a branch on the forge: one commit, of our own making."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from handover.forges.bundles import WorkRefused, read_bundle
from handover.forges.differences import differences
from handover.forges.git_command import GitError, git
from handover.forges.inspection import (
    LINK,
    LONGEST_TARGET,
    Change,
    Entry,
    Limits,
    changes,
    judge,
    judge_link,
    judge_sizes,
)
from handover.forges.names import shown
from handover.forges.pushing import push
from handover.forges.quarantine import Quarantine, quarantine_folder
from handover.forges.remotes import branch_tip

__all__ = ["COMMITTER", "Person", "Work", "branch_tip", "commit", "push", "receive"]

_NOT_IN_A_NAME = re.compile(r"[<>\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Work:
    """What the agent made of the base: a tree, and the files in which it differs. No changes: nothing was made."""

    tree: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """Who wrote or committed it."""

    name: str
    email: str


# A name that no mail server can have (RFC 2606), so that no forge takes Handover for somebody.
COMMITTER = Person("Handover", "handover@handover.invalid")


async def receive(repository: Path, bundle: bytes, *, base: str, limits: Limits) -> Work:
    """Judge the work in `bundle` against commit `base`; take its objects into our clone where it may be delivered.

    Raises WorkRefused with a sentence where it may not; nothing of it is kept then.
    """
    content = read_bundle(bundle)
    with quarantine_folder(repository) as folder:
        quarantine = await Quarantine.beside(repository, folder)
        await quarantine.take(content, most_bytes=limits.total_bytes)
        tree = await _tree_of(quarantine, content.tip)
        work = await _judged(quarantine, base=base, tree=tree, limits=limits)
        if work.changes:
            quarantine.release()
    return work


async def commit(
    repository: Path,
    *,
    tree: str,
    parent: str,
    author: Person,
    message: str,
    at: datetime,
    committer: Person = COMMITTER,
) -> str:
    """Make one commit of `tree` on `parent`; the same arguments make the same commit. Nothing points at it yet.

    Raises GitError.
    """
    date = f"{int(at.timestamp())} +0000"
    variables = {
        **_identity("AUTHOR", author, date),
        **_identity("COMMITTER", committer, date),
    }
    text = message.replace("\0", "").encode("utf-8", "replace")
    made = await git(
        ["commit-tree", tree, "-p", parent, "-F", "-"], repository=repository, given=text, environment=variables
    )
    if not made.succeeded:
        raise GitError(f"No commit could be made: {made.complaint}")
    return made.output.decode("ascii").strip()


async def _tree_of(quarantine: Quarantine, tip: str) -> str:
    kind = await quarantine.answer(["cat-file", "--batch-check=%(objecttype)"], given=f"{tip}\n".encode())
    if kind.strip() != b"commit":
        raise WorkRefused("The agent's work is not a commit.")
    tree = await quarantine.answer(["rev-parse", "--verify", f"{tip}^{{tree}}"])
    return tree.decode("ascii").strip()


async def _judged(quarantine: Quarantine, *, base: str, tree: str, limits: Limits) -> Work:
    before = (await quarantine.answer(["rev-parse", "--verify", f"{base}^{{tree}}"])).decode("ascii").strip()
    found = await differences(quarantine, base=before, tree=tree, limits=limits)
    judge(found, limits)
    standing = [entry for entry in found if not entry.deleted]
    sizes = await quarantine.sizes([entry.content for entry in standing])
    judge_sizes(found, sizes, limits)
    for entry in standing:
        if entry.mode == LINK:
            await _judge_target(quarantine, entry, sizes[entry.content])
    count = ["diff-tree", "-r", "-z", "--numstat", "--no-renames", "--no-ext-diff", "--no-textconv", before, tree]
    return Work(tree, changes(found, await quarantine.answer(count)))


async def _judge_target(quarantine: Quarantine, entry: Entry, size: int) -> None:
    if size > LONGEST_TARGET:
        raise WorkRefused(f"{shown(entry.path)} is a link with a target of {size} bytes.")
    judge_link(entry, await quarantine.content(entry.content))


def _identity(role: str, person: Person, date: str) -> dict[str, str]:
    email = _NOT_IN_A_NAME.sub("", person.email).strip()
    # git refuses a name of nothing but dots, commas and the like.
    name = _NOT_IN_A_NAME.sub(" ", person.name).strip(" .,:;\"'\\") or email.partition("@")[0] or "unknown"
    return {f"GIT_{role}_NAME": name, f"GIT_{role}_EMAIL": email, f"GIT_{role}_DATE": date}
