"""Run inside a sandbox by its own Python: tries to get out, and prints what came of each attempt as JSON.

Standard library only; nothing here does harm where it succeeds. The one argument is a file of JSON: what there is to be
reached.
"""

import ctypes
import errno
import json
import os
import socket
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

TARGET = json.loads(Path(sys.argv[1]).read_text())
libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
SYS_INIT_MODULE, SYS_PTRACE = 175, 101


def opens(path: str, flags: int = os.O_WRONLY) -> Callable[[], None]:
    def attempt() -> None:
        os.close(os.open(path, flags))

    return attempt


def reads(path: str) -> Callable[[], None]:
    return opens(path, os.O_RDONLY)


def creates(path: str) -> Callable[[], None]:
    return opens(path, os.O_WRONLY | os.O_CREAT)


def system(name: str, *arguments: object) -> Callable[[], None]:
    def attempt() -> None:
        if getattr(libc, name)(*arguments) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    return attempt


def runs(*command: str) -> Callable[[], None]:
    def attempt() -> None:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=10, stdin=subprocess.DEVNULL
        )
        if done.returncode != 0:
            raise PermissionError(done.stderr.strip()[-100:])

    return attempt


def connects(address: tuple[str, int] | str, family: int = socket.AF_INET) -> Callable[[], None]:
    def attempt() -> None:
        with socket.socket(family, socket.SOCK_STREAM) as client:
            client.settimeout(3)
            client.connect(address)

    return attempt


def sees_host_processes() -> None:
    for process in Path("/proc").glob("[0-9]*"):
        if TARGET["marker"].encode() in (process / "cmdline").read_bytes():
            return
    raise ProcessLookupError("none is in sight")


def signals_the_host() -> None:
    os.kill(TARGET["host_pid"], 0)


def has_a_way_to_the_net() -> None:
    names = [line.split(":")[0].strip() for line in Path("/proc/net/dev").read_text().splitlines()[2:]]
    if names == ["lo"]:
        raise OSError(errno.ENETUNREACH, "there is lo alone")


def finds_a_device() -> None:
    for path in Path("/dev").rglob("*"):
        mode = path.lstat().st_mode
        if stat.S_ISBLK(mode) or path.name in ("mem", "kmem", "kmsg", "port", "fuse", "kvm"):
            return
    raise FileNotFoundError("no device of worth")


def inherits_a_folder() -> None:
    found = 0
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        found += 1
        try:
            # What is open to the sandbox anyway is no inheritance.
            where = str(link.readlink())
            if where.startswith("/") and link.is_dir() and not where.startswith(("/proc", "/workspace", "/dev")):
                return
        except (FileNotFoundError, PermissionError):
            continue
    if not found:
        return
    raise FileNotFoundError("no folder is open")


def becomes_root() -> None:
    os.setuid(0)


def replaces_the_socket() -> None:
    Path("/workspace").rename(TARGET["model_socket"])


def unlinks(path: str) -> Callable[[], None]:
    return lambda: Path(path).unlink()


def hard_links() -> None:
    os.link(TARGET["inbox_file"], f"{TARGET['outbox']}/linked")


def mounts_a_cgroup() -> None:
    system("mount", b"none", b"/tmp", b"cgroup2", 0, None)()


