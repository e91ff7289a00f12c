"""What the agent changed, judged: which files, of what kind, how large. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from handover.forges.bundles import WorkRefused
from handover.forges.ci_definitions import is_ci_definition
from handover.forges.names import is_git_folder, is_hostile, plain, shown

__all__ = ["Change", "Entry", "Limits", "WorkRefused", "judge", "judge_link", "judge_sizes"]

LINK, SUBMODULE, NOTHING = "120000", "160000", "000000"
_FILES = ("100644", "100755")
LONGEST_TARGET = 1024
# On NTFS the file has short names too, see is_ntfs_dotgitmodules in git's path.c.
_SUBMODULES_FILE = re.compile(r"\.gitmodules|gitmod~\d+|gi7eba~\d+")


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one run's change may be."""

    total_bytes: int = 50_000_000
    file_bytes: int = 20_000_000
    files: int = 2_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A file before and after, as `git diff-tree --raw` names it. A mode of NOTHING means that it is not there."""

    mode_before: str
    mode: str
    content_before: str
    content: str
    path: bytes

    @property
    def deleted(self) -> bool:
        """Whether the file is gone."""
        return self.mode == NOTHING

    @property
    def text(self) -> str:
        """The path, any byte kept."""
        return self.path.decode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Change:
    """One changed file, for people: `path` is fit to be shown. Lines are counted, but for binary files (-1)."""

    path: str
    kind: str
    added: int
    deleted: int


def judge(found: Sequence[Entry], limits: Limits) -> None:
    """Raises WorkRefused for the first entry that may not be delivered, or for too many."""
    if len(found) > limits.files:
        raise WorkRefused(f"The work changes {len(found)} files; {limits.files} at most are delivered.")
    for entry in found:
        _judge_kind(entry)
        _judge_path(entry)


def judge_sizes(found: Sequence[Entry], sizes: Mapping[str, int], limits: Limits) -> None:
    """Raises WorkRefused for a file, or for all of them, over the limit. `sizes` is in bytes, by content."""
    for entry in found:
        if not entry.deleted and sizes[entry.content] > limits.file_bytes:
            weight, most = _size(sizes[entry.content]), _size(limits.file_bytes)
            raise WorkRefused(f"{shown(entry.path)} weighs {weight}; a file of {most} at most is delivered.")
    total = sum(sizes[entry.content] for entry in found if not entry.deleted)
    if total > limits.total_bytes:
        raise WorkRefused(f"The changed files weigh {_size(total)}; {_size(limits.total_bytes)} at most are delivered.")


def judge_link(entry: Entry, target: bytes) -> None:
    """Raises WorkRefused where the link leads out of the tree, or into Git's own folder."""
    names = target.decode("utf-8", "surrogateescape").split("/")
    climbs = next((number for number, name in enumerate(names) if name != ".."), len(names))
    depth = entry.text.count("/")
    # A `..` after a name may climb from wherever that name links to: only those at the start can be counted.
    leaves = target.startswith(b"/") or climbs > depth or ".." in names[climbs:]
    if leaves or b"\0" in target or b"\n" in target:
        raise WorkRefused(f"{shown(entry.path)} is a link to {shown(target)}, which leads out of the repository.")
    if any(is_git_folder(name) for name in names):
        raise WorkRefused(f"{shown(entry.path)} is a link into Git's own folder.")


def changes(found: Sequence[Entry], numstat: bytes) -> tuple[Change, ...]:
    """The entries with the counts of `git diff-tree -r -z --numstat --no-renames`."""
    counted = dict(_counts(numstat))
    return tuple(Change(shown(entry.path), _kind(entry), *counted.get(entry.path, (0, 0))) for entry in found)


def _judge_kind(entry: Entry) -> None:
    name = shown(entry.path)
    top = plain(entry.text)
    if SUBMODULE in (entry.mode_before, entry.mode) or _SUBMODULES_FILE.fullmatch(top):
        raise WorkRefused(f"{name} changes a submodule. Submodules are not changed by the agent.")
    if not entry.deleted and entry.mode not in (*_FILES, LINK):
        raise WorkRefused(f"{name} is of a kind that is not delivered (mode {entry.mode}).")


def _judge_path(entry: Entry) -> None:
    if is_ci_definition(plain(entry.text)):
        raise WorkRefused(
            f"{shown(entry.path)} tells the build server what to run. That is not delivered; change it yourself."
        )
    if not entry.deleted and is_hostile(entry.text):
        raise WorkRefused(f"{shown(entry.path)} has a name that is not what it seems, or not the same everywhere.")


def _kind(entry: Entry) -> str:
    if entry.deleted:
        return "deleted"
    return "added" if entry.mode_before == NOTHING else "changed"


def _counts(numstat: bytes) -> Iterator[tuple[bytes, tuple[int, int]]]:
    for line in numstat.split(b"\0")[:-1]:
        added, deleted, path = line.split(b"\t", 2)
        yield path, (_count(added), _count(deleted))


def _count(number: bytes) -> int:
    return int(number) if number.isdigit() else -1


def _size(number: int) -> str:
    return f"{number / 1_000_000:.1f} MB" if number >= 100_000 else f"{number} bytes"
