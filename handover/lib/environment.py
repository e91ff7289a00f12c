"""Settings come from the environment, each declared once with its default and its reason."""

import os
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")
C = TypeVar("C", bound=str)
DEFAULT_PORTS = {"http": 80, "https": 443}


class BadSetting(Exception):
    """A setting's value cannot be used. The message names the variable and says what would do."""


def text(name: str, *, default: str = "", why: str) -> str:
    """The variable's value. `why` is the reason the setting exists; it is what the documents print."""
    return os.environ.get(name, default).strip()


def secret(name: str, *, why: str) -> str:
    """The variable's value, or the content of the file that `NAME_FILE` names; "" where neither is set."""
    file = os.environ.get(f"{name}_FILE")
    if not file:
        return os.environ.get(name, "").strip()
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadSetting(f"{name}_FILE names {file}, which cannot be read: {error.strerror}.") from error


def choice(name: str, *, of: tuple[C, ...], default: C, why: str) -> C:
    """One of the words of `of`."""
    value = text(name, default=default, why=why)
    for word in of:
        if value == word:
            return word
    raise BadSetting(f"{name} is {value!r}. Use one of: {', '.join(of)}.")


def number(name: str, *, default: int, least: int = 0, most: int = 2**31, why: str) -> int:
    """A whole number from `least` to `most`."""
    form = f"a whole number from {least} to {most}"
    return _parsed(name, str(default), int, lambda value: least <= value <= most, form, why)


def amount(name: str, *, default: str, why: str) -> Decimal:
    """A sum or a price, not negative."""
    return _parsed(name, default, Decimal, lambda value: value.is_finite() and value >= 0, "a number such as 0.25", why)


def origin(name: str, *, default: str = "", why: str) -> str:
    """An http(s) address without a path; "" where it is not set."""
    given = text(name, default=default, why=why)
    value = parsed_address(name, given) if given else ""
    if path := urlsplit(value).path:
        raise BadSetting(
            f"{name} is {value!r}. Handover stands at the root of its host, and not below {path}: "
            "give it a host or a port of its own, like https://handover.example.com."
        )
    return value


def parsed_address(name: str, value: str, *, example: str = "https://handover.example.com") -> str:
    """The http(s) address with its port and context path, in one spelling: host in small letters, no default port, no
    trailing slash. `name` says whose it is. Raises BadSetting with the example."""
    value = value.strip()
    try:
        parts = urlsplit(value)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        raise BadSetting(f"{name} is {value!r}, which is no address. Write it like {example}.") from None
    if not (parts.scheme in DEFAULT_PORTS and host) or port == 0 or any(map(str.isspace, value)):
        raise BadSetting(f"{name} is {value!r}, which is no address. Write it like {example}.")
    if parts.username is not None or parts.query or parts.fragment:
        raise BadSetting(f"{name} holds a user name, a query or a fragment. Write only the address, like {example}.")
    shown = f"[{host}]" if ":" in host else host
    where = shown if port in (None, DEFAULT_PORTS[parts.scheme]) else f"{shown}:{port}"
    return f"{parts.scheme}://{where}{parts.path.rstrip('/')}"


def _parsed(name: str, default: str, parse: Callable[[str], T], fits: Callable[[T], bool], form: str, why: str) -> T:
    raw = text(name, default=default, why=why)
    try:
        value = parse(raw)
    except (ValueError, InvalidOperation):
        fitting = False
    else:
        fitting = fits(value)
    if not fitting:
        raise BadSetting(f"{name} is {raw!r}. Use {form}.")
    return value
