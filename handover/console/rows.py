"""A form's fields, as a page shows them."""

from dataclasses import dataclass

from django.forms import BoundField

from handover.configuration.fields import Declared, declared
from handover.configuration.forms import FORGET, GroupForm


@dataclass(frozen=True)
class Row:
    """One field. `lock` is the variable that fixes it; `kept` whether a secret is there that an empty field keeps."""

    bound: BoundField
    what: Declared
    lock: str
    kept: bool
    forget: str

    @property
    def only_field(self) -> str:
        """The field that this one depends on; "" where none."""
        return self.bound.form.add_prefix(self.what.only_with[0]) if self.what.only_with else ""

    @property
    def only_value(self) -> str:
        """The value of it with which this one matters."""
        return str(self.what.only_with[1]) if self.what.only_with else ""


def rows_of(form: GroupForm) -> list[Row]:
    """In the order of their declaration."""
    return [_row(form, name, what) for name, what in declared(form.group).items()]


def _row(form: GroupForm, name: str, what: Declared) -> Row:
    secret = what.kind == "secret"
    return Row(
        bound=form[name],
        what=what,
        lock=form.entry.locks.get(name, ""),
        kept=secret and bool(getattr(form.entry.value, name)) and what.label not in form.cleared,
        forget=form.add_prefix(FORGET + name) if secret else "",
    )
