"""The account that an agent runs as. It is never root."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Account:
    """Whom an agent runs as. `dropped` tells that Handover is root and steps down to it."""

    uid: int
    gid: int
    dropped: bool

    @classmethod
    def of(cls, uid: int) -> "Account":
        """The account `uid` where Handover is root, else Handover's own."""
        if os.geteuid() == 0:
            return cls(uid, uid, dropped=True)
        return cls(os.geteuid(), os.getegid(), dropped=False)

    def step_down(self) -> list[str]:
        """What stands before a command so that it runs as this account, and dies with whoever started it."""
        # The kernel forgets the signal of a parent's death when the account changes: setpriv asks for it afterwards.
        bound_to_parent = ["setpriv", "--pdeathsig", "KILL", "--no-new-privs"]
        if not self.dropped:
            return [*bound_to_parent, "--"]
        ids = ["--reuid", str(self.uid), "--regid", str(self.gid), "--clear-groups"]
        return [*bound_to_parent, *ids, "--inh-caps", "-all", "--bounding-set", "-all", "--"]

    def own(self, folder: Path) -> None:
        """Give the account a folder that lies in a folder of ours."""
        if self.dropped:
            os.chown(folder, self.uid, self.gid, follow_symlinks=False)

    def reaches(self, path: Path) -> bool:
        """Whether the account may enter all folders on the way to `path` and read it."""
        if not self.dropped:
            return os.access(path, os.R_OK)
        real = path.resolve()
        return all(self._may(above, stat.S_IXOTH) for above in real.parents) and self._may(real, stat.S_IROTH)

    def _may(self, path: Path, for_others: int) -> bool:
        status = path.stat()
        return status.st_uid == self.uid or bool(status.st_mode & for_others)
