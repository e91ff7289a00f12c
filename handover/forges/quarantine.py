"""Where a bundle's objects are looked at before they come near our clone."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from handover.forges.bundles import Bundle, WorkRefused
from handover.forges.git_command import Finished, GitTooLong, GitTooMuch, git, said

SECONDS = 120
MOST_OBJECTS = 200_000
# A crafted object that claims gigabytes ends git, not the machine.
MOST_MEMORY = 2 * 1024**3
# What `--strict` would only note, https://git-scm.com/docs/git-fsck#_fsck_messages
_NOTED = ("badFilemode", "gitmodulesParse", "gitattributesSymlink", "gitignoreSymlink", "mailmapSymlink")
_STRICT = "--strict=" + ",".join(f"{message}=error" for message in _NOTED)


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A repository of its own that sees our clone's objects; ours does not see its."""

    folder: Path
    ours: Path

    @classmethod
    async def beside(cls, ours: Path, folder: str) -> Self:
        """An empty one in `folder`."""
        inside = Path(folder) / "quarantine.git"
        await said(["init", "--quiet", "--bare", "--template=", "--", str(inside)], repository=inside)
        _see(ours, inside)
        return cls(inside, ours)

    async def ask(self, arguments: Sequence[str], *, given: bytes = b"") -> Finished:
        """One git in here, held to limits. What is too long or too much is the agent's doing: raises WorkRefused."""
        try:
            return await git(arguments, repository=self.folder, given=given, seconds=SECONDS, most_memory=MOST_MEMORY)
        except (GitTooLong, GitTooMuch) as error:
            raise WorkRefused("The agent's work is too large to be looked at.") from error

    async def answer(self, arguments: Sequence[str], *, given: bytes = b"") -> bytes:
        """What git says in here; a failure is the agent's doing: raises WorkRefused."""
        finished = await self.ask(arguments, given=given)
        if not finished.succeeded:
            raise WorkRefused("The agent's work cannot be read as Git objects.")
        return finished.output

    async def take(self, bundle: Bundle, *, most_bytes: int) -> None:
        """Unpack the bundle in here, checked strictly. Raises WorkRefused."""
        await self._need(bundle.prerequisites)
        if (weight := len(bundle.pack)) > most_bytes:
            raise WorkRefused(f"The agent's work weighs {weight} bytes packed; {most_bytes} at most are taken.")
        if bundle.objects > MOST_OBJECTS:
            raise WorkRefused(f"The agent's work claims {bundle.objects} objects; {MOST_OBJECTS} at most are taken.")
        order = ["index-pack", "--stdin", "--fix-thin", _STRICT, f"--max-input-size={most_bytes}", "--threads=1"]
        finished = await self.ask(order, given=bundle.pack)
        if not finished.succeeded:
            raise WorkRefused(f"The agent's work does not pass Git's strict checks: {_told(finished.complaint)}")

    async def sizes(self, objects: Sequence[str]) -> dict[str, int]:
        """Bytes of each. Raises WorkRefused where one is missing or no file's content."""
        wanted = sorted(set(objects))
        said_of_each = await self.answer(["cat-file", "--batch-check"], given=_lines(wanted))
        rows = [line.split(" ") for line in said_of_each.decode("ascii", "replace").splitlines()]
        if any(row[1:2] != ["blob"] for row in rows):
            raise WorkRefused("The agent's work names files whose content is missing.")
        return {name: int(size) for name, _, size in rows}

    async def content(self, name: str) -> bytes:
        """What the object holds; ask for its size first."""
        return await self.answer(["cat-file", "blob", name])

    def release(self) -> None:
        """Move the packs to our clone. The index goes last: without it a pack is not there."""
        ours = self.ours / "objects" / "pack"
        ours.mkdir(exist_ok=True)
        packs = (self.folder / "objects" / "pack").iterdir()
        for file in sorted(packs, key=lambda file: file.suffix == ".idx"):
            file.replace(ours / file.name)

    async def _need(self, commits: Sequence[str]) -> None:
        found = await said(["cat-file", "--batch-check"], repository=self.ours, given=_lines(commits))
        for line in found.splitlines():
            if line.split(" ")[1:2] != ["commit"]:
                raise WorkRefused("The agent's work builds on commits that are not in the repository.")


def quarantine_folder(ours: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder that goes away again, on the same disk as our clone so that files can be moved."""
    return tempfile.TemporaryDirectory(prefix=".quarantine-", dir=ours.absolute().parent)


def _see(ours: Path, inside: Path) -> None:
    """https://git-scm.com/docs/gitrepository-layout#Documentation/gitrepository-layout.txt-objectsinfoalternates"""
    info = inside / "objects" / "info"
    info.mkdir(exist_ok=True)
    (info / "alternates").write_bytes(os.fsencode(ours.absolute() / "objects") + b"\n")


def _lines(names: Sequence[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode("ascii")


def _told(complaint: str) -> str:
    lines = [line for line in complaint.splitlines() if line.startswith(("error:", "fatal:"))]
    return "".join(sign if sign.isprintable() else " " for sign in " ".join(lines))[:300] or "it ended early."
