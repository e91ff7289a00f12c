"""Puts a commit of ours on a branch of the forge, and nobody else's aside."""

import re
from pathlib import Path

from handover.forges.forge import Absent, ForgeCredential, ForgeError, ForgeRefused, GitCredential, PushRefused
from handover.forges.git_command import Finished
from handover.forges.remotes import in_one_line, ref_of, refusal, speak, told_by_forge

SECONDS = 300
_MOVED = re.compile(r"stale info|fetch first|non-fast-forward|already exists|lock ref|update ref|incorrect old")


async def push(
    repository: Path,
    *,
    url: str,
    credential: GitCredential,
    commit: str,
    branch: str,
    expected: str | Absent,
    ca_pem: str = "",
) -> None:
    """Make `branch` on the forge point at `commit`, if it is still at `expected` or already there.

    Raises PushRefused, ForgeCredential, ForgeUnavailable.
    """
    ref = ref_of(branch)
    lease = "" if isinstance(expected, Absent) else expected
    order = [
        "push",
        "--porcelain",
        "--no-follow-tags",
        f"--force-with-lease={ref}:{lease}",
        "--",
        url,
        f"{commit}:{ref}",
    ]
    pushed = await speak(order, url=url, credential=credential, ca_pem=ca_pem, repository=repository, seconds=SECONDS)
    if not pushed.succeeded:
        raise _not_pushed(pushed, url=url, branch=branch)


def _not_pushed(pushed: Finished, *, url: str, branch: str) -> ForgeError:
    report = pushed.output.decode("utf-8", "replace")
    line = next((line for line in report.splitlines() if line.startswith("!")), "")
    if line:
        return _rejected(line, told_by_forge(pushed.complaint), branch)
    reason = refusal(pushed, url=url)
    match reason:
        case ForgeCredential():
            return reason
        case ForgeRefused(status=status):
            return PushRefused(str(reason), status=status)
    return reason


def _rejected(line: str, told: str, branch: str) -> PushRefused:
    """`line` is git's, https://git-scm.com/docs/git-push#_output"""
    reason = in_one_line(line.rpartition("\t")[2])
    if _MOVED.search(reason):
        return PushRefused(f"Somebody else moved the branch {branch}. Look at what is there, then ask again.")
    return PushRefused(f"The forge did not take the branch {branch}: {reason} {told}".strip())
