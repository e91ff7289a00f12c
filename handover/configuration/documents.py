"""A document of the configuration, and the environment over it, read into what holds. Pure but for the vault."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError

from handover.configuration.declared import PREFIXES, SEVERAL, SINGLE, Configuration, Group
from handover.configuration.fields import Declared, declared, default_of
from handover.configuration.secret import Secret
from handover.lib.environment import BadSetting

Document = dict[str, Any]
MOST_ENTRIES = 50
# Declared in handover/settings.py, or read by the set-up.
OTHERS = {
    "HANDOVER_DATA",
    "HANDOVER_HOST",
    "HANDOVER_PORT",
    "HANDOVER_PUBLIC_URL",
    "HANDOVER_SECRET_KEYS",
    "HANDOVER_SECRET_KEYS_FILE",
    "HANDOVER_SANDBOX_UID",
    "HANDOVER_AGENT",
    "HANDOVER_AGENT_ENVIRONMENT",
    "HANDOVER_AGENT_PYTHON",
}
TRUE, FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off"})


@dataclass(frozen=True)
class Entry:
    """A group as it holds, and the variables by which its fields are fixed."""

    value: Any
    locks: Mapping[str, str] = field(default_factory=dict)
    stored: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """All groups as they hold; a list for each."""

    entries: Mapping[str, list[Entry]]

    def configuration(self, number: int) -> Configuration:
        """As one value."""
        single: dict[str, Any] = {name: self.entries[name][0].value for name in SINGLE}
        several: dict[str, Any] = {name: tuple(entry.value for entry in self.entries[name]) for name in SEVERAL}
        return Configuration(number=number, **single, **several)


def read(document: Document, environment: Mapping[str, str] = os.environ) -> Reading:
    """The document under the environment. Raises BadSetting where a variable cannot be used."""
    entries = {name: [_entry(kind, document.get(name, {}), _names(kind), environment)] for name, kind in SINGLE.items()}
    for name, kind in SEVERAL.items():
        entries[name] = _several(kind, document.get(name, []), PREFIXES[name], environment)
    return Reading(entries)


def names_of(group: str, position: int = 0) -> dict[str, tuple[str, ...]]:
    """The variables that fix each field of a group, by the field's name."""
    if group in SINGLE:
        return _names(SINGLE[group])
    return _names(SEVERAL[group], _prefix(PREFIXES[group], position))


def _names(kind: type[Group], prefix: str = "") -> dict[str, tuple[str, ...]]:
    return {name: (prefix + what.variable, *(what.also if not prefix else ())) for name, what in declared(kind).items()}


def _prefix(prefix: str, position: int) -> str:
    return f"{prefix}_" if position == 0 else f"{prefix}_{position + 1}_"


def _several(kind: type[Group], stored: list[Document], prefix: str, environment: Mapping[str, str]) -> list[Entry]:
    """The environment's entries first, each with what the document says of the same address, or else of its place."""
    left, found = list(stored), []
    for position in range(MOST_ENTRIES):
        names = _names(kind, _prefix(prefix, position))
        if not any(_given(variables, environment) for variables in names.values()):
            continue
        mine = _of_variables(kind, names, stored[position : position + 1], left, environment)
        if mine in left:
            left.remove(mine)
        found.append(_entry(kind, mine, names, environment))
    return found + [_entry(kind, one, {}, environment) for one in left]


def _of_variables(
    kind: type[Group],
    names: Mapping[str, tuple[str, ...]],
    here: list[Document],
    left: list[Document],
    environment: Mapping[str, str],
) -> Document:
    address = _given(names["base_url"], environment)
    if not address:
        return here[0] if here and here[0] in left else {}
    wanted = clean_address(kind, address[1])
    return next((one for one in left if one.get("base_url") == wanted), {})


def clean_address(kind: type[Group], raw: str) -> str:
    """An address of this kind in its one spelling; "" where it is none."""
    try:
        return str(declared(kind)["base_url"].form().clean(raw))
    except ValidationError:
        return ""


