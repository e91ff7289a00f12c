"""Opens the sandbox of one run: an agent-server, alone, that hears us and reaches the model."""

import secrets
import shutil
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from handover.sandboxes import bubblewrap, taking
from handover.sandboxes.account import Account
from handover.sandboxes.blueprint import Blueprint, SandboxFailed
from handover.sandboxes.environment import environment
from handover.sandboxes.folder import Folder
from handover.sandboxes.process import Process
from handover.sandboxes.python import Program, program_of
from handover.sandboxes.view import View, view_of

__all__ = ["Sandbox", "SandboxFailed", "open_sandbox"]


@dataclass(frozen=True)
class Sandbox:
    """An open sandbox. The texts are paths and addresses as the agent sees them."""

    agent_socket: Path
    session_key: str
    model_url: str
    workspace: str
    inbox: str
    outbox: str
    folder: Folder
    process: Process

    def put(self, name: str, source: Path) -> None:
        """Hand a file in: the agent reads it as `inbox`/`name`, and cannot change it."""
        fresh = self.folder.inbox / f".{taking.plain(name)}.part"
        shutil.copyfile(source, fresh)
        fresh.chmod(0o644)
        fresh.rename(self.folder.inbox / name)

    def take(self, name: str, *, most_bytes: int) -> bytes | None:
        """A file that the agent left in `outbox`; None where there is none. Raises NotTaken."""
        return taking.take(self.folder.outbox, name, most_bytes=most_bytes)

    def lost(self) -> str | None:
        """Why the sandbox is no more, where it ended by itself."""
        code = self.process.ended()
        if code is None:
            return None
        last = self.process.tail().strip().rpartition("\n")[2]
        return f"The sandbox ended by itself with code {code}: {last[-300:]}"


@asynccontextmanager
async def open_sandbox(blueprint: Blueprint) -> AsyncIterator[Sandbox]:
    """Start the agent-server, and end it with all that it started. Its folder is kept. Raises SandboxFailed.

    It is given at once; requests to its socket are answered when the agent-server is up.
    """
    folder = Folder(blueprint.folder)
    account = Account.of(blueprint.uid)
    folder.make(account)
    sandbox = _start(blueprint, folder, account)
    try:
        yield sandbox
    finally:
        await sandbox.process.stop()
        folder.agent_socket.unlink(missing_ok=True)


def _start(blueprint: Blueprint, folder: Folder, account: Account) -> Sandbox:
    program = program_of(blueprint, account)
    view = view_of(blueprint, folder, program)
    session_key = secrets.token_urlsafe(32)
    variables = environment(
        state=view.state,
        workspace=view.workspace,
        temporary=view.temporary,
        session_key=session_key,
        secret_key=folder.secret_key(),
    )
    with ExitStack() as ours:
        # Ours are closed once the other side has its own: when it ends, we are refused and not kept waiting.
        agent = ours.enter_context(_listen(folder.agent_socket))
        relay = [ours.enter_context(socket.create_server(("127.0.0.1", 0)))] if view.port is None else []
        command = _command(blueprint, account, program, view, agent=agent, relay=relay)
        descriptors = [one.fileno() for one in (agent, *relay)]
        process = Process(command, variables=variables, descriptors=descriptors, log=folder.log)
        port = view.port or relay[0].getsockname()[1]
    return Sandbox(
        agent_socket=folder.agent_socket,
        session_key=session_key,
        model_url=f"http://127.0.0.1:{port}/v1",
        workspace=str(view.workspace),
        inbox=str(view.inbox),
        outbox=str(view.outbox),
        folder=folder,
        process=process,
    )


def _command(
    blueprint: Blueprint,
    account: Account,
    program: Program,
    view: View,
    *,
    agent: socket.socket,
    relay: Sequence[socket.socket],
) -> list[str]:
    command = [*program.command(), str(view.script), "--app", program.app, "--model", str(view.model)]
    command += ["--descriptor", str(agent.fileno())]
    command += [f"--memory={blueprint.limits.memory_bytes}", f"--file={blueprint.limits.file_bytes}"]
    command += [f"--relay={one.fileno()}" for one in relay] or [f"--port={view.port}"]
    if view.search:
        command += ["--search", str(view.search)]
    if blueprint.kind == "none":
        view.demand_reach(account, program)
        return [*account.step_down(), *command]
    return bubblewrap.shut_in(account, view.bound, command)


def _listen(path: Path) -> socket.socket:
    """We listen, and hand the descriptor in: what the agent makes of a path inside is never followed."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path.unlink(missing_ok=True)
        listener.bind(bytes(path))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise SandboxFailed(f"{path} cannot be listened on: {error.strerror}.") from error
    return listener
