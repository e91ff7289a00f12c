"""Wiki markup within a line."""

import re
from collections.abc import Callable
from html import escape
from urllib.parse import urlsplit

MOST_DEPTH = 6
SIGNS = {"(/)": "✔", "(x)": "✘", "(!)": "⚠", "(?)": "❓", "(i)": "ℹ", "(y)": "👍", "(n)": "👎", ":)": "🙂", ":(": "🙁"}
COLOURS = ("red", "green", "blue", "orange", "purple", "grey", "gray")
SPECIAL = r"[{}\[\]*_+\-|!?~^(:#]"
ESCAPED = re.compile(rf"\\({SPECIAL})")
# What each named group finds is what the function of that name makes HTML of.
MARKUP = re.compile(
    r"(?P<newline>\\\\)"
    rf"|\\(?P<escaped>{SPECIAL})"
    r"|\{\{(?P<mono>(?:\\[^\n]|[^\\\n]){1,500}?)\}\}"
    r"|\{color:(?P<colour>[^}\n]{3,20})\}(?P<coloured>[^\n]{0,2000}?)\{color\}"
    r"|\[~(?P<user>[^\]\n]{1,100})\]"
    r"|\[(?P<link>[^\]\n]{1,1000})\]"
    r"|(?P<address>https?://[^\s<>\"'|\]\[{}*]{1,2000})"
    r"|(?<!\w)\*(?P<bold>(?=\S)[^*\n]+(?<=\S))\*(?!\w)"
    r"|(?<!\w)_(?P<italic>(?=\S)[^_\n]+(?<=\S))_(?!\w)"
    r"|(?<![\w-])-(?P<struck>(?=[^\s-])[^\-\n]+(?<=\S))-(?![\w-])"
    r"|(?<![\w+])\+(?P<inserted>(?=[^\s+])[^+\n]+(?<=\S))\+(?![\w+])"
    r"|(?P<sign>\((?:/|x|!|\?|i|y|n)\)|:\)|:\()"
)
TAGS = {"bold": "b", "italic": "em", "struck": "del", "inserted": "ins"}


def inline(text: str, *, depth: int = 0) -> str:
    """The HTML of a line."""
    if depth >= MOST_DEPTH:
        return escape(text)
    parts: list[str] = []
    at = 0
    for found in MARKUP.finditer(text):
        parts += [escape(text[at : found.start()]), _marked(found, depth=depth)]
        at = found.end()
    return "".join([*parts, escape(text[at:])])


def _marked(found: re.Match[str], *, depth: int) -> str:
    # `lastgroup` is the last to have matched: for a colour, its text.
    kind = found.lastgroup or ""
    inner = found[kind]
    if kind in TAGS:
        return f"<{TAGS[kind]}>{inline(inner, depth=depth + 1)}</{TAGS[kind]}>"
    if kind == "coloured":
        return _coloured(found["colour"], inline(inner, depth=depth + 1))
    return SIMPLE[kind](inner)


def _coloured(colour: str, html: str) -> str:
    # The pages allow no style attributes: the few colours that people use are classes.
    name = colour.strip().lower()
    return f'<span class="{name}">{html}</span>' if name in COLOURS else html


def _link(inner: str) -> str:
    words, _, target = inner.rpartition("|")
    target = target.strip()
    if urlsplit(target).scheme not in ("http", "https", "mailto"):
        return escape(f"[{inner}]")
    return f'<a href="{escape(target)}" rel="nofollow noreferrer">{escape(words or target)}</a>'


def _address(address: str) -> str:
    kept = address.rstrip(".,;:!?)")
    return f'<a href="{escape(kept)}" rel="nofollow noreferrer">{escape(kept)}</a>{escape(address[len(kept) :])}'


def _mono(inner: str) -> str:
    # Of all markup only the escapes mean something here.
    return f"<code>{escape(ESCAPED.sub(lambda found: found[1], inner))}</code>"


SIMPLE: dict[str, Callable[[str], str]] = {
    "newline": lambda _: "<br>",
    "escaped": escape,
    "mono": _mono,
    "user": lambda inner: f'<span class="person">@{escape(inner)}</span>',
    "link": _link,
    "address": _address,
    "sign": lambda inner: SIGNS[inner],
}
