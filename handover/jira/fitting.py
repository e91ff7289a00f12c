"""Wiki markup within the length that a Jira takes."""

import re

CUT = "_Cut here: the text is longer than a comment may be._"
TAG = re.compile(r"\\.|\{(code|noformat|quote)(?::[^{}\n]{0,500})?\}", re.DOTALL)
# Room for the note and for what may have to be closed.
TO_CLOSE = "\n{noformat}\n{quote}\n\n" + CUT


def fits(text: str, limit: int = 32767) -> str:
    """The text, cut at a line where it is longer than `limit` UTF-16 units, as Jira counts them; 0 is no limit."""
    if limit <= 0 or units(text) <= limit:
        return text
    room = limit - units(TO_CLOSE)
    if room <= 0:
        return _first(text, limit)
    kept = cut_at_line(_first(text, room), room).rstrip()
    closing = "".join(f"\n{{{name}}}" for name in _open_at_end(kept))
    return f"{kept}{closing}\n\n{CUT}"


def units(text: str) -> int:
    """The length in UTF-16 units: Java's."""
    return len(text) + sum(character > "\uffff" for character in text)


def cut_at_line(text: str, most: int) -> str:
    """At most so many characters, up to the end of a line; within the line where that would lose more than half."""
    kept = text[:most]
    line_end = kept.rfind("\n")
    if line_end > most // 2:
        return kept[:line_end]
    return re.sub(r"(?:\\|\{[^{}\n]{0,500})\Z", "", kept)


def _first(text: str, most: int) -> str:
    """As much of the text as `most` UTF-16 units hold."""
    return text.encode("utf-16-le", "surrogatepass")[: most * 2].decode("utf-16-le", "ignore")


def _open_at_end(text: str) -> list[str]:
    """The macros that the text leaves open, innermost first. Code holds no macro but its own end."""
    opened: list[str] = []
    for tag in TAG.finditer(text):
        name = tag[1]
        if not name:
            continue
        if name in opened:
            del opened[opened.index(name) :]
        elif not opened or opened[-1] == "quote":
            opened.append(name)
    return opened[::-1]
