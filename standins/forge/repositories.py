"""Real bare repositories, by the git command."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

NOTHING = "0" * 40
AUTHOR = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "Acme"), ("EMAIL", "code@acme.example"), ("DATE", "1767225600 +0000"))
}
# Refuses what `protected` names, in GitHub's words.
_UPDATE_HOOK = """#!/bin/sh
grep -qxF "$1" "$GIT_DIR/protected" 2>/dev/null || exit 0
echo "error: GH006: Protected branch update failed for $1."
exit 1
"""


class Conflict(Exception):
    """The branches cannot be merged."""


@dataclass(frozen=True)
class Commit:
    """One commit, as a page lists it."""

    id: str
    subject: str
    author: str
    email: str


@dataclass(frozen=True)
class BareRepository:
    """A bare repository in a folder."""

    folder: Path

    @classmethod
    def create(cls, folder: Path, files: Mapping[str, str | bytes]) -> "BareRepository":
        """One with a single commit of `files` on `main`; with no files it has no commit."""
        run_git("init", "--quiet", "--bare", "--initial-branch=main", "--template=", str(folder))
        made = cls(folder)
        with (folder / "config").open("a") as config:
            config.write("[http]\n\treceivepack = true\n")
        hook = folder / "hooks" / "update"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(_UPDATE_HOOK)
        hook.chmod(0o755)
        if files:
            made._import(files, branch="main", parent="", subject="Begin")
        return made

    def git(self, *arguments: str, given: bytes = b"", environment: Mapping[str, str] | None = None) -> str:
        """What git says; raises CalledProcessError where it fails."""
        return run_git(f"--git-dir={self.folder}", *arguments, given=given, environment=environment)

    def add(self, files: Mapping[str, str | bytes], *, branch: str, subject: str) -> str:
        """Commit `files` on top of the branch, which is made from `main` where it is not there."""
        self._import(files, branch=branch, parent=self.tip(branch) or self.tip("main"), subject=subject)
        return self.tip(branch)

    def tip(self, branch: str) -> str:
        """The branch's last commit; "" where there is no such branch."""
        return self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")

    def branches(self) -> list[str]:
        """Names, sorted."""
        return self.git("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads/").splitlines()

    def commits(self, revision: str, *, without: str = "", most: int = 100) -> list[Commit]:
        """Newest first."""
        order = [
            "log",
            f"-{most}",
            "--format=%H%x00%an%x00%ae%x00%s",
            revision,
            *([f"^{without}"] if without else []),
            "--",
        ]
        rows = [line.split("\0", 3) for line in self.git(*order).splitlines()]
        return [Commit(id=row[0], author=row[1], email=row[2], subject=row[3]) for row in rows]

    def file(self, branch: str, name: str) -> str:
        """The file's text on the branch."""
        order = [f"--git-dir={self.folder}", "cat-file", "blob", f"refs/heads/{branch}:{name}"]
        return raw_git(*order).decode("utf-8", "replace")

    def diff(self, *, base: str, head: str, most: int = 400_000) -> str:
        """From where the two parted to `head`."""
        return self.git("diff", "--no-color", "--no-ext-diff", "--no-textconv", f"{base}...{head}", "--")[:most]

    def counts(self, *, base: str, head: str) -> tuple[int, int, int]:
        """Lines added, lines deleted, files changed."""
        rows = [line.split("\t") for line in self.git("diff", "--numstat", f"{base}...{head}", "--").splitlines()]
        added, deleted = ([int(row[column]) for row in rows if row[column] != "-"] for column in (0, 1))
        return sum(added), sum(deleted), len(rows)

    def merge(self, *, base: str, head_commit: str, subject: str) -> str:
        """Merge into the branch `base`; the answer is the merge commit. Raises Conflict."""
        onto = self.tip(base)
        try:
            tree = self.git("merge-tree", "--write-tree", onto, head_commit)
        except subprocess.CalledProcessError as error:
            raise Conflict(base) from error
        order = ["commit-tree", tree, "-p", onto, "-p", head_commit, "-m", subject]
        made = self.git(*order, environment=AUTHOR)
        self.git("update-ref", f"refs/heads/{base}", made, onto)
        return made

    def protect(self, branch: str) -> None:
        """From now on nobody pushes to the branch."""
        with (self.folder / "protected").open("a") as stream:
            stream.write(f"refs/heads/{branch}\n")

    def _import(self, files: Mapping[str, str | bytes], *, branch: str, parent: str, subject: str) -> None:
        """https://git-scm.com/docs/git-fast-import"""
        lines = [f"commit refs/heads/{branch}\ncommitter Acme <code@acme.example> 1767225600 +0000\n".encode()]
        lines.append(_data(subject.encode()))
        if parent:
            lines.append(f"from {parent}\n".encode())
        for name, content in files.items():
            raw = content.encode() if isinstance(content, str) else content
            lines += [f'M 100644 inline "{name}"\n'.encode(), _data(raw)]
        self.git("fast-import", "--quiet", given=b"".join(lines))


def run_git(*arguments: str, given: bytes = b"", environment: Mapping[str, str] | None = None) -> str:
    """What one git says, without line ends behind it. Raises CalledProcessError."""
    return raw_git(*arguments, given=given, environment=environment).decode("utf-8", "replace").rstrip("\n")


def raw_git(*arguments: str, given: bytes = b"", environment: Mapping[str, str] | None = None) -> bytes:
    """One git, with no configuration but its own repository's."""
    return subprocess.run(
        ["git", *arguments],
        input=given,
        env={**clean_environment(), **(environment or {})},
        capture_output=True,
        check=True,
        timeout=60,
    ).stdout


def clean_environment() -> dict[str, str]:
    """Nothing of the person who runs it."""
    path = os.environ.get("PATH", os.defpath)
    return {
        "PATH": path,
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }


def _data(raw: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(raw), raw)
