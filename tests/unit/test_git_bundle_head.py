"""A bundle's head is read by us, strictly, before git sees any of it."""

from hashlib import sha1

import pytest

from handover.forges.bundles import MOST_HEAD_BYTES, MOST_PREREQUISITES, WorkRefused, read_bundle

ONE, TWO = "1" * 40, "2" * 40
_BODY = b"PACK\0\0\0\2\0\0\0\5" + b"rest"
PACK = _BODY + sha1(_BODY, usedforsecurity=False).digest()
REF = f"{ONE} refs/heads/handover-work\n".encode()
NEEDS = f"-{TWO} a subject\n".encode()


def test_version_2() -> None:
    bundle = read_bundle(b"# v2 git bundle\n" + NEEDS + REF + b"\n" + PACK)
    assert (bundle.tip, bundle.prerequisites, bundle.pack, bundle.objects) == (ONE, (TWO,), PACK, 5)


def test_version_3_with_its_object_format_and_head() -> None:
    head = f"# v3 git bundle\n@object-format=sha1\n-{TWO}\n{ONE} HEAD\n\n".encode()
    assert read_bundle(head + PACK).tip == ONE


REFUSED = {
    "nothing": b"",
    "garbage": b"\0\1\2" * 99,
    "a pack alone": PACK,
    "another version": b"# v4 git bundle\n" + REF + b"\n" + PACK,
    "a head without end": b"# v2 git bundle\n" + REF,
    "no branch": b"# v2 git bundle\n\n" + PACK,
    "two branches": b"# v2 git bundle\n" + REF + f"{TWO} HEAD\n".encode() + b"\n" + PACK,
    "another branch": f"# v2 git bundle\n{ONE} refs/heads/main\n\n".encode() + PACK,
    "a branch beside": f"# v2 git bundle\n{ONE} refs/heads/handover-work/../../x\n\n".encode() + PACK,
    "a branch with a blank": f"# v2 git bundle\n{ONE} refs/heads/handover-work x\n\n".encode() + PACK,
    "a short object name": b"# v2 git bundle\n1234 HEAD\n\n" + PACK,
    "capital letters": f"# v2 git bundle\n{'A' * 40} HEAD\n\n".encode() + PACK,
    "an option for an object": b"# v2 git bundle\n--output=/tmp/x HEAD\n\n" + PACK,
    "prerequisite after the branch": b"# v2 git bundle\n" + REF + NEEDS + b"\n" + PACK,
    "malformed prerequisite": b"# v2 git bundle\n-zz\n" + REF + b"\n" + PACK,
    "too many prerequisites": b"# v2 git bundle\n" + NEEDS * (MOST_PREREQUISITES + 1) + REF + b"\n" + PACK,
    "an endless subject": b"# v2 git bundle\n-"
    + TWO.encode()
    + b" "
    + b"x" * MOST_HEAD_BYTES
    + b"\n"
    + REF
    + b"\n"
    + PACK,
    "an endless list": b"# v2 git bundle\n" + NEEDS * 100_000,
    "a filter": b"# v3 git bundle\n@filter=blob:none\n" + REF + b"\n" + PACK,
    "another object format": b"# v3 git bundle\n@object-format=sha256\n" + REF + b"\n" + PACK,
    "capabilities in version 2": b"# v2 git bundle\n@object-format=sha1\n" + REF + b"\n" + PACK,
    "no pack": b"# v2 git bundle\n" + REF + b"\n",
    "not a pack": b"# v2 git bundle\n" + REF + b"\nPACKAGED" + b"\0" * 99,
    "more behind the pack": b"# v2 git bundle\n" + REF + b"\n" + PACK + b"more",
    "another version of pack": b"# v2 git bundle\n" + REF + b"\nPACK\0\0\0\x09\0\0\0\1",
    "carriage returns": b"# v2 git bundle\r\n" + REF + b"\r\n\r\n" + PACK,
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED)
def test_refused(content: bytes) -> None:
    with pytest.raises(WorkRefused, match="cannot be taken"):
        read_bundle(content)
