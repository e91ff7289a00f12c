"""Names and labels, compared in any case."""

from collections.abc import Iterable
from typing import NamedTuple

from handover.jira.bodies import Changelog


class Folded(NamedTuple):
    """A name for comparison. One that only looks like an ASCII name is another name."""

    ascii: bool
    lower: str


def folded(name: str) -> Folded:
    """The name for comparison. (To Python, the Kelvin sign is a K in lower case.)"""
    return Folded(name.isascii(), name.lower())


class Labels:
    """A set of labels."""

    def __init__(self, labels: Iterable[str] | None) -> None:
        self._folded = {folded(label) for label in labels or ()}

    def has(self, label: str) -> bool:
        """Whether the label is among them."""
        return bool(label) and folded(label) in self._folded


def before_and_after(change: Changelog | None) -> tuple[Labels, Labels]:
    """The labels before and after an edit; none and none where it left them alone."""
    items = [item for item in change.items if _of_labels(item.field, item.fieldtype)] if change else []
    if not items:
        return Labels(None), Labels(None)
    # Jira sends all labels as one text with spaces, before and after: compare sets.
    return Labels((items[0].from_string or "").split()), Labels((items[-1].to_string or "").split())


def _of_labels(field: str | None, fieldtype: str | None) -> bool:
    # A custom field may have any name.
    return (field or "").lower() == "labels" and fieldtype != "custom"