ATTEMPTS: dict[str, Callable[[], None]] = {
    "core_pattern": opens("/proc/sys/kernel/core_pattern"),
    "modprobe": opens("/proc/sys/kernel/modprobe"),
    "sysrq-trigger": opens("/proc/sysrq-trigger"),
    "more user namespaces": opens("/proc/sys/user/max_user_namespaces"),
    "oom of the host": opens("/proc/1/root/proc/sys/vm/panic_on_oom"),
    "cgroup, as it stands": creates("/sys/fs/cgroup/handover-test"),
    "cgroup, mounted": mounts_a_cgroup,
    "mount": system("mount", b"none", b"/tmp", b"tmpfs", 0, None),
    "remount /usr": system("mount", b"none", b"/usr", None, 32, None),
    "unmount /proc/sys": system("umount2", b"/proc/sys", 2),
    "user namespace": system("unshare", CLONE_NEWUSER),
    "mount namespace": system("unshare", CLONE_NEWNS),
    "network namespace": system("unshare", CLONE_NEWNET),
    "bubblewrap in bubblewrap": runs("bwrap", "--unshare-user", "--ro-bind", "/", "/", "true"),
    "chroot": lambda: os.chroot("/workspace"),
    "device node": lambda: os.mknod("/workspace/node", stat.S_IFBLK | 0o600, os.makedev(254, 0)),
    "root, by call": becomes_root,
    "root, by setpriv": runs("setpriv", "--reuid", "0", "--clear-groups", "true"),
    "root, by su": runs("su", "-c", "true"),
    "root, by unshare": runs("unshare", "--map-root-user", "true"),
    "kernel module": system("syscall", SYS_INIT_MODULE, 0, 0, b""),
    "trace a host process": system("syscall", SYS_PTRACE, 16, TARGET["host_pid"], 0, 0),
    "signal a host process": signals_the_host,
    "see host processes": sees_host_processes,
    "inherited folder": inherits_a_folder,
    "devices": finds_a_device,
    "host listener": connects(("127.0.0.1", TARGET["port"])),
    "host's abstract socket": connects("\0" + TARGET["abstract"], socket.AF_UNIX),
    "host's socket by path": connects(TARGET["host_socket"], socket.AF_UNIX),
    "another run's agent": connects(TARGET["other_socket"], socket.AF_UNIX),
    "the net": connects(("192.0.2.1", 80)),
    "network devices": has_a_way_to_the_net,
    "host's shared memory": reads(TARGET["shared_memory"]),
    "another run's workspace": reads(TARGET["other_workspace"]),
    "another run's key": reads(TARGET["other_key"]),
    "its own folder on the host": reads(TARGET["own_key"]),
    "a file of root's": reads(TARGET["root_file"]),
    "/etc/shadow": reads("/etc/shadow"),
    "/home": reads("/home"),
    "/var/log": reads("/var/log"),
    "/boot": reads("/boot"),
    "the checkout": reads(TARGET["checkout"]),
    "write /usr": creates("/usr/bin/handover-test"),
    "write /": creates("/handover-test"),
    "write /etc": creates("/etc/handover-test"),
    "write /etc/passwd": opens("/etc/passwd"),
    "write its own program": opens("/run/handover/inside.py"),
    "write its environment": creates(f"{TARGET['environment']}/handover-test"),
    "write its interpreter": opens(TARGET["interpreter"]),
    "write the inbox": creates(f"{TARGET['inbox']}/new"),
    "change the inbox": opens(TARGET["inbox_file"]),
    "link the inbox": hard_links,
    "replace the model's socket": replaces_the_socket,
    "remove the model's socket": unlinks(TARGET["model_socket"]),
}
CONTROLS: dict[str, Callable[[], None]] = {
    "write the workspace": creates(f"{TARGET['workspace']}/mine"),
    "write the state": creates(f"{TARGET['state']}/mine"),
    "write the outbox": creates(f"{TARGET['outbox']}/mine"),
    "write /tmp": creates("/tmp/mine-handover"),
    "read the inbox": reads(TARGET["inbox_file"]),
    "reach the model": lambda: urllib.request.urlopen(TARGET["model_url"], timeout=5).close(),
}


def outcome(attempt: Callable[[], None]) -> str:
    try:
        attempt()
    except OSError as error:
        return f"refused: {error}"
    return "done"


if __name__ == "__main__":
    # A child each: one that succeeds may change the process that made it.
    results = {}
    for name, attempt in {**ATTEMPTS, **CONTROLS}.items():
        reading, writing = os.pipe()
        if os.fork() == 0:
            os.write(writing, outcome(attempt).encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            results[name] = pipe.read().decode() or "ended without a word"
        os.wait()
    print(json.dumps({"uid": os.getuid(), "attempts": list(ATTEMPTS), "results": results}))
