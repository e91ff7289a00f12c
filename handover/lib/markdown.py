"""Bounds for a parser of Markdown, within which hostile text takes it time that grows with its length alone."""

import re
from collections.abc import Iterable

from markdown_it.token import Token

# Nine lists in each other. The parser drops what is deeper, so such a text is better shown as it was written.
DEEPEST = 20
# The parser fills short rows up: a few thousand characters can ask for 65,536 cells, which take it seconds.
MOST_CELLS = 8_000
_RULE_OF_A_TABLE = re.compile(r"[-:| \t]+")


def rules(text: str) -> list[str]:
    """What to understand beyond CommonMark in this text. Tables are left out where they could become too large."""
    columns = max((found[0].count("|") + 1 for found in _RULE_OF_A_TABLE.finditer(text)), default=1)
    lines = text.count("\n") + text.count("\r") + 1
    return ["strikethrough"] if columns * lines > MOST_CELLS else ["strikethrough", "table"]


def too_deep(tokens: Iterable[Token]) -> bool:
    """Whether something may have been dropped."""
    return any(token.level >= DEEPEST - 1 for token in tokens)
