"""Makes HTML of what others wrote: everything is escaped, links go to the web only, pictures are not loaded."""

from collections.abc import Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802  the parser's own name for it
        """Every address is one; those to elsewhere than the web become their words."""
        return True


class _SafeRenderer(RendererHTML):
    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """A link to the web; any other becomes its words."""
        target = str(tokens[idx].attrGet("href"))
        return f'<a href="{escape(target)}" rel="nofollow noreferrer">' if _leads_to_the_web(target) else ""

    def link_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """The end of such a link."""
        opening = next(tokens[at] for at in range(idx, -1, -1) if tokens[at].type == "link_open")
        return "</a>" if _leads_to_the_web(str(opening.attrGet("href"))) else ""

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """The picture's description."""
        return escape(self.renderInlineAsText(tokens[idx].children, options, env))

    def td_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """A cell. The pages allow no style attributes."""
        style = str(tokens[idx].attrs.pop("style", "text-align:left"))
        tokens[idx].attrSet("align", style.removeprefix("text-align:"))
        return self.renderToken(tokens, idx, options, env)

    th_open = td_open


_PARSER = _Parser("commonmark", {"html": False}, renderer_cls=_SafeRenderer).enable(["table", "strikethrough"])


def text(markdown: str) -> str:
    """A pull request's body as HTML."""
    return str(_PARSER.render(markdown))


def _leads_to_the_web(address: str) -> bool:
    return address.lower().startswith(("http://", "https://"))


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
