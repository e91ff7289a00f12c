"""Finds what differs between two trees, level by level: git's own recursion fills the memory before its first word."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from handover.forges.bundles import WorkRefused
from handover.forges.inspection import Entry, Limits
from handover.forges.quarantine import Quarantine

DEEPEST = 100
# Known to every git without being stored.
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_FOLDER = "040000"
_HEAD = re.compile(rb"([0-9a-f]{40}) ([0-9a-f]{40})\n")
_ENTRY = re.compile(rb":(\d{6}) (\d{6}) ([0-9a-f]{40}) ([0-9a-f]{40}) [A-Z]\0([^\0]+)\0")


@dataclass(frozen=True, slots=True)
class Pair:
    """A folder before and after; `path` is empty, or ends with a slash."""

    before: str
    after: str
    path: bytes


async def differences(quarantine: Quarantine, *, base: str, tree: str, limits: Limits) -> list[Entry]:
    """Every file that is not the same in both trees, by path. Raises WorkRefused for too many, and for too deep."""
    files: list[Entry] = []
    level, seen = [Pair(base, tree, b"")], 0
    for _ in range(DEEPEST):
        found = await _level(quarantine, level)
        seen += len(found)
        # Folders count too: a tree may be made of nothing else.
        if seen > 4 * limits.files:
            raise WorkRefused(f"The work changes far more files than the {limits.files} that are delivered at most.")
        files += [entry for entry in found if not _is_folder(entry)]
        level = [_below(entry) for entry in found if _is_folder(entry)]
        if not level:
            return sorted(files, key=lambda entry: entry.path)
    raise WorkRefused(f"The work has folders within folders more than {DEEPEST} deep.")


def read_level(answer: bytes, pairs: Sequence[Pair]) -> Iterator[Entry]:
    """Each pair is answered by its names and its entries. Raises WorkRefused where git left one out."""
    at, waiting = 0, list(reversed(pairs))
    pair = Pair("", "", b"")
    while at < len(answer):
        if head := _HEAD.match(answer, at):
            at = head.end()
            pair = _next(waiting, head)
        elif entry := _ENTRY.match(answer, at):
            at = entry.end()
            mode_before, mode, content_before, content = (part.decode("ascii") for part in entry.groups()[:4])
            yield Entry(mode_before, mode, content_before, content, pair.path + entry[5])
        else:
            raise _out_of_step()
    if waiting:
        raise _out_of_step()


async def _level(quarantine: Quarantine, pairs: Sequence[Pair]) -> list[Entry]:
    """https://git-scm.com/docs/git-diff-tree#Documentation/git-diff-tree.txt---stdin"""
    asked = "".join(f"{pair.before} {pair.after}\n" for pair in pairs).encode("ascii")
    order = ["diff-tree", "--stdin", "-z", "--raw", "--no-renames", "--no-abbrev", "--no-ext-diff"]
    return list(read_level(await quarantine.answer(order, given=asked), pairs))


def _next(waiting: list[Pair], head: re.Match[bytes]) -> Pair:
    if not waiting or (waiting[-1].before, waiting[-1].after) != (head[1].decode(), head[2].decode()):
        raise _out_of_step()
    return waiting.pop()


def _out_of_step() -> WorkRefused:
    return WorkRefused("The agent's work names folders that are none.")


def _is_folder(entry: Entry) -> bool:
    return _FOLDER in (entry.mode_before, entry.mode)


def _below(entry: Entry) -> Pair:
    before = entry.content_before if entry.mode_before == _FOLDER else EMPTY_TREE
    after = entry.content if entry.mode == _FOLDER else EMPTY_TREE
    return Pair(before, after, entry.path + b"/")
