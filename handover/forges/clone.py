"""A copy of one branch, outside of every sandbox, and the bundle that is put into one."""

import asyncio
import shutil
from pathlib import Path

from handover.forges.forge import ForgeMissing, GitCredential
from handover.forges.git_command import said
from handover.forges.remotes import ref_of, refusal, speak

SECONDS = 600


async def clone(url: str, credential: GitCredential, branch: str, into: Path, ca_pem: str = "") -> str:
    """Copy the branch, with its history, to the bare repository `into`; the answer is its last commit.

    What stood at `into` is removed first. No address of the forge is kept in it. Raises ForgeError.
    """
    ref = ref_of(branch)
    await asyncio.to_thread(_fresh, into)
    await said(["init", "--quiet", "--bare", "--template=", f"--initial-branch={branch}"], repository=into)
    order = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", url, f"+{ref}:{ref}"]
    fetched = await speak(order, url=url, credential=credential, ca_pem=ca_pem, repository=into, seconds=SECONDS)
    if not fetched.succeeded:
        if "couldn't find remote ref" in fetched.complaint:
            raise ForgeMissing(f"There is no branch {branch} in {url}.", status=404)
        raise refusal(fetched, url=url)
    return await said(["rev-parse", "--verify", f"{ref}^{{commit}}"], repository=into)


async def write_bundle(repository: Path, commit: str, to: Path) -> None:
    """Write the branch that was cloned, its last commit being `commit`, to a bundle that `git clone` reads."""
    branch = await said(["symbolic-ref", "HEAD"], repository=repository)
    if await said(["rev-parse", "--verify", branch], repository=repository) != commit:
        raise ValueError(f"{commit} is not the last commit of {branch}.")
    await said(["bundle", "create", "--quiet", _place(to), "HEAD", branch], repository=repository, seconds=SECONDS)


def _fresh(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, mode=0o700)


def _place(file: Path) -> str:
    return str(file.absolute())
