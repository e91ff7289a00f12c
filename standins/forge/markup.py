"""Makes HTML of what others wrote: everything is escaped, links go to the web only, pictures are not loaded."""

from html import escape
from urllib.parse import urlsplit

import mistletoe
from mistletoe import html_renderer, span_token


class SafeRenderer(html_renderer.HtmlRenderer):
    """Markdown without HTML of its own."""

    def __init__(self) -> None:
        super().__init__(process_html_tokens=False, html_escape_double_quotes=True)  # type: ignore[no-untyped-call]

    def render_link(self, token: span_token.Link) -> str:
        """A link to the web; any other becomes its words."""
        return self._linked(token.target, self.render_inner(token))

    def render_auto_link(self, token: span_token.AutoLink) -> str:
        """The same, for an address in angle brackets."""
        return self._linked(token.target, self.render_inner(token))

    def render_image(self, token: span_token.Image) -> str:
        """The picture's description."""
        return str(self.render_inner(token))

    def _linked(self, target: str, words: str) -> str:
        if urlsplit(target).scheme not in ("http", "https"):
            return words
        return f'<a href="{escape(target)}" rel="nofollow noreferrer">{words}</a>'


def text(markdown: str) -> str:
    """A pull request's body as HTML."""
    return str(mistletoe.markdown(markdown, SafeRenderer))


def diff(lines: str) -> str:
    """A unified diff as HTML: a sheet for each file."""
    files = ("\n" + lines).split("\ndiff --git ")[1:]
    return "".join(_file(file.splitlines()) for file in files)


def _file(lines: list[str]) -> str:
    start = next((number for number, line in enumerate(lines) if line.startswith("@@")), len(lines))
    name = lines[0].rpartition(" b/")[2]
    notes = [line for line in lines[1:start] if not line.startswith(("index ", "--- ", "+++ "))]
    heading = escape(" · ".join([name, *notes]))
    body = "".join(_line(line) for line in lines[start:])
    return f'<div class="sheet file"><h3>{heading}</h3><pre class="diff" tabindex="0">{body}</pre></div>'


def _line(line: str) -> str:
    kinds = {"+": "added", "-": "deleted", "@": "hunk"}
    return f'<span class="{kinds.get(line[:1], "same")}">{escape(line) or " "}</span>'
