"""What a call costs."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from handover.gateway.ledger import Usage

# The record keeps six places; a price per token may have more, so a call's cost is rounded up.
SMALLEST = Decimal("0.000001")


@dataclass(frozen=True, kw_only=True)
class Prices:
    """Of one token, in the currency of the ceiling."""

    input_token: Decimal
    output_token: Decimal

    def cost(self, usage: Usage) -> Decimal:
        """What so much costs."""
        exact = usage.input_tokens * self.input_token + usage.output_tokens * self.output_token
        return exact.quantize(SMALLEST, rounding=ROUND_CEILING)

    def affordable(self, most: Usage, *, left: Decimal) -> Usage:
        """The same input with as much of the output as `left` pays for; none where it pays for no answer."""
        over = left - self.cost(Usage(input_tokens=most.input_tokens, output_tokens=0))
        if over < 0:
            return Usage(input_tokens=most.input_tokens, output_tokens=0)
        if not self.output_token:
            return most
        paid = int((over / self.output_token).to_integral_value(ROUND_FLOOR))
        return Usage(input_tokens=most.input_tokens, output_tokens=min(most.output_tokens, paid))
