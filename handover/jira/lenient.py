"""JSON into structs, whatever else is in it: a field of another type than wanted counts as absent."""

import json
from functools import cache
from types import UnionType
from typing import TypeVar, get_args, get_origin

import msgspec

S = TypeVar("S", bound=msgspec.Struct)


class NotJson(ValueError):
    """The bytes are no JSON object."""


@cache
def _decoder(into: type[S]) -> msgspec.json.Decoder[S]:
    return msgspec.json.Decoder(into)


def decoded(data: bytes, into: type[S]) -> S:
    """The object in `data`. Every field of `into` must have a default. Raises NotJson."""
    try:
        decoder: msgspec.json.Decoder[S] = _decoder(into)
        return decoder.decode(data)
    except (ValueError, RecursionError):
        # Half a surrogate pair or a number for a name: rare, so the slow way may look at everything.
        return _kept_object(parsed_object(data), into)


def decoded_list(data: bytes, into: type[S]) -> list[S]:
    """The objects of the array in `data`; what in it is no object is left out. Raises NotJson."""
    try:
        parsed = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NotJson("It is not JSON.") from error
    if not isinstance(parsed, list):
        raise NotJson("It is JSON, but no list.")
    return [_kept_object(item, into) for item in parsed if isinstance(item, dict)]


def parsed_object(data: bytes) -> dict[str, object]:
    """The object in `data`, as Python has it. Raises NotJson."""
    try:
        parsed = json.loads(data)
    except RecursionError as error:
        raise NotJson("It is nested too deeply.") from error
    except ValueError as error:
        raise NotJson("It is not JSON.") from error
    if not isinstance(parsed, dict):
        raise NotJson("It is JSON, but no object.")
    return parsed


def _kept_object(raw: dict[str, object], into: type[S]) -> S:
    fields = {field.name: _kept(raw.get(field.encode_name), field.type) for field in msgspec.structs.fields(into)}
    return into(**{name: value for name, value in fields.items() if value is not None})


def _kept(value: object, wanted: object) -> object:
    """The value, as far as it is what is wanted; None for what is not."""
    options = get_args(wanted)
    if get_origin(wanted) is tuple:
        return _kept_items(value, options[0])
    if get_origin(wanted) is dict:
        return value if isinstance(value, dict) else None
    if get_origin(wanted) is UnionType:
        return next((kept for option in options if (kept := _kept(value, option)) is not None), None)
    if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
        return _kept_object(value, wanted) if isinstance(value, dict) else None
    if isinstance(value, str) and wanted is str:
        return _whole(value)
    # Not isinstance: to Python, true is a whole number.
    return value if type(value) is wanted else None


def _kept_items(value: object, wanted: object) -> tuple[object, ...]:
    items = value if isinstance(value, list) else []
    return tuple(kept for item in items if (kept := _kept(item, wanted)) is not None)


def _whole(text: str) -> str:
    """The text without halves of surrogate pairs, which no database and no UTF-8 can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
