"""The folder of one sandbox: what is ours in it, what is the account's, and how it is removed."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from handover.lib import keys
from handover.lib.environment import BadSetting
from handover.sandboxes.account import Account
from handover.sandboxes.blueprint import SandboxFailed

# Linux keeps a unix socket's address in 108 bytes, the last of them zero.
MOST_PATH_BYTES = 107


@dataclass(frozen=True)
class Folder:
    """`workspace`, `state` and `outbox` are the account's; all else is ours, and `inbox` and `given` it may read."""

    path: Path

    @property
    def workspace(self) -> Path:
        """Where the agent works."""
        return self.path / "workspace"

    @property
    def state(self) -> Path:
        """The agent's own record and its home."""
        return self.path / "state"

    @property
    def inbox(self) -> Path:
        """What we hand in."""
        return self.path / "inbox"

    @property
    def outbox(self) -> Path:
        """What is handed out; all in it is a stranger's."""
        return self.path / "outbox"

    @property
    def given(self) -> Path:
        """The program that runs inside, and the account's name."""
        return self.path / "given"

    @property
    def agent_socket(self) -> Path:
        """Where we listen for the agent-server."""
        return self.path / "sockets" / "agent.sock"

    @property
    def log(self) -> Path:
        """What the sandbox wrote."""
        return self.path / "agent.log"

    def make(self, account: Account) -> None:
        """Make what is missing. Raises SandboxFailed."""
        if len(bytes(self.agent_socket)) > MOST_PATH_BYTES:
            raise SandboxFailed(f"{self.agent_socket} is too long for a socket. Set HANDOVER_DATA to a shorter path.")
        try:
            self._make(account)
        except OSError as error:
            raise SandboxFailed(f"{self.path} cannot be made: {error.strerror}. Is HANDOVER_DATA ours?") from error

    def _make(self, account: Account) -> None:
        self.path.mkdir(parents=True, exist_ok=True, mode=0o711)
        for folder, mode in ((self.inbox, 0o755), (self.given, 0o755), (self.agent_socket.parent, 0o700)):
            folder.mkdir(exist_ok=True)
            folder.chmod(mode)
        for folder in (self.workspace, self.state, self.outbox):
            folder.mkdir(exist_ok=True, mode=0o700)
            account.own(folder)
        self._give(account)

    def _give(self, account: Account) -> None:
        # A copy: an account that is not ours may be unable to read the checkout.
        program = Path(__file__).with_name("inside.py").read_text(encoding="utf-8")
        passwd = f"sandbox:x:{account.uid}:{account.gid}:sandbox:/state/home:/bin/bash\n"
        for name, text in (
            ("inside.py", program),
            ("passwd", passwd),
            ("group", f"sandbox:x:{account.gid}:\n"),
            ("hosts", "127.0.0.1 localhost sandbox\n"),
            ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"),
        ):
            (self.given / name).write_text(text, encoding="utf-8")
            (self.given / name).chmod(0o644)

    def secret_key(self) -> str:
        """The key that the agent-server seals its state with: the same at every start, or the state cannot be read."""
        try:
            return keys.kept(self.path / "secret.key")
        except BadSetting as error:
            raise SandboxFailed(str(error)) from error


def remove(folder: Path) -> None:
    """Remove a sandbox's folder, whatever the agent left in it. Raises OSError where something stays."""
    # GNU rm follows no links and takes trees of any depth; Python's own rmtree recurses, and a deep one would end it.
    command = ["rm", "-rf", "--one-file-system", "--", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode == 0:
        return
    # Folders that the agent closed to its own account, where that account is ours.
    subprocess.run(["chmod", "-R", "u+rwX", "--", str(folder)], check=False, capture_output=True)
    again = subprocess.run(command, check=False, capture_output=True, text=True)
    if again.returncode != 0:
        raise OSError(f"{folder} could not be removed: {again.stderr.strip()[-300:]}")
