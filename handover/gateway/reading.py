"""Reads what the agent asks, and writes what the model is asked."""

import re
from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec import UNSET

from handover.gateway.bodies import DROPPED, Completion, StreamOptions
from handover.gateway.ledger import Usage
from handover.gateway.replies import not_let_through
from handover.gateway.tally import tokens_of
from handover.gateway.upstream import Upstream

MOST_DEPTH = 40
MOST_IMAGES = 50
# An image costs by its size in pixels, which we do not look at; this is beyond what a dear one costs.
TOKENS_OF_AN_IMAGE = 50_000
# Each message and each tool costs a few tokens beside its text.
TOKENS_AROUND = 8
LIMITS: Final = ("max_tokens", "max_completion_tokens")

_decoder = msgspec.json.Decoder(Completion)
_encoder = msgspec.json.Encoder()
_image = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}")


def read(body: bytes, *, model: str) -> Completion:
    """What the agent asks. Raises NotAnswered with a sentence that names the field where it cannot be let through."""
    try:
        asked = _decoder.decode(body)
    except RecursionError:
        raise not_let_through("it nests too deeply.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise not_let_through(f"{error}.") from None
    if asked.model != model:
        raise not_let_through(f"`model` must be {model!r}, the one that is configured.")
    _check_images(list(asked.images()))
    if any(_deeper(schema, MOST_DEPTH) for schema in asked.schemas()):
        raise not_let_through(f"a schema in `tools` or `response_format` nests deeper than {MOST_DEPTH}.")
    return asked


def _check_images(urls: list[str]) -> None:
    if len(urls) > MOST_IMAGES:
        raise not_let_through(f"`image_url` stands in it more than {MOST_IMAGES} times.")
    if not all(_image.fullmatch(url) for url in urls):
        raise not_let_through("`image_url` must be a data: URL in base64 of a PNG, JPEG, GIF or WebP image.")


def _deeper(value: object, levels: int) -> bool:
    inside: Iterable[object]
    match value:
        case dict():
            inside = value.values()
        case list():
            inside = value
        case _:
            return False
    return levels == 0 or any(_deeper(item, levels - 1) for item in inside)


def most_of(asked: Completion, *, size: int, upstream: Upstream) -> Usage:
    """What the call may use at the most, estimated on the high side. `size` is the body's, in bytes."""
    images = [len(url) for url in asked.images()]
    text = tokens_of(size - sum(images))
    around = TOKENS_AROUND * (len(asked.messages) + len(asked.tools or ()))
    seen = sum(min(tokens_of(length), TOKENS_OF_AN_IMAGE) for length in images)
    return Usage(input_tokens=text + around + seen, output_tokens=_wanted(asked, upstream))


def _wanted(asked: Completion, upstream: Upstream) -> int:
    return min((limit for name in LIMITS if (limit := getattr(asked, name))), default=upstream.answer_tokens)


def written(asked: Completion, *, upstream: Upstream, output_tokens: int) -> bytes:
    """The body that goes upstream: our model, an answer no longer than granted, and usage counted in streams."""
    changes: dict[str, object] = dict.fromkeys(DROPPED, UNSET)
    changes["model"] = upstream.model_upstream
    named = [name for name in LIMITS if getattr(asked, name)] or [upstream.limit_field]
    changes |= dict.fromkeys(LIMITS, UNSET) | dict.fromkeys(named, output_tokens)
    changes["stream_options"] = StreamOptions(include_usage=True) if asked.stream else UNSET
    return _encoder.encode(msgspec.structs.replace(asked, **changes))
