"""Which Python runs the agent, and what must be bound for it."""

import sys
from dataclasses import dataclass
from pathlib import Path

from handover.sandboxes.account import Account
from handover.sandboxes.blueprint import Blueprint, SandboxFailed

# The folder that holds the packages `handover` and `standins`.
PRODUCT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Program:
    """What serves the agent: a Python, the folders that it needs, the app to serve, and where else to look for it."""

    python: Path
    folders: tuple[Path, ...]
    app: str
    search: Path | None = None

    def command(self) -> list[str]:
        """Begins the command that runs a script with this Python, apart from any settings of the account."""
        # An interpreter that was moved still looks for its library where it was built; `inside.py` drops the variable.
        libraries = [f"{folder}/lib" for folder in self.folders if any((folder / "lib").glob("libpython*"))]
        found = [f"LD_LIBRARY_PATH={':'.join(libraries)}"] if libraries else []
        return ["/usr/bin/env", *found, str(self.python), "-I", "-B", "-u"]


def program_of(blueprint: Blueprint, account: Account) -> Program:
    """What serves the blueprint's agent. Raises SandboxFailed where it is not installed."""
    if blueprint.agent == "openhands":
        python, folders = _interpreter(blueprint.agent_environment)
        return Program(python, folders, "openhands.agent_server.api:api")
    python, folders = _interpreter(_for_stand_in(blueprint, account))
    return Program(python, folders, "standins.agent.app:app", search=PRODUCT)


def _for_stand_in(blueprint: Blueprint, account: Account) -> Path:
    # Without bubblewrap an account may be unable to reach our own interpreter; the agent's is made to be reached.
    ours = Path(sys.prefix)
    reached = blueprint.kind == "bubblewrap" or account.reaches(Path(sys.executable))
    return ours if reached else blueprint.agent_environment


def _interpreter(environment: Path) -> tuple[Path, tuple[Path, ...]]:
    """The environment's Python by its path, and the folders that it lives in: its own and its base's."""
    environment = environment.absolute()
    python = environment / "bin" / "python"
    try:
        named = _home(environment / "pyvenv.cfg")
        real = python.resolve(strict=True)
    except OSError as error:
        raise SandboxFailed(f"{environment} is no Python environment: {error.strerror}. Run make setup.") from error
    return python, tuple(dict.fromkeys((environment, named.parent, real.parent.parent)))


def _home(configuration: Path) -> Path:
    """The base interpreter's bin folder, which a virtual environment names in its pyvenv.cfg."""
    for line in configuration.read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition("=")
        if name.strip() == "home":
            return Path(value.strip())
    raise FileNotFoundError(2, "pyvenv.cfg names no home", str(configuration))
