"""The labels of an issue, compared as sets and in any case."""

from collections.abc import Iterable

from handover.triggers.mentions import folded


class Labels:
    """A set of labels."""

    def __init__(self, labels: Iterable[str]) -> None:
        self._folded = {folded(label) for label in labels}

    @classmethod
    def of(cls, text: str | None) -> "Labels":
        """From a changelog's text: all labels, with spaces between them."""
        return cls((text or "").split())

    def has(self, label: str) -> bool:
        """Whether the label is among them."""
        return bool(label) and folded(label) in self._folded
