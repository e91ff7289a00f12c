"""Text that Jira shows as it is: whatever its wiki markup would make something of is escaped.

What a backslash escapes: https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all
"""

import re

# Control characters but the tab and the line feed; halves of surrogate pairs are dealt with apart.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
NOTABLE = re.compile(r"[\\{}\[\]|*_\-+^~?!@&:;(]")
ALWAYS = frozenset("{}[]|^~")
# Between two letters or between two spaces these are only themselves: snake_case, well-known, 2 * 3.
PHRASE = frozenset("*_-+")
SMILEY = re.compile(r"[:;](?:-?[()]|-?[PDpd](?![A-Za-z0-9])|//)|\((?:[ynix/!+?-]|on|off|\*[rgby]?|flag|flagoff)\)", re.IGNORECASE)
ENTITY = re.compile(r"&#?[A-Za-z0-9]{1,32};")
# What makes a list, a heading or a quotation of a line, up to the character to escape.
LINE_START = re.compile(r"([ \t]*)(?:(?=#)|(h[1-6]|bq)(?=\.))", re.IGNORECASE)
BACKSLASH = "&#92;"  # two backslashes would be a line break
# Stands for a neighbour that is neither letter nor space.
OTHER = "\N{OBJECT REPLACEMENT CHARACTER}"


def plain(text: str) -> str:
    """Any text, such as a branch's name or an error, for use in wiki markup. Lines stay lines."""
    lines = whole(text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line_start_escaped(escaped(line)) for line in lines)


def escaped(text: str, *, before: str = OTHER, after: str = OTHER) -> str:
    """Text within a line, between the characters `before` and `after` ("" at an end of the line)."""

    def safe(match: re.Match[str]) -> str:
        at = match.start()
        previous = text[at - 1] if at else before
        following = text[at + 1] if at + 1 < len(text) else after
        return _safe(match[0], text, at, previous, following)

    return NOTABLE.sub(safe, CONTROL.sub("", text).replace("\t", " ") if CONTROL.search(text) else text)


def line_start_escaped(line: str) -> str:
    """The escaped text as the beginning of a line."""
    found = LINE_START.match(line)
    return f"{line[: found.end()]}\\{line[found.end() :]}" if found else line


def whole(text: str) -> str:
    """The text without halves of surrogate pairs, which no UTF-8 can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _safe(character: str, text: str, at: int, previous: str, following: str) -> str:
    if character == "\\":
        return character if following.isascii() and following.isalnum() else BACKSLASH
    return f"\\{character}" if _means_something(character, text, at, previous, following) else character


def _means_something(character: str, text: str, at: int, previous: str, following: str) -> bool:
    if character in ALWAYS:
        return True
    if character in PHRASE:
        return not (_inside_word(previous, following) or (previous.isspace() and following.isspace()))
    match character:
        case "?":
            return previous in ("?", OTHER) or following in ("?", OTHER)
        case "!":
            return not (following == "" or following.isspace())
        case "@":
            return not previous.isalnum()
        case "&":
            return ENTITY.match(text, at) is not None
    return SMILEY.match(text, at) is not None or (character in ":;(" and following == OTHER)


def _inside_word(previous: str, following: str) -> bool:
    return previous.isalnum() and following.isalnum()
