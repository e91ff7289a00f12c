"""Reads the head of a bundle ourselves: git would follow what it says."""

import re
from dataclasses import dataclass
from hashlib import sha1

# https://git-scm.com/docs/gitformat-bundle
WORK_REF = "refs/heads/handover-work"
MOST_HEAD_BYTES = 64 * 1024
MOST_PREREQUISITES = 200
_SIGNATURES = (b"# v2 git bundle", b"# v3 git bundle")
_OBJECT = rb"[0-9a-f]{40}"
_PREREQUISITE = re.compile(rb"-(" + _OBJECT + rb")(?: [^\n]*)?")
_REF = re.compile(rb"(" + _OBJECT + rb") (\S+)")
_PACK_HEAD = 12


class WorkRefused(Exception):
    """What the agent made is not taken. The message is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a bundle says of itself: its one commit, the commits it builds on, and its pack."""

    tip: str
    prerequisites: tuple[str, ...]
    pack: bytes
    objects: int


def read_bundle(content: bytes) -> Bundle:
    """Take a bundle apart. Raises WorkRefused where it is not one ref, WORK_REF or HEAD, and a pack."""
    head, end, pack = content[:MOST_HEAD_BYTES].partition(b"\n\n")
    if not end:
        raise _unreadable("its head does not end")
    signature, *lines = head.split(b"\n")
    if signature not in _SIGNATURES:
        raise _unreadable("it is no Git bundle")
    if signature == _SIGNATURES[1]:
        lines = _without_capabilities(lines)
    prerequisites = [line for line in lines if line.startswith(b"-")]
    if len(prerequisites) > MOST_PREREQUISITES:
        raise _unreadable("it builds on too many commits")
    pack = content[len(head) + len(end) :]
    return Bundle(
        tip=_tip(lines[len(prerequisites) :]),
        prerequisites=tuple(_commit_of(line) for line in lines[: len(prerequisites)]),
        pack=pack,
        objects=_objects_of(pack),
    )


def _without_capabilities(lines: list[bytes]) -> list[bytes]:
    capabilities = [line for line in lines if line.startswith(b"@")]
    if capabilities not in ([], [b"@object-format=sha1"]):
        raise _unreadable("it wants abilities that are not supported")
    return lines[len(capabilities) :]


def _commit_of(line: bytes) -> str:
    found = _PREREQUISITE.fullmatch(line)
    if not found:
        raise _unreadable("its head is malformed")
    return found[1].decode()


def _tip(lines: list[bytes]) -> str:
    if len(lines) != 1:
        raise _unreadable(f"it holds {len(lines)} branches instead of one")
    found = _REF.fullmatch(lines[0])
    if not found or found[2] not in (WORK_REF.encode(), b"HEAD"):
        raise _unreadable(f"its branch is not {WORK_REF}")
    return found[1].decode()


def _objects_of(pack: bytes) -> int:
    """How many objects the pack claims, https://git-scm.com/docs/gitformat-pack"""
    if len(pack) < _PACK_HEAD or pack[:8] not in (b"PACK\0\0\0\2", b"PACK\0\0\0\3"):
        raise _unreadable("it holds no pack")
    # git stops reading where the pack ends; only its checksum tells that nothing follows.
    if pack[-20:] != sha1(memoryview(pack)[:-20], usedforsecurity=False).digest():
        raise _unreadable("its pack is damaged")
    return int.from_bytes(pack[8:_PACK_HEAD], "big")


def _unreadable(reason: str) -> WorkRefused:
    return WorkRefused(f"The agent's work came out in a form that cannot be taken: {reason}.")
