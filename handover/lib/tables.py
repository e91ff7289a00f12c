"""Lists on a terminal, for people and for programs."""

import json
from collections.abc import Mapping, Sequence

import click

# Of a column; what is cut shows that it is.
WIDEST = 60


def print_rows(rows: Sequence[Mapping[str, object]], *, as_json: bool, empty: str) -> None:
    """A row a line in columns, or a JSON array; `empty` is the sentence where there is none."""
    if as_json:
        click.echo(json.dumps(rows, indent=2, default=str, ensure_ascii=False))
    elif not rows:
        click.echo(empty)
    else:
        _print_columns(rows)


def print_record(record: Mapping[str, object], *, as_json: bool) -> None:
    """One thing, a field a line, or a JSON object."""
    if as_json:
        click.echo(json.dumps(record, indent=2, default=str, ensure_ascii=False))
        return
    width = max(len(name) for name in record)
    for name, value in record.items():
        click.echo(f"{name.ljust(width)}  {shown(value)}")


def shown(value: object) -> str:
    """A value without control characters: what came from outside does not steer the terminal."""
    return "".join(char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}" for char in str(value))


def _print_columns(rows: Sequence[Mapping[str, object]]) -> None:
    names = list(rows[0])
    cells = [[_cell(row[name]) for name in names] for row in rows]
    widths = [max(len(line[column]) for line in [names, *cells]) for column in range(len(names))]
    for line in [[name.upper() for name in names], *cells]:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: object) -> str:
    text = shown(value).replace("\n", " ")
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
