"""Text that comes from an agent or from Jira, made safe and fit to show."""

import html
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from handover.lib import markdown

HEAD_LINES = 12
HEAD_CHARACTERS = 1_200
MOST_CHARACTERS = 50_000
MOST_MARKDOWN_CHARACTERS = 20_000
LEVELS_ABOVE = 2  # a page has its own first and second headings

_TERMINAL_CODES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
# Control characters, and those that reverse the order of what follows: with them a text can look like another.
_DECEIVING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Parted:
    """A long text: what is shown at once, and what on demand. `cut` where even that is not all."""

    head: str
    rest: str
    more: str
    cut: bool


def seen(text: str) -> str:
    """The text without terminal codes, its line ends one kind, deceiving characters made visible."""
    text = _TERMINAL_CODES.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _DECEIVING.sub("\N{REPLACEMENT CHARACTER}", text)


def parted(text: str) -> Parted:
    """The text's beginning and its rest, parted at a line's end where one is near."""
    whole = seen(text[:MOST_CHARACTERS]).strip("\n")
    lines = whole.split("\n")
    head = "\n".join(lines[:HEAD_LINES])[:HEAD_CHARACTERS]
    rest = whole[len(head) :].removeprefix("\n")
    left = rest.count("\n") + 1
    more = f"{left:,} more lines" if left > 1 else f"{len(rest):,} more characters"
    return Parted(head=head, rest=rest, more=more, cut=len(text) > MOST_CHARACTERS)


def to_html(written: str, *, trusted: Collection[str]) -> str:
    """Safe HTML of the Markdown. Only addresses below one of `trusted` become links; others stay text, written out."""
    text = seen(written[:MOST_MARKDOWN_CHARACTERS])
    parser = _parser(*markdown.rules(text))
    tokens = parser.parse(text)
    if markdown.too_deep(tokens):
        return f"<pre>{html.escape(text)}</pre>"
    # Once more, because an entity can stand for a deceiving character.
    return seen(str(parser.renderer.render(list(_blocks(tokens, trusted)), parser.options, {})))


def below(address: str, trusted: Collection[str]) -> bool:
    """Whether the address is an http(s) one on a scheme, host and port of `trusted`."""
    return _origin(address) in {_origin(each) for each in trusted} - {None}


def _origin(address: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    # What a browser reads otherwise than we do is not followed.
    if re.search(r"[\s\\@]", address) or parts.scheme not in ("http", "https"):
        return None
    return parts.scheme, parts.netloc.lower()


class _Parser(MarkdownIt):
    """Takes every address for one, as it was written: which become links is decided afterwards."""

    def validateLink(self, url: str) -> bool:  # noqa: N802  the parser's own name for it
        return True

    def normalizeLink(self, url: str) -> str:  # noqa: N802  the parser's own name for it
        return url


@cache
def _parser(*rules: str) -> _Parser:
    parser = _Parser("commonmark", {"html": False, "linkify": False, "maxNesting": markdown.DEEPEST})
    parser.enable(rules)
    return parser


def _blocks(tokens: Iterable[Token], trusted: Collection[str]) -> Iterator[Token]:
    for token in tokens:
        match token.type:
            case "heading_open" | "heading_close":
                yield token.copy(tag=f"h{min(int(token.tag[1:]) + LEVELS_ABOVE, 6)}")
            case "table_open":
                yield from (_of_ours('<div class="wide">'), token)
            case "table_close":
                yield from (token, _of_ours("</div>\n"))
            case "th_open" | "td_open":
                # The pages allow no style attributes.
                yield token.copy(attrs={"align": str(token.attrGet("style") or "left").removeprefix("text-align:")})
            case "inline":
                yield token.copy(children=list(_spans(token.children or [], trusted)))
            case _:
                yield token


def _spans(tokens: Iterable[Token], trusted: Collection[str]) -> Iterator[Token]:
    following = iter(tokens)
    for token in following:
        match token.type:
            case "link_open":
                words = takewhile(lambda each: each.type != "link_close", following)
                yield from _link(token, list(_spans(words, trusted)), trusted)
            case "image":
                yield _text(f"{_plain(token.children or [])} ({token.attrGet('src')})")
            case _:
                yield token


def _link(opening: Token, words: list[Token], trusted: Collection[str]) -> Iterator[Token]:
    target = str(opening.attrGet("href") or "")
    if opening.info == "auto":
        # The parser would show it decoded.
        words = [_text(target.removeprefix("mailto:"))]
    if below(target, trusted):
        yield from (opening.copy(attrs={"href": target, "rel": "noreferrer"}), *words, Token("link_close", "a", -1))
    elif opening.info == "auto" or _plain(words) == target:
        yield from words
    else:
        yield from (*words, _text(f" ({target})"))


def _plain(tokens: Iterable[Token]) -> str:
    return "".join(_plain(each.children) if each.children else each.content or " " * _is_break(each) for each in tokens)


def _is_break(token: Token) -> bool:
    return token.type in ("softbreak", "hardbreak")


def _text(words: str) -> Token:
    return Token("text", "", 0, content=words)


def _of_ours(markup: str) -> Token:
    return Token("html_block", "", 0, content=markup)
