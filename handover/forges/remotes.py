"""Speaks Git over HTTP with a forge, as a member; translates its refusals."""

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from handover.forges.askpass import asking
from handover.forges.authorities import trusting
from handover.forges.forge import (
    ABSENT,
    Absent,
    ForgeCredential,
    ForgeError,
    ForgeRefused,
    ForgeUnavailable,
    GitCredential,
    missing,
)
from handover.forges.git_command import Finished, GitTooLong, GitTooMuch, git

LONGEST_REASON = 500
# From git's http.c and remote-curl.c; LC_ALL=C keeps them in English.
_NOT_ACCEPTED = re.compile(r"Authentication failed for|could not read (Username|Password)|returned error: 401")
_NOT_FOUND = re.compile(r"repository '[^']*' not found|returned error: (404|410)")
_FORBIDDEN = re.compile(r"returned error: (403|451)")
_REDIRECTED = re.compile(r"returned error: 30\d|unable to update url base from redirection|redirect", re.IGNORECASE)
_BAD_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
# https://git-scm.com/docs/git-check-ref-format, and nothing that means something in a refspec
_BRANCH = re.compile(
    r"(?!.*(\.\.|@\{|//|/\.|\.lock(/|$)))[^\x00-\x20\x7f~^:?*\[\\/.-][^\x00-\x20\x7f~^:?*\[\\]*(?<![/.])"
)


def ref_of(branch: str) -> str:
    """`refs/heads/<branch>`. Raises ForgeRefused for what Git would not take as a name."""
    if not _BRANCH.fullmatch(branch):
        raise ForgeRefused(f"{branch!r} is no name for a branch.")
    return f"refs/heads/{branch}"


async def branch_tip(url: str, credential: GitCredential, branch: str, ca_pem: str = "") -> str | Absent:
    """The commit that the branch points at on the forge."""
    ref = ref_of(branch)
    finished = await speak(["ls-remote", "--refs", "--", url, ref], url=url, credential=credential, ca_pem=ca_pem)
    if not finished.succeeded:
        raise refusal(finished, url=url)
    for line in finished.output.decode("ascii", "replace").splitlines():
        commit, _, name = line.partition("\t")
        if name == ref:
            return commit
    return ABSENT


async def speak(
    arguments: Sequence[str],
    *,
    url: str,
    credential: GitCredential,
    ca_pem: str,
    repository: Path | None = None,
    seconds: float = 60,
) -> Finished:
    """One git that talks to the forge at `url`. Raises ForgeUnavailable where it takes too long."""
    try:
        with trusting(ca_pem) as authorities:
            variables = {**authorities, **asking(url, credential)}
            finished = await git(arguments, repository=repository, environment=variables, seconds=seconds)
    except (GitTooLong, GitTooMuch) as error:
        raise ForgeUnavailable(f"{urlsplit(url).netloc} did not come to an end: {error}") from error
    hidden = finished.complaint.replace(credential.password, "…") if credential.password else finished.complaint
    return Finished(finished.status, finished.output, hidden)


def refusal(finished: Finished, *, url: str) -> ForgeError:
    """What git's complaint means."""
    host = urlsplit(url).netloc
    path = urlsplit(url).path.strip("/").removesuffix(".git")
    complaint = finished.complaint
    if _NOT_ACCEPTED.search(complaint):
        return ForgeCredential(f"{host} does not accept the credential for Git.", status=401)
    if _NOT_FOUND.search(complaint):
        return missing(path=path, host=host)
    if _FORBIDDEN.search(complaint):
        return ForgeRefused(f"{host} does not allow it: {told_by_forge(complaint) or path}", status=403)
    if _REDIRECTED.search(complaint):
        return ForgeRefused(f"{path} is no longer at this address on {host}. Has it been renamed?", status=301)
    return ForgeUnavailable(f"Git cannot reach {path} on {host}: {in_one_line(complaint)}")


def told_by_forge(complaint: str) -> str:
    """What the forge itself said: the lines that git marks with `remote:`."""
    lines = [line.removeprefix("remote:").strip() for line in complaint.splitlines() if line.startswith("remote:")]
    return in_one_line(" ".join(filter(None, lines)))


def in_one_line(text: str) -> str:
    """Fit to stand in a sentence: no control characters, not long."""
    return _BAD_CHARACTERS.sub(" ", text).strip()[:LONGEST_REASON]
