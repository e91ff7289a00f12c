"""The command lines that shut an agent in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from handover.sandboxes.account import Account

SYSTEM = Path("/usr")
LINKS_TO_SYSTEM = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
# What git, bash, tmux and Python read; no keys, no names, nothing of the host's own settings.
ETC = ("alternatives", "ld.so.cache", "mime.types", "ssl/certs", "ssl/openssl.cnf", "terminfo")
# Parts of /proc that write to the whole machine.
KERNEL = ("sys", "sysrq-trigger", "irq", "bus")
# A Debian 12 has 0.8.0, the first that can forbid further user namespaces.
SHUT_IN = (
    *("--unshare-user", "--unshare-all", "--disable-userns", "--cap-drop", "ALL"),
    *("--new-session", "--die-with-parent", "--hostname", "sandbox"),
)
# Bubblewrap looks its child up in /proc, which must be that of its own process namespace. The proc that bubblewrap
# itself mounts is covered in parts, and the kernel lets nobody without rights mount one below such.
OWN_PROC = ("unshare", "--mount-proc", "--")


@dataclass(frozen=True)
class Bound:
    """One path of the host, as the sandbox sees it."""

    source: Path
    inside: Path
    writable: bool = False

    def arguments(self) -> list[str]:
        """For bubblewrap."""
        return ["--bind" if self.writable else "--ro-bind", str(self.source), str(self.inside)]

    def staged(self) -> "Bound":
        """The same, seen from a view in which it already stands at its place."""
        return Bound(self.inside, self.inside, writable=self.writable)


def shut_in(account: Account, bound: Sequence[Bound], command: Sequence[str]) -> list[str]:
    """The command, run as the account, seeing the system, `bound` and nothing else."""
    needed = [item for item in bound if not item.inside.is_relative_to(SYSTEM)]
    if not account.dropped:
        return [*account.step_down(), *_inner(needed, command)]
    # The account may be unable to reach what is bound (a folder below /root): root stages it in a view of its own,
    # in which nothing runs but the step down and the sandbox proper.
    staged = [item.staged() for item in needed]
    return [*_outer(needed), *OWN_PROC, *account.step_down(), *_inner(staged, command)]


def _outer(bound: Sequence[Bound]) -> list[str]:
    places = [*(Path("/etc", name) for name in ETC), *(item.inside for item in bound)]
    # A bubblewrap has no capability left, and may signal nobody else's processes. Killed, it takes the account's with
    # it only where these are in a process namespace of its own.
    view = ["bwrap", "--die-with-parent", "--unshare-pid", *_ways(places), *_system()]
    # The inner one builds its own view on /tmp.
    view += ["--perms", "0755", "--dir", "/tmp"]  # noqa: S108
    return [*view, "--bind", "/proc", "/proc", "--dev-bind", "/dev", "/dev", *_all(bound), "--"]


def _inner(bound: Sequence[Bound], command: Sequence[str]) -> list[str]:
    proc = ["--proc", "/proc"]
    for part in KERNEL:
        proc += ["--ro-bind-try", f"/proc/{part}", f"/proc/{part}"]
    memory = ["--dev", "/dev", "--tmpfs", "/tmp", "--dir", "/var", "--symlink", "/tmp", "/var/tmp"]  # noqa: S108
    rest = [*_all(bound), "--remount-ro", "/", "--chdir", "/"]
    return ["bwrap", *SHUT_IN, *_system(), *proc, *memory, *rest, "--", *command]


def _system() -> list[str]:
    arguments = ["--ro-bind", str(SYSTEM), str(SYSTEM)]
    for name in LINKS_TO_SYSTEM:
        place = Path("/") / name
        if place.is_symlink():
            arguments += ["--symlink", str(place.readlink()), str(place)]
        elif place.is_dir():
            arguments += ["--ro-bind", str(place), str(place)]
    for name in ETC:
        arguments += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return arguments


def _ways(places: Iterable[Path]) -> list[str]:
    """The folders above the places. Bubblewrap would make them itself, and close them to all but root."""
    above = dict.fromkeys(parent for place in places for parent in reversed(place.parents[:-1]))
    return [argument for folder in above for argument in ("--perms", "0755", "--dir", str(folder))]


def _all(bound: Sequence[Bound]) -> list[str]:
    return [argument for item in bound for argument in item.arguments()]
