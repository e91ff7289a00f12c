"""A document with one group changed."""

from collections.abc import Callable

from handover.configuration.documents import Document
from handover.configuration.plain import clashes

Change = Callable[[Document], Document]


class Twice(Exception):
    """An address or a short name would stand twice. The message is a sentence."""


def single(name: str, stored: Document) -> Change:
    """With this group."""
    return lambda document: _without_empty({**document, name: stored})


def entry(name: str, before: Document | None, stored: Document) -> Change:
    """With this entry of a list, in the place of `before`, or behind the others. Raises Twice."""

    def change(document: Document) -> Document:
        entries = list(document.get(name, []))
        if before and before in entries:
            entries[entries.index(before)] = stored
        else:
            entries.append(stored)
        changed = _without_empty({**document, name: entries})
        if found := clashes(changed):
            raise Twice(found[0])
        return changed

    return change


def without(name: str, stored: Document) -> Change:
    """Without this entry of a list."""
    return lambda document: _without_empty({**document, name: [one for one in document.get(name, []) if one != stored]})


def _without_empty(document: Document) -> Document:
    return {name: value for name, value in document.items() if value}
