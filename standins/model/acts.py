"""What a script does at its turn, and what it knows by then."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from standins.model.requests import Asked

# What OpenHands says of a tool that a crash interrupted: that turn is played again.
_INTERRUPTED = "A restart occurred while this tool was in progress"
_REPOSITORY = re.compile(r"/(?:[\w.+-]+/)*repository\b")


@dataclass(frozen=True)
class Usage:
    """Tokens that an answer reports in the place of the true count."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True)
class Call:
    """Call a tool."""

    tool: str
    arguments: Mapping[str, object]
    usage: Usage | None = None


@dataclass(frozen=True)
class Say:
    """Say something, and call nothing."""

    text: str


@dataclass(frozen=True)
class Fail:
    """Answer with an error."""

    status: int
    message: str
    code: str


Act = Call | Say | Fail


class Turn:
    """A conversation as it stands when the model is asked. All of it is in the request: nothing is remembered."""

    def __init__(self, asked: Asked, *, argument: str) -> None:
        self.asked = asked
        self.argument = argument

    @cached_property
    def number(self) -> int:
        """How many answers have been carried out."""
        said = sum(message.role == "assistant" for message in self.asked.messages)
        return said - sum(_INTERRUPTED in result for result in self.results)

    @cached_property
    def prompt(self) -> str:
        """All that the person said."""
        return "\n".join(message.text for message in self.asked.messages if message.role == "user")

    @cached_property
    def results(self) -> list[str]:
        """What came of each tool's call."""
        return [message.text for message in self.asked.messages if message.role == "tool"]

    @cached_property
    def tools(self) -> frozenset[str]:
        """The tools that may be called."""
        return frozenset(tool.function.name for tool in self.asked.tools)

    @cached_property
    def repository(self) -> str:
        """The repository's folder, as the prompt or else the instructions name it."""
        everything = "\n".join([self.prompt, *(message.text for message in self.asked.messages)])
        found = _REPOSITORY.search(everything)
        return found.group() if found else "."


Script = Callable[[Turn], Act]


def in_order(*scripts: Script) -> Script:
    """Each at its turn; the last again wherever the conversation goes on."""
    return lambda turn: scripts[min(turn.number, len(scripts) - 1)](turn)
