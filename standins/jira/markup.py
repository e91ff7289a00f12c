"""Jira's wiki markup as HTML, for people who read. All text is escaped; only this module writes tags.

https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all
"""

import re
from collections.abc import Iterator
from html import escape

from standins.jira.markup_inline import inline

LANGUAGES = (
    "actionscript, ada, applescript, bash, c, c#, c++, cpp, css, erlang, go, groovy, haskell, html, java, javascript,"
    " js, json, lua, none, nyan, objc, perl, php, python, r, rainbow, ruby, scala, sh, sql, swift, visualbasic, xml,"
    " yaml"
)
TAG = re.compile(r"\{(code|noformat|quote|panel)(?::([^}\n]{0,200}))?\}")
HEADING = re.compile(r"h([1-6])\.\s+(.*)")
ITEM = re.compile(r"([*#]+|-)\s+(.*)")
MOST_DEPTH = 6


def to_html(text: str) -> str:
    """The HTML of a text as it is stored."""
    return _blocks(text.replace("\r\n", "\n").replace("\r", "\n"), depth=0)


def _blocks(text: str, *, depth: int) -> str:
    parts: list[str] = []
    at = 0
    for opening, closing in _macros(text) if depth < MOST_DEPTH else ():
        parts.append(_lines(text[at : opening.start()]))
        body = text[opening.end() : closing.start()]
        parts.append(_macro(opening[1], opening[2] or "", body, depth=depth))
        at = closing.end()
    return "".join([*parts, _lines(text[at:])])


def _macros(text: str) -> Iterator[tuple[re.Match[str], re.Match[str]]]:
    """The outermost macros: where each opens and closes. One that is never closed is text."""
    tags = list(TAG.finditer(text))
    following: dict[str, int] = {}
    closers: list[int | None] = [None] * len(tags)
    for number in range(len(tags) - 1, -1, -1):
        closers[number] = following.get(tags[number][1])
        if tags[number][2] is None:
            following[tags[number][1]] = number
    number = 0
    while number < len(tags):
        closer = closers[number]
        if closer is not None:
            yield tags[number], tags[closer]
        number = (number if closer is None else closer) + 1


def _macro(name: str, parameters: str, body: str, *, depth: int) -> str:
    if name == "noformat":
        return f"<pre>{escape(body.strip(chr(10)))}</pre>"
    if name == "code":
        return _code(parameters, body)
    if name == "quote":
        return f"<blockquote>{_blocks(body, depth=depth + 1)}</blockquote>"
    title = _parameter(parameters, "title")
    heading = f"<b>{inline(title)}</b>" if title else ""
    return f'<div class="panel">{heading}{_blocks(body, depth=depth + 1)}</div>'


def _code(parameters: str, body: str) -> str:
    first = parameters.partition("|")[0].strip().lower()
    language = "" if "=" in first else first
    note = ""
    if language and language not in LANGUAGES.split(", "):
        words = f"Unable to find source-code formatter for language: {language}. Available languages are: {LANGUAGES}"
        note = f'<p class="note">{escape(words)}</p>'
    title = _parameter(parameters, "title")
    heading = f"<b>{escape(title)}</b>" if title else ""
    return f"{heading}{note}<pre><code>{escape(body.strip(chr(10)))}</code></pre>"


def _parameter(parameters: str, name: str) -> str:
    pairs = (part.partition("=") for part in parameters.split("|"))
    return next((value.strip() for key, _, value in pairs if key.strip() == name), "")


def _lines(text: str) -> str:
    return "".join(_block(block) for block in _grouped(text.split("\n")))


def _grouped(lines: list[str]) -> Iterator[list[str]]:
    """Lines that belong together: a list, a table, a paragraph, or one line alone."""
    group: list[str] = []
    for line in lines:
        if group and _kind(line) != _kind(group[-1]):
            yield group
            group = []
        if _kind(line) == "alone":
            yield [line]
        elif line.strip():
            group.append(line)
    if group:
        yield group


def _kind(line: str) -> str:
    text = line.strip()
    if not text:
        return "empty"
    if HEADING.fullmatch(text) or text.startswith("bq. ") or text == "----":
        return "alone"
    if ITEM.fullmatch(text):
        return "list"
    return "table" if text.startswith("|") else "text"


def _block(lines: list[str]) -> str:
    text = lines[0].strip()
    match _kind(text):
        case "list":
            return _list(lines)
        case "table":
            return "<table>" + "".join(_row(line.strip()) for line in lines) + "</table>"
        case "alone":
            return _alone(text)
    return "<p>" + "<br>".join(inline(line) for line in lines) + "</p>"


def _alone(text: str) -> str:
    if text == "----":
        return "<hr>"
    if found := HEADING.fullmatch(text):
        # The page has an h1 and h2 of its own.
        level = min(int(found[1]) + 2, 6)
        return f"<h{level}>{inline(found[2])}</h{level}>"
    return f"<blockquote><p>{inline(text.removeprefix('bq. '))}</p></blockquote>"


def _list(lines: list[str]) -> str:
    parts: list[str] = []
    open_lists: list[str] = []
    for line in lines:
        found = ITEM.fullmatch(line.strip())
        assert found
        wanted = ["ol" if mark == "#" else "ul" for mark in found[1][:MOST_DEPTH]]
        parts += _steps(open_lists, wanted)
        parts.append(f"<li>{inline(found[2])}")
        open_lists = wanted
    return "".join([*parts, *_closed(open_lists)])


def _steps(present: list[str], wanted: list[str]) -> list[str]:
    """The tags between one item and the next."""
    common = 0
    while common < min(len(present), len(wanted)) and present[common] == wanted[common]:
        common += 1
    closing = _closed(present[common:])
    if common == len(wanted):
        return [*closing, "</li>"]
    # A level that is skipped over needs an item to stand in.
    return [*closing, *("<li>" * (number > common) + f"<{wanted[number]}>" for number in range(common, len(wanted)))]


def _closed(lists: list[str]) -> list[str]:
    return [f"</li></{tag}>" for tag in reversed(lists)]


def _row(line: str) -> str:
    is_head = line.startswith("||")
    cells = line.strip("|").split("||" if is_head else "|")
    tag = "th" if is_head else "td"
    return "<tr>" + "".join(f"<{tag}>{inline(cell.strip())}</{tag}>" for cell in cells) + "</tr>"
