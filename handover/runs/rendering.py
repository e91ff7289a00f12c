"""Text that comes from an agent or from Jira, made safe and fit to show."""

import html
import re
import threading
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from mistletoe.block_token import Document, Heading, Table
from mistletoe.html_renderer import HtmlRenderer
from mistletoe.span_token import AutoLink, Image, Link

HEAD_LINES = 12
HEAD_CHARACTERS = 1_200
MOST_CHARACTERS = 50_000
MOST_MARKDOWN_CHARACTERS = 20_000
# The parser's time grows with the square of these: 20,000 of them took 5 s.
MOST_BRACKETS = 600
LEVELS_ABOVE = 2  # a page has its own first and second headings

_TERMINAL_CODES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
# Control characters, and those that reverse the order of what follows: with them a text can look like another.
_DECEIVING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

# The parser keeps what it knows in its modules: one text at a time.
_parsing = threading.Lock()


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


def to_html(markdown: str, *, trusted: Collection[str]) -> str:
    """Safe HTML of the Markdown. Only addresses below one of `trusted` become links; others stay text, written out."""
    text = seen(markdown[:MOST_MARKDOWN_CHARACTERS])
    if text.count("[") + text.count("]") > MOST_BRACKETS:
        return _as_it_is(text)
    try:
        with _parsing, _Renderer(trusted) as renderer:
            return str(renderer.render(Document(text)))
    except RecursionError:  # quotes in quotes in quotes
        return _as_it_is(text)


def below(address: str, trusted: Collection[str]) -> bool:
    """Whether the address is an http(s) one on a scheme, host and port of `trusted`."""
    return _origin(address) in {_origin(each) for each in trusted} - {None}


def _as_it_is(text: str) -> str:
    return f"<pre>{html.escape(text)}</pre>"


def _origin(address: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    # What a browser reads otherwise than we do is not followed.
    if re.search(r"[\s\\@]", address) or parts.scheme not in ("http", "https"):
        return None
    return parts.scheme, parts.netloc.lower()


class _Renderer(HtmlRenderer):
    def __init__(self, trusted: Collection[str]) -> None:
        super().__init__(process_html_tokens=False)  # type: ignore[no-untyped-call]
        self._trusted = trusted

    def render_link(self, token: Link | AutoLink) -> str:
        inner, target = self.render_inner(token), token.target
        if below(target, self._trusted):
            return f'<a href="{self.escape_url(target)}" rel="noreferrer">{inner}</a>'
        written = html.escape(target)
        return inner if inner == written else f"{inner} ({written})"

    def render_auto_link(self, token: AutoLink) -> str:
        return self.render_link(token)

    def render_image(self, token: Image) -> str:
        return f"{self.render_to_plain(token)} ({html.escape(token.src)})"

    def render_heading(self, token: Heading) -> str:
        level = min(token.level + LEVELS_ABOVE, 6)
        return f"<h{level}>{self.render_inner(token)}</h{level}>"

    def render_table(self, token: Table) -> str:
        return f'<div class="wide">{super().render_table(token)}</div>'
