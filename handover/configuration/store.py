"""The configuration as it holds now, kept in memory and taken up within a second of its change."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import IntegrityError, connections, transaction

from handover.configuration.declared import Configuration
from handover.configuration.documents import Document, Reading, read
from handover.configuration.models import Version
from handover.lib import clock

TRIES = 5


class Conflict(Exception):
    """Somebody else has saved meanwhile. `by` says who."""

    def __init__(self, by: str) -> None:
        super().__init__(f"{by} has saved meanwhile.")
        self.by = by


_lock = threading.Lock()
_held: tuple[tuple[int, int], Configuration] | None = None


def current() -> Configuration:
    """What holds now in this process. Raises BadSetting where the environment cannot be used."""
    return _held[1] if _held else _first()


def refresh() -> Configuration:
    """Take up the newest version, if there is a newer one."""
    global _held  # noqa: PLW0603  the one place that holds it
    with _lock:
        newest = Version.objects.order_by("-number").values_list("number", "sealing").first() or (0, 0)
        if _held is None or _held[0] != newest:
            _held = (newest, read(document()).configuration(newest[0]))
        return _held[1]


def _first() -> Configuration:
    """The first look, which may be on an event loop, where Django lets nobody wait for the database."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_refresh_once).result()


def _refresh_once() -> Configuration:
    try:
        return refresh()
    finally:
        connections.close_all()


def document(number: int | None = None) -> Document:
    """A version's document, the newest one where none is named; empty before the first."""
    versions = Version.objects.order_by("-number")
    found = versions.first() if number is None else versions.get(number=number)
    return dict(found.document) if found else {}


def reading() -> Reading:
    """The newest version under the environment, with its locks."""
    return read(document())


def write(change: Callable[[Document], Document], *, by: str, after: int | None = None) -> Configuration:
    """Write a new version: what `change` makes of the newest one. Raises Conflict where that is not `after`."""
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                _write(change, by=by, after=after)
            return refresh()
        except IntegrityError:
            # Another process took the number in the same moment: begin with what it wrote.
            continue
    raise Conflict("somebody else")


def _write(change: Callable[[Document], Document], *, by: str, after: int | None) -> None:
    newest = Version.objects.order_by("-number").first()
    number = newest.number if newest else 0
    if after is not None and number != after:
        raise Conflict(newest.by if newest else "somebody else")
    fresh = change(dict(newest.document) if newest else {})
    Version.objects.create(number=number + 1, at=clock.now(), by=by, document=fresh)
