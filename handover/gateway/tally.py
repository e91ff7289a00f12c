"""What one call used: the model's own count, or an estimate on the high side where it gave none."""

from dataclasses import dataclass
from math import ceil

import msgspec

from handover.gateway.ledger import Usage

# English takes four bytes a token and code three; what the model does not count itself is estimated with the dearer.
BYTES_PER_TOKEN = 3
# No model is known to write faster. It bounds what a call that was broken off may have cost unseen.
TOKENS_PER_SECOND = 300
# A count beyond this is a fault of the model's server; it must still fit into the record.
MOST_TOKENS = 100_000_000


class Counted(msgspec.Struct):
    """The `usage` of an answer. https://platform.openai.com/docs/api-reference/chat/object"""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0

    @property
    def usage(self) -> Usage:
        """Some count the tokens of reasoning in the total alone; what is in the total was paid for."""
        output = max(self.completion_tokens, self.total_tokens - self.prompt_tokens)
        return Usage(input_tokens=_within(self.prompt_tokens), output_tokens=_within(output))


@dataclass
class Tally:
    """Of one call under way: the status that the model gave, what it counted, and how much of its answer was seen."""

    most: Usage
    status: int = 0
    counted: Usage | None = None
    pieces: int = 0
    text_bytes: int = 0

    def saw(self, text: str) -> None:
        """A piece of the answer has come."""
        self.pieces += 1
        self.text_bytes += len(text.encode("utf-8", "surrogatepass"))

    def answered(self) -> Usage:
        """What an answer that came to its end used."""
        return self.counted or Usage(input_tokens=self.most.input_tokens, output_tokens=self._seen())

    def broken_off(self, seconds: float) -> Usage:
        """What an answer used whose end was not seen: what came of it, or what a model writes in that time."""
        written = min(self.most.output_tokens, ceil(seconds * TOKENS_PER_SECOND))
        return self.counted or Usage(input_tokens=self.most.input_tokens, output_tokens=max(self._seen(), written))

    def _seen(self) -> int:
        return _within(max(self.pieces, tokens_of(self.text_bytes)))


def tokens_of(size: int) -> int:
    """How many tokens that many bytes of text make, on the high side."""
    return -(-size // BYTES_PER_TOKEN)


def _within(tokens: int) -> int:
    return min(max(tokens, 0), MOST_TOKENS)
