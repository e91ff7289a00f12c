"""The agent-server's variables, those that matter here."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# The real one keeps these from the commands that it runs.
SECRET = ("OH_SECRET_KEY", "OH_SESSION_API_KEYS_0")


@dataclass(frozen=True)
class Configuration:
    """How this server was started. No session key: everyone is let in, as by the real one."""

    conversations: Path
    session_keys: frozenset[str]
    seal: str
    most_runs: int

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> "Configuration":
        """The configuration that the variables describe."""
        keys = {value for name, value in variables.items() if name.startswith("OH_SESSION_API_KEYS_")}
        return cls(
            conversations=Path(variables.get("OH_CONVERSATIONS_PATH", "workspace/conversations")),
            session_keys=frozenset(keys),
            seal=hashlib.sha256(variables.get("OH_SECRET_KEY", "").encode()).hexdigest(),
            most_runs=int(variables.get("OH_MAX_CONCURRENT_RUNS", "10")),
        )


def for_commands() -> dict[str, str]:
    """The variables of the commands that are run."""
    return {name: value for name, value in os.environ.items() if name not in SECRET}