def unknown_variables(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Names that look like ours, and fix nothing."""
    fields = {name for group in SINGLE for names in names_of(group).values() for name in names}
    known = fields | OTHERS | {f"{name}_FILE" for name in fields}
    return sorted(name for name in environment if name.startswith("HANDOVER_") and not _is_known(name, known))


def _is_known(name: str, known: set[str]) -> bool:
    plain = name.removesuffix("_FILE")
    for group, prefix in PREFIXES.items():
        if found := re.fullmatch(rf"{prefix}_(?:[1-9][0-9]?_)?(.+)", plain):
            return found[1] in {what.variable for what in declared(SEVERAL[group]).values()}
    return name in known


def _entry(
    kind: type[Group], stored: Document, names: Mapping[str, tuple[str, ...]], environment: Mapping[str, str]
) -> Entry:
    fixed = {name: given for name, variables in names.items() if (given := _given(variables, environment))}
    locks = {name: variable for name, (variable, _) in fixed.items()}
    locks |= _address_locks(kind, names, locks)
    plain = dict(_plain(kind, stored, fixed, locks))
    group = kind(**plain)
    secrets = dict(_secrets(kind, stored, fixed, group.address))
    return Entry(replace(group, **secrets), locks, stored)  # type: ignore[type-var]


def _address_locks(kind: type[Group], names: Mapping[str, tuple[str, ...]], locks: Mapping[str, str]) -> dict[str, str]:
    """A secret of the environment fixes the address as well: else somebody could have it sent elsewhere."""
    secret = next((locks[name] for name, what in declared(kind).items() if what.kind == "secret" and name in locks), "")
    if not secret:
        return {}
    missing = [name for name in kind.address_fields if name not in locks]
    for name in missing:
        if not default_of(kind, name):
            raise BadSetting(f"{secret} is set without {names[name][0]}: a secret belongs to one address.")
    return dict.fromkeys(missing, secret)


def _plain(
    kind: type[Group], stored: Document, fixed: Mapping[str, tuple[str, str]], locks: Mapping[str, str]
) -> Iterator[tuple[str, Any]]:
    for name, what in declared(kind).items():
        if what.kind == "secret":
            continue
        if name in fixed:
            yield name, _from_variable(what, *fixed[name])
        elif name in stored and name not in locks:
            yield name, _from_document(kind, name, what, stored[name])


def _secrets(
    kind: type[Group], stored: Document, fixed: Mapping[str, tuple[str, str]], address: str
) -> Iterator[tuple[str, Secret]]:
    for name, what in declared(kind).items():
        if what.kind != "secret":
            continue
        if name in fixed:
            yield name, Secret.given(_from_variable(what, *fixed[name]), address=address)
        elif name in stored and stored[name]["for"] == address:
            yield name, Secret.stored(stored[name]["sealed"], address=address)


def _given(variables: tuple[str, ...], environment: Mapping[str, str]) -> tuple[str, str] | None:
    """The first variable that is set, or whose file is, and its value."""
    for variable in variables:
        if file := environment.get(f"{variable}_FILE"):
            return f"{variable}_FILE", _content(variable, file)
        if (value := environment.get(variable, "").strip()) != "":
            return variable, value
    return None


def _content(variable: str, file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise BadSetting(f"{variable}_FILE names {file}, which cannot be read: {reason}.") from error


def _from_variable(what: Declared, variable: str, raw: str) -> Any:
    if what.kind == "flag":
        if raw.lower() not in TRUE | FALSE:
            raise BadSetting(f"{variable} is {raw!r}. Use true or false.")
        return raw.lower() in TRUE
    try:
        return what.form().clean(raw)
    except ValidationError as error:
        raise BadSetting(f"{variable} cannot be used: {' '.join(error.messages)}") from error


def _from_document(kind: type[Group], name: str, what: Declared, value: Any) -> Any:
    """The stored value. It was checked when it was written; what a newer version no longer takes is the default."""
    if what.kind == "flag":
        return bool(value)
    try:
        return what.form().clean(value)
    except ValidationError:
        return default_of(kind, name)


def written(value: Any) -> Any:
    """A value as it stands in a document."""
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, str | int | bool) else str(value)
