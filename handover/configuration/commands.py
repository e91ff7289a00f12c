"""`handover config`."""

import json
import sys
import tomllib
from collections.abc import Iterator
from typing import IO, Any

import click
import tomli_w

from handover.configuration import documents, history, network, plain, store
from handover.configuration.declared import ORDER, SEVERAL, SINGLE
from handover.configuration.documents import Document, Entry, Reading, names_of
from handover.configuration.fields import declared
from handover.configuration.secret import Secret
from handover.lib.tables import print_rows

MOST_BYTES = 4_000_000
FILE = click.argument("file", type=click.File("rb"))


@click.group()
def config() -> None:
    """Check, show, export and import the configuration, for people who keep it in Git.

    The Admin Console writes the same. Secrets are never written out.
    """


@config.command()
@click.argument("file", type=click.File("rb"), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array of the problems.")
def check(*, file: IO[bytes] | None, as_json: bool) -> None:
    """Check FILE, or what holds now with its environment. Exit status 0 or 1."""
    problems = _problems_of_file(file) if file else _problems_of(store.reading())
    if as_json:
        click.echo(json.dumps(problems, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(problems) or "Nothing is wrong.")
    sys.exit(1 if problems else 0)


@config.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def show(*, as_json: bool) -> None:
    """Show every field: its value, the variable that may fix it, and whether one does."""
    print_rows(_rows(store.reading()), as_json=as_json, empty="There are no fields.")


@config.command()
def export() -> None:
    """Print what holds as TOML: without defaults, and `{ kept = true }` in the place of each secret."""
    click.echo(tomli_w.dumps(plain.exported(store.reading()), multiline_strings=True), nl=False)


@config.command(name="import")
@FILE
def import_(*, file: IO[bytes]) -> None:
    """Make FILE the configuration, a new version of it. Running processes take it up within two seconds.

    A secret is written as { file = "…" }, { env = "…" }, or { kept = true } to keep the one that is stored for the same
    address.
    """
    given, before = _parsed(file), store.current()
    try:
        after = store.write(lambda document: plain.document_of(given, before=document), by="handover config import")
    except plain.Unusable as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Version {after.number} holds; before it was {before.number}.")
    for line in _not_used(given):
        click.echo(line)
    for change in history.changes_of(after.number):
        click.echo(f"  {change.place}: {change.label}: {change.before or '(none)'} → {change.after or '(none)'}")


def _not_used(given: Document) -> Iterator[str]:
    """What the file says of fields that are fixed, and that secrets are not tried here."""
    for name, entries in store.reading().entries.items():
        parts = [given.get(name, {})] if name in SINGLE else given.get(name, [])
        for position, (entry, part) in enumerate(zip(entries, parts, strict=False)):
            for field in [field for field in entry.locks if field in part]:
                yield f"  {_place(name, position)}: {field} is fixed by {entry.locks[field]}; the file's is not used."
            for field in _kept_for_good(entry, part):
                yield f"  {_place(name, position)}: {field} stays {getattr(entry.value, field)}: it is never changed."
    yield "No token was tried. `handover doctor` does."


def _kept_for_good(entry: Entry, part: Document) -> list[str]:
    fields = [name for name, what in declared(type(entry.value)).items() if what.once and name in part]
    return [name for name in fields if part[name] != getattr(entry.value, name)]


def _problems_of_file(file: IO[bytes]) -> list[str]:
    try:
        plain.document_of(_parsed(file), before=store.document())
    except plain.Unusable as error:
        return error.problems
    return []


def _problems_of(reading: Reading) -> list[str]:
    found = plain.clashes({name: [vars(entry.value) for entry in reading.entries[name]] for name in SEVERAL})
    for name in ORDER:
        for position, entry in enumerate(reading.entries[name]):
            found += [f"{_place(name, position)}: {field}: {words}" for field, words in entry.value.problems()]
            found += [f"{_place(name, position)}: {field}: {words}" for field, words in _refused(entry)]
    unknown = documents.unknown_variables()
    return [
        *found,
        *(f"{name}: no field is fixed by this variable. `handover config show` names them." for name in unknown),
    ]


def _refused(entry: Entry) -> Iterator[tuple[str, str]]:
    """Addresses that nothing is sent to. Those of variables pass no form."""
    for name, what in declared(type(entry.value)).items():
        given = getattr(entry.value, name) if what.kind in ("address", "host") and name in entry.locks else ""
        refusal = network.refusal_of(given) if what.kind == "address" else network.refusal_of_host(given)
        if given and refusal:
            yield name, refusal


def _place(name: str, position: int) -> str:
    return name if name in SINGLE else f"{name} {position + 1}"


def _rows(reading: Reading) -> list[dict[str, Any]]:
    return [row for name in ORDER for row in _rows_of(reading, name)]


def _rows_of(reading: Reading, name: str) -> list[dict[str, Any]]:
    rows = []
    # Where there is none yet, the first one's variables are shown all the same.
    entries = reading.entries[name] or [Entry(SEVERAL[name]())]
    for position, entry in enumerate(entries):
        variables = names_of(name, position)
        for field in declared(type(entry.value)):
            rows.append(
                {
                    "field": f"{_place(name, position)}: {field}",
                    "value": _shown(getattr(entry.value, field)),
                    "variable": variables[field][0],
                    "fixed_by": entry.locks.get(field, ""),
                }
            )
    return rows


def _shown(value: object) -> str:
    if isinstance(value, Secret):
        return "set" if value else ""
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _parsed(file: IO[bytes]) -> Document:
    raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise click.ClickException("The file is larger than 4 MB.")
    try:
        return tomllib.loads(raw.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise click.ClickException(f"The file is no TOML: {error}.") from error
