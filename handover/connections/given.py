"""What a command is given, held against what the console takes. Each raises click.ClickException with a sentence."""

from collections.abc import Callable
from typing import IO, TypeVar

import click
from django.core.exceptions import ValidationError

from handover.configuration.checked import AddressField
from handover.configuration.spelling import secret_word

T = TypeVar("T")
# Some editors put a mark in front of the text. What is no text at all is no token either, and told as that.
TOKEN_FILE = click.File("r", encoding="utf-8-sig", errors="replace")
MOST_TOKEN = 10_000


def address_of(given: str, *, example: str) -> str:
    """The address in the one spelling that it is kept in."""
    required = {"required": f"Give the address. Write it like {example}."}
    return _told(AddressField(example=example, error_messages=required).clean, given)


def token_of(file: IO[str]) -> str:
    """The one word in the file."""
    token = file.read(MOST_TOKEN).strip()
    _told(secret_word, token)
    return token


def _told(check: Callable[[str], T], given: str) -> T:
    try:
        return check(given)
    except ValidationError as error:
        raise click.ClickException(" ".join(error.messages)) from error
