"""Text that Jira shows as it is: whatever its wiki markup would make something of is escaped.

What a backslash escapes: https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all
"""

import re

# Control characters but the tab and the line feed; halves of surrogate pairs are dealt with apart.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
NOTABLE = re.compile(r"[\\{}\[\]|*_\-+^~?!@&:;(]")
# Each may also go on in the neighbour that OTHER stands for. Addresses that Jira makes links of are among them.
SMILEY = re.compile(
    r"[:;](?:-?[()\ufffc]|-?[PD](?![A-Z0-9])|//)|\([a-z*/!+?-]{0,7}\ufffc"
    r"|\((?:[ynix/!+?-]|on|off|\*[rgby]?|flag|flagoff)\)",
    re.IGNORECASE,
)
ENTITY = re.compile(r"&#?[A-Za-z0-9]{0,32}[;\ufffc]")
LONGEST = 40
# What makes a list, a heading or a quotation of a line, up to the character to escape; our own marks may stand before.
LINE_START = re.compile(r"[ \t]*[*_-]{0,4}(?:(?=#)|(?:h[1-6]|bq)(?=\.))", re.IGNORECASE)
BACKSLASH = "&#92;"  # two backslashes would be a line break
# Stands for a neighbour that is neither letter nor space.
OTHER = "\N{OBJECT REPLACEMENT CHARACTER}"


def plain(text: str) -> str:
    """Any text, such as a branch's name or an error, for use in wiki markup. Lines stay lines."""
    lines = whole(text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line_start_escaped(escaped(line)) for line in lines)


def escaped(text: str, *, before: str = OTHER, after: str = OTHER) -> str:
    """Text within a line, between the characters `before` and `after` ("" at an end of the line)."""
    text = CONTROL.sub("", text).replace("\t", " ")

    around = f"{before}{text}{after}"

    def safe(match: re.Match[str]) -> str:
        at = match.start() + len(before)
        return _safe(match[0], around, at, around[at - 1 : at], around[at + 1 : at + 2])

    return NOTABLE.sub(safe, text)


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
    match character:
        case "*" | "_" | "-" | "+":
            # Between letters, or between spaces, they are only themselves: snake_case, well-known, 2 * 3.
            inside = previous.isalnum() and following.isalnum()
            return not (inside or (previous.isspace() and following.isspace()))
        case "?":
            return "?" in (previous, following) or OTHER in (previous, following)
        case "!":
            return bool(following) and not following.isspace()
        case "@":
            return not (previous.isascii() and previous.isalnum())
        case "&" | ":" | ";" | "(":
            return _begins_something(character, text, at)
    return True


def _begins_something(character: str, text: str, at: int) -> bool:
    return (ENTITY if character == "&" else SMILEY).match(text, at, at + LONGEST) is not None
