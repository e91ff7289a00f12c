"""The configuration as people keep it in a file: TOML, with secrets that are never written out.

An imported file is the whole configuration: what it does not name has its default. A secret may be given in clear, as
`{ file = "…" }` or as `{ env = "…" }`; `{ kept = true }`, as the export writes it, keeps the one that is stored for
the same address.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from handover.configuration.declared import ORDER, SEVERAL, SINGLE, Group, kind_of
from handover.configuration.documents import Document, Entry, Reading, clean_address, read, written
from handover.configuration.fields import declared, default_of
from handover.configuration.forms import form_of
from handover.configuration.secret import Secret

KEPT = {"kept": True}
MOST_SECRET_BYTES = 100_000


class Unusable(Exception):
    """The file cannot be taken. `problems` are sentences, each with its place."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def document_of(plain: Mapping[str, Any], *, before: Document) -> Document:
    """The document that the file means. Raises Unusable with all that is wrong."""
    problems = [f"{name}: there is no such group." for name in plain if name not in ORDER]
    now = read(before)
    found: Document = {}
    for name in ORDER:
        entries = [_single(plain, name)] if name in SINGLE else _several(plain, name, problems)
        made = [_stored(name, position, one, now, problems) for position, one in enumerate(entries)]
        found[name] = made[0] if name in SINGLE else made
    problems += clashes(found)
    if problems:
        raise Unusable(problems)
    return {name: value for name, value in found.items() if value}


def exported(reading: Reading) -> dict[str, Any]:
    """What holds, as a file has it: without defaults, and without secrets."""
    plain: dict[str, Any] = {}
    for name in ORDER:
        entries = [_plain(entry) for entry in reading.entries[name]]
        if name in SEVERAL:
            plain[name] = entries
        elif entries[0]:
            plain[name] = entries[0]
    return {name: value for name, value in plain.items() if value}


def clashes(document: Document) -> list[str]:
    """Addresses and short names that stand twice."""
    found = []
    for name, field in (("jira", "base_url"), ("forges", "base_url"), ("oidc", "base_url"), ("oidc", "slug")):
        values = [entry.get(field) for entry in document.get(name, [])]
        found += [f"{value} stands twice under {name}." for value in dict.fromkeys(values) if values.count(value) > 1]
    return found


def _single(plain: Mapping[str, Any], name: str) -> Any:
    return plain.get(name, {})


def _several(plain: Mapping[str, Any], name: str, problems: list[str]) -> list[Any]:
    entries = plain.get(name, [])
    if isinstance(entries, list):
        return entries
    problems.append(f"{name}: write [[{name}]] for each.")
    return []


def _stored(name: str, position: int, given: Any, now: Reading, problems: list[str]) -> Document:
    kind = kind_of(name)
    place = name if name in SINGLE else f"{name} {position + 1}"
    if not isinstance(given, Mapping):
        problems.append(f"{place}: write its fields as a table.")
        return {}
    unknown = [field for field in given if field not in declared(kind)]
    problems += [f"{place}: there is no field {field}." for field in unknown]
    entry = _entry_before(name, kind, given, now)
    form = form_of(name)(_data(kind, given, place, problems), entry)
    if not form.is_valid():
        problems += [f"{place}: {field}: {' '.join(map(str, errors))}" for field, errors in form.errors.items()]
        return {}
    return form.stored


def _entry_before(name: str, kind: type[Group], given: Mapping[str, Any], now: Reading) -> Entry:
    """The group as it is stored now: the same one for a group of which there are several is known by its address."""
    if name in SINGLE:
        return now.entries[name][0]
    address = clean_address(kind, str(given.get("base_url", "")))
    return next((entry for entry in now.entries[name] if address and entry.value.base_url == address), Entry(kind()))


def _data(kind: type[Group], given: Mapping[str, Any], place: str, problems: list[str]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for name, what in declared(kind).items():
        value = given.get(name, "" if what.kind == "secret" else default_of(kind, name))
        if what.kind == "secret":
            value = _secret(value, f"{place}: {name}", problems)
        data[name] = value
    return data


def _secret(given: Any, place: str, problems: list[str]) -> str:
    match given:
        case str():
            return given
        case {"kept": True}:
            return ""
        case {"file": str(file)}:
            return _from_file(file, place, problems)
        case {"env": str(variable)} if os.environ.get(variable):
            return os.environ[variable]
        case {"env": str(variable)}:
            problems.append(f"{place}: the variable {variable} is not set.")
        case _:
            problems.append(f'{place}: write {{ file = "…" }}, {{ env = "…" }} or {{ kept = true }}.')
    return ""


def _from_file(file: str, place: str, problems: list[str]) -> str:
    try:
        with Path(file).open(encoding="utf-8-sig") as stream:
            return stream.read(MOST_SECRET_BYTES).strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        problems.append(f"{place}: {file} cannot be read: {reason}.")
        return ""


def _plain(entry: Entry) -> dict[str, Any]:
    return dict(_fields(entry))


def _fields(entry: Entry) -> Iterator[tuple[str, Any]]:
    kind = type(entry.value)
    for name in declared(kind):
        value = getattr(entry.value, name)
        if isinstance(value, Secret):
            if value:
                yield name, dict(KEPT)
        elif value != default_of(kind, name):
            yield name, written(value)
