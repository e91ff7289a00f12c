"""How a field of the configuration is declared: once, for the pages, the environment, the commands and the documents.

Each function gives a dataclass field; Django's forms check the value wherever it comes from.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from handover.configuration.checked import AddressField, CertificatesField, NamesField
from handover.configuration.secret import Secret
from handover.configuration.spelling import host_name, secret_word

Kind = Literal["text", "address", "secret", "whole", "amount", "choice", "flag", "names", "certificates", "host"]
METADATA = "declared"


@dataclass(frozen=True)
class Declared:
    """What is known of a field beside its value.

    `variable` fixes it from the environment; in a group of which there may be several it is only the last part of the
    name. `also` are further names that people know. `only_with` is another field and the value that makes this one
    matter; `once` is for what stays as it was first saved.
    """

    kind: Kind
    label: str
    help: str
    variable: str
    form: Callable[[], forms.Field]
    also: tuple[str, ...] = ()
    only_with: tuple[str, object] | None = None
    once: bool = False


def text(  # noqa: PLR0913  a field is what it is told to be, all by keyword
    default: str,
    *,
    label: str,
    help: str,
    variable: str,
    also: tuple[str, ...] = (),
    only_with: tuple[str, object] | None = None,
    checks: Sequence[Callable[[Any], None]] = (),
    most: int = 300,
    once: bool = False,
) -> Any:
    """One line."""
    made = _made(forms.CharField, max_length=most, validators=checks)
    return _field(default, Declared("text", label, help, variable, made, also, only_with, once))


def host(default: str, *, label: str, help: str, variable: str) -> Any:
    """The name of a machine."""
    made = _made(forms.CharField, max_length=255, validators=(host_name,))
    return _field(default, Declared("host", label, help, variable, made))


def address(
    default: str,
    *,
    label: str,
    help: str,
    variable: str,
    also: tuple[str, ...] = (),
    example: str,
    only_with: tuple[str, object] | None = None,
) -> Any:
    """An http(s) address, kept without its trailing slash."""
    made = _made(AddressField, example=example)
    return _field(default, Declared("address", label, help, variable, made, also, only_with))


def secret(
    *,
    label: str,
    help: str,
    variable: str,
    also: tuple[str, ...] = (),
    only_with: tuple[str, object] | None = None,
    checks: Sequence[Callable[[Any], None]] = (secret_word,),
) -> Any:
    """A token, a key or a password. It belongs to the address of its group."""
    widget = forms.PasswordInput(render_value=False)
    made = _made(forms.CharField, max_length=10_000, widget=widget, validators=checks)
    return _field(Secret(), Declared("secret", label, help, variable, made, also, only_with))


def whole(default: int, *, label: str, help: str, variable: str, least: int = 0, most: int = 10**9) -> Any:
    """A whole number from `least` to `most`."""
    bounds = [MinValueValidator(least, f"At least {least}."), MaxValueValidator(most, f"At most {most}.")]
    widget = forms.NumberInput(attrs={"min": least, "max": most})
    made = _made(
        forms.IntegerField, validators=bounds, widget=widget, error_messages={"invalid": "Use a whole number."}
    )
    return _field(default, Declared("whole", label, help, variable, made))


def amount(default: str, *, label: str, help: str, variable: str, least: str = "0") -> Any:
    """A sum or a price."""
    bounds = [MinValueValidator(Decimal(least), f"At least {least}.")]
    messages = {"invalid": "Use a number, such as 0.25."}
    made = _made(
        forms.DecimalField,
        validators=bounds,
        widget=forms.NumberInput(attrs={"min": least, "step": "any"}),
        max_digits=24,
        decimal_places=12,
        error_messages=messages,
    )
    return _field(Decimal(default), Declared("amount", label, help, variable, made))


def choice(
    default: str,
    *,
    of: Mapping[str, str],
    label: str,
    help: str,
    variable: str,
    only_with: tuple[str, object] | None = None,
) -> Any:
    """One of the words of `of`, each with what it means."""
    messages = {"invalid_choice": f"Use one of: {', '.join(of)}."}
    made = _made(forms.ChoiceField, choices=tuple(of.items()), error_messages=messages)
    return _field(default, Declared("choice", label, help, variable, made, only_with=only_with))


def flag(*, default: bool, label: str, help: str, variable: str, only_with: tuple[str, object] | None = None) -> Any:
    """Yes or no."""
    return _field(default, Declared("flag", label, help, variable, _made(forms.BooleanField), only_with=only_with))


def names(*, label: str, help: str, variable: str, each: Callable[[str], None]) -> Any:
    """Several names, kept in the order in which they were written."""
    return _field((), Declared("names", label, help, variable, _made(NamesField, each=each)))


def certificates(*, label: str, help: str, variable: str) -> Any:
    """Certificates in PEM, one after the other."""
    return _field("", Declared("certificates", label, help, variable, _made(CertificatesField)))


def declared(group: type) -> dict[str, Declared]:
    """The fields of a group, in the order of their declaration."""
    return {one.name: one.metadata[METADATA] for one in dataclasses.fields(group) if METADATA in one.metadata}


def default_of(group: type, name: str) -> Any:
    """The value of a field that nobody has set."""
    return next(one.default for one in dataclasses.fields(group) if one.name == name)


def _field(default: object, what: Declared) -> Any:
    return dataclasses.field(default=default, metadata={METADATA: what})


def _made(form: Callable[..., forms.Field], **options: Any) -> Callable[[], forms.Field]:
    return lambda: form(required=False, **options)
