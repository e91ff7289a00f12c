"""What changed from one version of the configuration to the next, without the secrets."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from handover.configuration import store
from handover.configuration.declared import ORDER, SEVERAL, SINGLE, kind_of
from handover.configuration.documents import Document
from handover.configuration.fields import Declared, declared, default_of
from handover.configuration.models import Version

LONGEST = 80


@dataclass(frozen=True)
class Change:
    """One field, as people read it. A secret is "set", "changed" or "removed"."""

    place: str
    label: str
    before: str
    after: str


def changes_of(number: int) -> list[Change]:
    """What this version changed."""
    return changes(store.document(number - 1) if number > 1 else {}, store.document(number))


def changes(before: Document, after: Document) -> list[Change]:
    """From one document to another, in the order of the Admin Console."""
    found: list[Change] = []
    for name in ORDER:
        if name in SINGLE:
            kind = SINGLE[name]
            found += _of_group(name, kind.title, before.get(name, {}), after.get(name, {}))
        else:
            found += _of_list(name, before.get(name, []), after.get(name, []))
    return found


def back_to(number: int, *, by: str, after: int) -> None:
    """Make an older version the newest one. Raises Conflict, Version.DoesNotExist."""
    older = Version.objects.get(number=number).document
    store.write(lambda _: dict(older), by=by, after=after)


def changes_groups(number: int, names: Collection[str]) -> bool:
    """Whether going back to this version changes one of these groups. No version changes nothing."""
    older = Version.objects.filter(number=number).first()
    now = store.document()
    return older is not None and any(older.document.get(name) != now.get(name) for name in names)


def _of_list(name: str, before: list[Document], after: list[Document]) -> list[Change]:
    kind, found = SEVERAL[name], []
    then, now = ({one.get("base_url", ""): one for one in entries} for entries in (before, after))
    for address in dict.fromkeys([*then, *now]):
        place = f"{kind.title}, {address}"
        if address not in now:
            found.append(Change(place, "All of it", "there", "removed"))
        else:
            found += _of_group(name, place, then.get(address, {}), now[address])
    return found


def _of_group(name: str, place: str, before: Document, after: Document) -> list[Change]:
    kind = kind_of(name)
    return [
        Change(place, what.label, *_shown(what, default_of(kind, field), before.get(field), after.get(field)))
        for field, what in declared(kind).items()
        if before.get(field) != after.get(field)
    ]


def _shown(what: Declared, default: Any, before: Any, after: Any) -> tuple[str, str]:
    if what.kind == "secret":
        word = "removed" if after is None else "set" if before is None else "changed"
        return ("" if before is None else "set"), word
    if what.kind == "certificates":
        return _certificates(before), _certificates(after)
    return _text(default if before is None else before), _text(default if after is None else after)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = ", ".join(value) if isinstance(value, list | tuple) else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _certificates(value: Any) -> str:
    number = str(value or "").count("BEGIN CERTIFICATE")
    return f"{number} certificate{'' if number == 1 else 's'}" if number else ""
