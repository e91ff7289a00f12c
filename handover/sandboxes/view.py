"""What a sandbox sees, and where."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from handover.sandboxes.account import Account
from handover.sandboxes.blueprint import Blueprint, SandboxFailed
from handover.sandboxes.bubblewrap import Bound
from handover.sandboxes.folder import Folder
from handover.sandboxes.python import Program

# In a network of its own, any port is free.
MODEL_PORT = 8731
RUN = PurePosixPath("/run/handover")


@dataclass(frozen=True)
class View:
    """The paths as the agent sees them. Without a sandbox they are the host's, and there is no port of its own."""

    workspace: Path
    state: Path
    inbox: Path
    outbox: Path
    temporary: Path
    script: Path
    model: Path
    search: Path | None
    port: int | None
    bound: tuple[Bound, ...]

    def demand_reach(self, account: Account, program: Program) -> None:
        """Where nothing is staged, the account must reach all by itself. Raises SandboxFailed."""
        for path in (self.script, self.workspace, self.model, program.python, *filter(None, [self.search])):
            if not account.reaches(path):
                raise SandboxFailed(
                    f"The account {account.uid}, which agents run as, cannot reach {path}. "
                    "Move it to where every account may enter, or use HANDOVER_SANDBOX=bubblewrap."
                )


def view_of(blueprint: Blueprint, folder: Folder, program: Program) -> View:
    """How the blueprint's agent sees its folder and its program. Raises SandboxFailed."""
    if not blueprint.model_socket.exists():
        raise SandboxFailed(f"The model's socket {blueprint.model_socket} is not there. Is the gateway running?")
    return _shut_in(blueprint, folder, program) if blueprint.kind == "bubblewrap" else _open(blueprint, folder, program)


def _open(blueprint: Blueprint, folder: Folder, program: Program) -> View:
    return View(
        workspace=folder.workspace,
        state=folder.state,
        inbox=folder.inbox,
        outbox=folder.outbox,
        # Short: tmux keeps its sockets there, under long names.
        temporary=Path("/tmp"),  # noqa: S108
        script=folder.given / "inside.py",
        model=blueprint.model_socket,
        search=program.search,
        port=None,
        bound=(),
    )


def _shut_in(blueprint: Blueprint, folder: Folder, program: Program) -> View:
    run = Path(RUN)
    view = View(
        workspace=Path("/workspace"),
        state=Path("/state"),
        inbox=Path("/inbox"),
        outbox=Path("/outbox"),
        temporary=Path("/tmp"),  # noqa: S108
        script=run / "inside.py",
        model=run / "model.sock",
        search=run / "search" if program.search else None,
        port=MODEL_PORT,
        bound=(),
    )
    bound = [
        # The interpreter and its environment at their own paths: both have these written into them.
        *(Bound(path, path) for path in program.folders),
        Bound(folder.workspace, view.workspace, writable=True),
        Bound(folder.state, view.state, writable=True),
        Bound(folder.outbox, view.outbox, writable=True),
        Bound(folder.inbox, view.inbox),
        Bound(folder.given / "inside.py", view.script),
        Bound(blueprint.model_socket, view.model),
        *(Bound(folder.given / name, Path("/etc") / name) for name in ("passwd", "group", "hosts", "nsswitch.conf")),
    ]
    if program.search and view.search:
        # Of the product, the stand-in alone.
        part = Path("standins", "agent")
        bound.append(Bound(program.search / part, view.search / part))
    return View(**{**vars(view), "bound": tuple(bound)})
