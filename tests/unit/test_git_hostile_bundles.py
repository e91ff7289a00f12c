"""Bundles that an agent gone bad could make, crafted with git's own plumbing. None of them reaches our clone."""

import asyncio
import os
import struct
import subprocess
import zlib
from collections.abc import Iterator
from hashlib import sha1
from pathlib import Path

import pytest

from handover.forges import git, quarantine
from standins.forge.repositories import BareRepository

LIMITS = git.Limits(total_bytes=1_000_000, file_bytes=100_000, files=50)
FILES = {"README.md": "hello\n", ".github/workflows/test.yml": "on: push\n", "shop/cart.py": "x = 1\n"}


class Workshop:
    """Our clone, and a repository beside it in which anything can be crafted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clone = folder / "clone.git"
        self.base = BareRepository.create(self.clone, FILES).tip("main")
        self.evil = folder / "evil.git"
        subprocess.run(["git", "clone", "-q", "--bare", str(self.clone), str(self.evil)], check=True)
        self.before = self.state()

    def plumb(self, *arguments: str, given: bytes = b"") -> str:
        identity = {f"GIT_{role}_{part}": "x" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
        order = ["git", f"--git-dir={self.evil}", *arguments]
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **identity}
        return (
            subprocess.run(order, input=given, env=environment, check=True, capture_output=True).stdout.decode().strip()
        )

    def blob(self, content: bytes) -> str:
        return self.plumb("hash-object", "-w", "-t", "blob", "--stdin", given=content)

    def tree(self, *entries: tuple[str, bytes, str], onto_base: bool = False) -> str:
        """A tree of (mode, name, object); written as it stands, however wrong."""
        rows = {
            name: (mode, name, thing) for mode, name, thing in [*(self._base_entries() if onto_base else []), *entries]
        }
        order = sorted(rows.values(), key=lambda row: row[1] + (b"/" if row[0] == "40000" else b""))
        raw = b"".join(f"{mode} ".encode() + name + b"\0" + bytes.fromhex(thing) for mode, name, thing in order)
        return self.plumb("hash-object", "-w", "-t", "tree", "--stdin", "--literally", given=raw)

    def commit(self, tree: str) -> str:
        return self.plumb("commit-tree", tree, "-p", self.base, "-m", "work")

    def bundle(self, tree: str) -> bytes:
        return self.bundle_of(self.commit(tree))

    def bundle_of(self, commit: str) -> bytes:
        out = self.folder / "work.bundle"
        self.plumb("update-ref", "refs/heads/handover-work", commit)
        self.plumb("bundle", "create", "-q", str(out), f"{self.base}..handover-work")
        return out.read_bytes()

    def bundle_by_hand(self, commit: str, *things: str) -> bytes:
        """Of exactly these objects: git itself would not follow every crafted tree."""
        order = ["git", f"--git-dir={self.evil}", "pack-objects", "--stdout", "-q"]
        given = "".join(f"{thing}\n" for thing in (commit, *things)).encode()
        pack = subprocess.run(order, input=given, check=True, capture_output=True).stdout
        return f"# v2 git bundle\n-{self.base}\n{commit} refs/heads/handover-work\n\n".encode() + pack

    def receive(self, bundle: bytes, limits: git.Limits = LIMITS) -> git.Work:
        return asyncio.run(git.receive(self.clone, bundle, base=self.base, limits=limits))

    def refuses(self, bundle: bytes, sentence: str, limits: git.Limits = LIMITS) -> None:
        with pytest.raises(git.WorkRefused, match=sentence):
            self.receive(bundle, limits)
        assert self.state() == self.before
        assert not list(self.folder.glob(".quarantine-*"))

    def state(self) -> set[Path]:
        return {path for path in self.clone.rglob("*") if path.is_file()}

    def _base_entries(self) -> Iterator[tuple[str, bytes, str]]:
        for line in self.plumb("ls-tree", self.base).splitlines():
            mode, _, rest = line.split(" ", 2)
            thing, _, name = rest.partition("\t")
            yield mode.lstrip("0"), name.encode(), thing


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


STRICT = "does not pass Git's strict checks"


def test_an_honest_bundle_is_taken(workshop: Workshop) -> None:
    tree = workshop.tree(("100644", b"new.py", workshop.blob(b"y = 2\n")), onto_base=True)
    work = workshop.receive(workshop.bundle(tree))
    assert (work.tree, [change.path for change in work.changes]) == (tree, ["new.py"])
    assert not list(workshop.folder.glob(".quarantine-*"))


@pytest.mark.parametrize(
    "name", [b".git", b".GIT", b".git ", b"git~1", ".g\u200cit".encode(), b".git::$INDEX_ALLOCATION"]
)
def test_git_settings_in_the_tree(workshop: Workshop, name: bytes) -> None:
    settings = workshop.tree(("100644", b"config", workshop.blob(b"[core]\nfsmonitor = touch /tmp/owned\n")))
    workshop.refuses(workshop.bundle(workshop.tree(("40000", name, settings), onto_base=True)), STRICT)


def test_git_settings_deep_in_the_tree(workshop: Workshop) -> None:
    settings = workshop.tree(("100644", b"config", workshop.blob(b"[core]\n")))
    below = workshop.tree(("40000", b".git", settings))
    workshop.refuses(workshop.bundle(workshop.tree(("40000", b"vendor", below), onto_base=True)), STRICT)


def test_git_settings_in_a_commit_on_the_way(workshop: Workshop) -> None:
    settings = workshop.tree(("100644", b"config", workshop.blob(b"[core]\n")))
    evil = workshop.commit(workshop.tree(("40000", b".git", settings), onto_base=True))
    clean = workshop.plumb("commit-tree", workshop.tree(onto_base=True), "-p", evil, "-m", "clean again")
    workshop.refuses(workshop.bundle_of(clean), STRICT)


@pytest.mark.parametrize("target", [b"/etc/passwd", b"../secret", b"shop/../../secret"])
def test_a_link_that_leaves(workshop: Workshop, target: bytes) -> None:
    tree = workshop.tree(("120000", b"link", workshop.blob(target)), onto_base=True)
    workshop.refuses(workshop.bundle(tree), "link is a link to .*, which leads out of the repository")


def test_a_link_into_git(workshop: Workshop) -> None:
    tree = workshop.tree(("120000", b"link", workshop.blob(b".git/config")), onto_base=True)
    workshop.refuses(workshop.bundle(tree), "Git's own folder")


def test_a_link_with_an_endless_target(workshop: Workshop) -> None:
    tree = workshop.tree(("120000", b"link", workshop.blob(b"a/" * 2000)), onto_base=True)
    workshop.refuses(workshop.bundle(tree), "a link with a target of 4000 bytes|strict checks")


def test_a_link_instead_of_a_file(workshop: Workshop) -> None:
    tree = workshop.tree(("120000", b"README.md", workshop.blob(b"/etc/passwd")), onto_base=True)
    workshop.refuses(workshop.bundle(tree), "leads out of the repository")


@pytest.mark.parametrize("name", [b".gitmodules", b".gitattributes", b".gitignore", b".mailmap"])
def test_a_link_where_git_reads_settings(workshop: Workshop, name: bytes) -> None:
    tree = workshop.tree(("120000", name, workshop.blob(b"README.md")), onto_base=True)
    workshop.refuses(workshop.bundle(tree), STRICT)


def test_a_submodule(workshop: Workshop) -> None:
    tree = workshop.tree(("160000", b"vendor", workshop.base), onto_base=True)
    workshop.refuses(workshop.bundle(tree), "vendor changes a submodule")


def test_a_list_of_submodules(workshop: Workshop) -> None:
    listed = b'[submodule "x"]\n\tpath = x\n\turl = https://git.acme.example/x\n'
    tree = workshop.tree(("100644", b".gitmodules", workshop.blob(listed)), onto_base=True)
    workshop.refuses(workshop.bundle(tree), "gitmodules changes a submodule")


def test_a_submodule_whose_address_is_an_option(workshop: Workshop) -> None:
    listed = b'[submodule "x"]\n\tpath = x\n\turl = --upload-pack=touch\n'
    tree = workshop.tree(("100644", b".gitmodules", workshop.blob(listed)), onto_base=True)
    workshop.refuses(workshop.bundle(tree), STRICT)


@pytest.mark.parametrize("mode", ["100600", "100777", "40755", "0100644"])
def test_an_odd_mode(workshop: Workshop, mode: str) -> None:
    blob = workshop.blob(b"x")
    tree = workshop.tree((mode, b"odd", blob), onto_base=True)
    workshop.refuses(workshop.bundle_by_hand(workshop.commit(tree), tree, blob), STRICT)


def test_a_changed_and_a_deleted_ci_definition(workshop: Workshop) -> None:
    folder = workshop.tree(("100644", b"test.yml", workshop.blob(b"on: [push]\nrun: curl\n")))
    changed = workshop.tree(("40000", b".github", workshop.tree(("40000", b"workflows", folder))), onto_base=True)
    workshop.refuses(workshop.bundle(changed), "test.yml tells the build server what to run")
    without = workshop.tree(("100644", b"README.md", workshop.blob(b"hello\n")))
    workshop.refuses(workshop.bundle(without), "test.yml tells the build server what to run")


def test_a_moved_ci_definition(workshop: Workshop) -> None:
    folder = workshop.tree(("100644", b"test.yml", workshop.blob(b"on: push\n")))
    moved = workshop.tree(("40000", b"ci", folder), ("40000", b".github", workshop.tree()), onto_base=True)
    workshop.refuses(workshop.bundle(moved), "tells the build server what to run")


@pytest.mark.parametrize("name", [b"a\nb", b"a\x1b[2Jb", "a\u202egpj.exe".encode(), b"a\\b"])
def test_a_name_that_is_not_what_it_seems(workshop: Workshop, name: bytes) -> None:
    tree = workshop.tree(("100644", name, workshop.blob(b"x")), onto_base=True)
    workshop.refuses(workshop.bundle(tree), "not what it seems")


@pytest.mark.parametrize("name", [b"..", b".", b"", b"a/b"])
def test_a_name_that_is_no_name(workshop: Workshop, name: bytes) -> None:
    blob = workshop.blob(b"x")
    tree = workshop.tree(("100644", name, blob), onto_base=True)
    workshop.refuses(workshop.bundle_by_hand(workshop.commit(tree), tree, blob), STRICT)


def test_the_same_name_twice(workshop: Workshop) -> None:
    thing = workshop.blob(b"x")
    raw = (b"100644 a\0" + bytes.fromhex(thing)) * 2
    tree = workshop.plumb("hash-object", "-w", "-t", "tree", "--stdin", "--literally", given=raw)
    workshop.refuses(workshop.bundle(tree), STRICT)


def test_a_file_that_is_too_large(workshop: Workshop) -> None:
    tree = workshop.tree(("100644", b"big", workshop.blob(b"0" * 100_001)), onto_base=True)
    workshop.refuses(workshop.bundle(tree), r"big weighs 0\.1 MB")


def test_files_that_are_too_large_together(workshop: Workshop) -> None:
    blobs = [workshop.blob(bytes([65 + number]) * 90_000) for number in range(12)]
    tree = workshop.tree(*(("100644", b"f%d" % number, blob) for number, blob in enumerate(blobs)), onto_base=True)
    workshop.refuses(workshop.bundle(tree), "changed files weigh")


def test_one_content_under_many_names_counts_each_time(workshop: Workshop) -> None:
    blob = workshop.blob(b"0" * 90_000)
    tree = workshop.tree(*(("100644", b"f%d" % number, blob) for number in range(12)), onto_base=True)
    workshop.refuses(workshop.bundle(tree), "changed files weigh")


def test_too_many_files(workshop: Workshop) -> None:
    blob = workshop.blob(b"0")
    tree = workshop.tree(*(("100644", b"f%02d" % number, blob) for number in range(51)), onto_base=True)
    workshop.refuses(workshop.bundle(tree), "changes 51 files; 50 at most")


def test_a_pack_that_is_too_large(workshop: Workshop) -> None:
    tree = workshop.tree(("100644", b"noise", workshop.blob(os.urandom(50_000))), onto_base=True)
    workshop.refuses(workshop.bundle(tree), "bytes packed", git.Limits(total_bytes=20_000))


def test_ten_to_the_eighth_files_in_a_few_bytes(workshop: Workshop) -> None:
    tree = workshop.tree(*(("100644", b"f%d" % number, workshop.blob(b"x")) for number in range(10)))
    for _ in range(7):
        tree = workshop.tree(*(("40000", b"d%d" % number, tree) for number in range(10)))
    workshop.refuses(workshop.bundle(tree), "far more files than the 50")


def test_a_tree_of_nothing_but_folders(workshop: Workshop) -> None:
    tree = workshop.tree()
    for _ in range(7):
        tree = workshop.tree(*(("40000", b"d%d" % number, tree) for number in range(10)))
    workshop.refuses(
        workshop.bundle(workshop.tree(("40000", b"d", tree), onto_base=True)), "far more files than the 50"
    )


def test_folders_within_folders(workshop: Workshop) -> None:
    blob = workshop.blob(b"x")
    tree = workshop.tree(("100644", b"f", blob))
    trees = [tree]
    for _ in range(120):
        tree = workshop.tree(("40000", b"d", tree))
        trees.append(tree)
    tip = workshop.tree(("40000", b"d", tree), onto_base=True)
    workshop.refuses(workshop.bundle_by_hand(workshop.commit(tip), tip, blob, *trees), "more than 100 deep")


def test_a_folder_that_is_a_file(workshop: Workshop) -> None:
    blob = workshop.blob(b"x")
    tree = workshop.tree(("40000", b"d", blob), onto_base=True)
    workshop.refuses(workshop.bundle_by_hand(workshop.commit(tree), tree, blob), STRICT)


def test_a_file_that_is_a_folder(workshop: Workshop) -> None:
    folder = workshop.tree(("100644", b"a", workshop.blob(b"x")))
    tree = workshop.tree(("100644", b"d", folder), onto_base=True)
    workshop.refuses(workshop.bundle_by_hand(workshop.commit(tree), tree, folder), STRICT)


def test_too_many_objects_claimed(workshop: Workshop) -> None:
    workshop.refuses(_bundle_of(0xFFFFFFFF, b""), "4294967295 objects")


@pytest.mark.parametrize("keep", [0.3, 0.9, 0.999])
def test_a_truncated_pack(workshop: Workshop, keep: float) -> None:
    noise = workshop.blob(os.urandom(5_000))
    bundle = workshop.bundle(workshop.tree(("100644", b"noise", noise), onto_base=True))
    workshop.refuses(bundle[: int(len(bundle) * keep)], "its pack is damaged")


def test_a_pack_with_one_wrong_bit(workshop: Workshop) -> None:
    bundle = bytearray(workshop.bundle(workshop.tree(("100644", b"a", workshop.blob(b"x" * 500)), onto_base=True)))
    bundle[-40] ^= 1
    workshop.refuses(bytes(bundle), "its pack is damaged")
    bundle[-20:] = sha1(bundle[bundle.index(b"PACK") : -20], usedforsecurity=False).digest()
    workshop.refuses(bytes(bundle), STRICT)


def test_more_behind_the_pack(workshop: Workshop) -> None:
    bundle = workshop.bundle(workshop.tree(("100644", b"a", workshop.blob(b"x")), onto_base=True))
    workshop.refuses(bundle + b"more", "its pack is damaged")


@pytest.mark.parametrize("content", [b"", b"garbage", b"\0" * 100_000, b"# v2 git bundle\n"])
def test_garbage(workshop: Workshop, content: bytes) -> None:
    workshop.refuses(content, "cannot be taken")


def test_several_branches(workshop: Workshop) -> None:
    commit = workshop.commit(workshop.tree(onto_base=True))
    workshop.plumb("update-ref", "refs/heads/handover-work", commit)
    workshop.plumb("update-ref", "refs/heads/other", commit)
    out = workshop.folder / "several.bundle"
    workshop.plumb("bundle", "create", "-q", str(out), f"^{workshop.base}", "handover-work", "other")
    workshop.refuses(out.read_bytes(), "holds 2 branches instead of one")


def test_work_on_commits_that_we_do_not_have(workshop: Workshop) -> None:
    other = workshop.plumb("commit-tree", workshop.tree(), "-m", "of another repository")
    tip = workshop.plumb("commit-tree", workshop.tree(("100644", b"a", workshop.blob(b"x"))), "-p", other, "-m", "work")
    workshop.plumb("update-ref", "refs/heads/handover-work", tip)
    out = workshop.folder / "other.bundle"
    workshop.plumb("bundle", "create", "-q", str(out), f"{other}..handover-work")
    workshop.refuses(out.read_bytes(), "builds on commits that are not in the repository")


def test_a_prerequisite_that_is_a_tree_of_ours(workshop: Workshop) -> None:
    tree = workshop.plumb("rev-parse", f"{workshop.base}^{{tree}}")
    bundle = workshop.bundle(workshop.tree(("100644", b"a", workshop.blob(b"x")), onto_base=True))
    workshop.refuses(bundle.replace(workshop.base.encode(), tree.encode(), 1), "builds on commits that are not")


def test_a_hidden_prerequisite(workshop: Workshop) -> None:
    """The head claims to need nothing, and the pack leaves out what the tip is made of."""
    tree = workshop.tree(("100644", b"a", workshop.blob(b"x")), onto_base=True)
    missing = workshop.plumb("commit-tree", workshop.tree(("100644", b"b", workshop.blob(b"y"))), "-m", "missing")
    tip = workshop.plumb("commit-tree", tree, "-p", missing, "-m", "work")
    pack = subprocess.run(
        ["git", f"--git-dir={workshop.evil}", "pack-objects", "--stdout", "-q"],
        input=f"{tip}\n{tree}\n".encode(),
        check=True,
        capture_output=True,
    ).stdout
    workshop.refuses(f"# v2 git bundle\n{tip} HEAD\n\n".encode() + pack, STRICT)


def test_a_tip_that_is_not_in_the_pack(workshop: Workshop) -> None:
    bundle = workshop.bundle(workshop.tree(("100644", b"a", workshop.blob(b"x")), onto_base=True))
    head, _, pack = bundle.partition(b"\n\n")
    tip = head.rpartition(b"\n")[2].split(b" ")[0]
    workshop.refuses(head.replace(tip, b"1" * 40) + b"\n\n" + pack, "not a commit")


@pytest.mark.parametrize("kind", ["tree", "blob", "tag"])
def test_a_tip_that_is_no_commit(workshop: Workshop, kind: str) -> None:
    blob = workshop.blob(b"x")
    tagged = f"object {workshop.base}\ntype commit\ntag t\ntagger x <x> 1 +0000\n\nt\n".encode()
    thing = {"tree": workshop.tree(("100644", b"a", blob)), "blob": blob, "tag": workshop.plumb("mktag", given=tagged)}[
        kind
    ]
    pack = subprocess.run(
        ["git", f"--git-dir={workshop.evil}", "pack-objects", "--stdout", "-q", "--revs"],
        input=f"{thing}\n^{workshop.base}\n".encode() if kind != "blob" else f"{blob}\n".encode(),
        check=True,
        capture_output=True,
    ).stdout
    workshop.refuses(f"# v2 git bundle\n{thing} HEAD\n\n".encode() + pack, "not a commit")


def _bundle_of(objects: int, packed: bytes) -> bytes:
    body = b"PACK" + struct.pack(">II", 2, objects) + packed
    return f"# v2 git bundle\n{'1' * 40} HEAD\n\n".encode() + body + sha1(body, usedforsecurity=False).digest()


def _packed_object(kind: int, size: int, compressed: bytes) -> bytes:
    """One object of a pack file, https://git-scm.com/docs/gitformat-pack"""
    first, size = (kind << 4) | (size & 15), size >> 4
    head = bytearray()
    while size:
        head.append(first | 0x80)
        first, size = size & 0x7F, size >> 7
    head.append(first)
    return bytes(head) + compressed


@pytest.mark.parametrize("kind", [1, 2], ids=["commit", "tree"])
def test_an_object_that_claims_more_memory_than_there_is(workshop: Workshop, kind: int) -> None:
    workshop.refuses(_bundle_of(1, _packed_object(kind, 2**36, zlib.compress(b"0" * 5_000_000))), STRICT)


def test_a_blob_that_inflates_for_ever(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "SECONDS", 0.3)
    size = 600_000_000
    engine = zlib.compressobj(9)
    chunks = [engine.compress(bytes(10_000_000)) for _ in range(size // 10_000_000)]
    workshop.refuses(
        _bundle_of(1, _packed_object(3, size, b"".join(chunks) + engine.flush())), "too large to be looked at"
    )
