"""The agent's tools, called the way OpenHands 1.58 names them and their parameters."""

import shlex

from standins.model.acts import Call, Script, Turn, Usage

_GIT = "git -c user.name=OpenHands -c user.email=openhands@sandbox.invalid"


def terminal(command: str, *, usage: Usage | None = None) -> Call:
    """Run a command in the agent's shell. The shell keeps its folder from one call to the next."""
    return Call("terminal", {"command": command}, usage)


def replace(path: str, *, old: str, new: str) -> Call:
    """Replace a text that stands once in the file."""
    return Call("file_editor", {"command": "str_replace", "path": path, "old_str": old, "new_str": new})


def finish(message: str) -> Call:
    """End, and report."""
    return Call("finish", {"message": message})


def in_repository(turn: Turn, command: str) -> str:
    """The command, run in the repository wherever the shell stands."""
    return f"cd {shlex.quote(turn.repository)} && {command}"


def committed(message: str) -> str:
    """A command that commits all there is."""
    return f"git add --all && {_GIT} commit --quiet --message {shlex.quote(message)} && git --no-pager log --oneline -1"


def runs(command: str) -> Script:
    """A turn that runs a command in the repository."""
    return lambda turn: terminal(in_repository(turn, command))


def finishes(message: str) -> Script:
    """A turn that ends with a report."""
    return lambda turn: finish(message)
