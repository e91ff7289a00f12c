"""How one run's sandbox is to be built."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["bubblewrap", "none"]
Agent = Literal["openhands", "stand-in"]


@dataclass(frozen=True)
class Limits:
    """What one process in the sandbox may take: memory of its own, and the size of a file that it writes, in bytes."""

    memory_bytes: int
    file_bytes: int


@dataclass(frozen=True)
class Blueprint:
    """One run's sandbox.

    `folder` is ours and is kept for a later start; `agent_environment` is a Python environment that has the
    agent-server; `uid` is the account inside where Handover is root, and needs no name; `model_socket` is the unix
    socket that the agent reaches the model by, and must be open to that account.
    """

    run_id: str
    folder: Path
    agent: Agent
    agent_environment: Path
    uid: int
    model_socket: Path
    kind: Kind
    limits: Limits


class SandboxFailed(Exception):
    """The sandbox did not start, or was lost. `tail` is the end of what it wrote, for whoever runs Handover."""

    def __init__(self, sentence: str, tail: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.tail = tail
