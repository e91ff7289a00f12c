"""Does a text mention the bot, and what does it say besides?"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from handover.jira.labels import Folded, folded
from handover.jira.quoted import Quoted

# Wiki marks, which may stand between a word and what is before or after it.
MARKS = "*_+-~^"
# Marks are looked through this far: *_bold and italic_* has two.
MOST_MARKS = 4
# After one of these a mention is part of an address, a path, a setting or another name.
JOINED_BEFORE = "@/\\.%&=#$"
# These join what comes after to the mention, where a letter or digit follows them.
JOINING_AFTER = ".-+%&=#$'’:~^*"
LINE_BLANK = " \t\u00a0"


@dataclass(frozen=True)
class Watch:
    """What asks for work on a connection, and whose own words never do."""

    mention: str
    label: str
    bot_name: str
    bot_key: str


def mentions(text: str, watch: Watch) -> str | None:
    """The instruction: the text around the mention, which may be empty; None where the bot is not mentioned."""
    if _pattern(watch.mention).search(text.replace("\0", "")) is None:
        return None
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    names = {folded(name) for name in (watch.bot_name, watch.bot_key) if name}
    found = [match for match in _pattern(watch.mention).finditer(text) if _calls(text, match, names)]
    if not found:
        return None
    quoted = Quoted(text)
    found = [match for match in found if match.start() not in quoted]
    return _without(text, found) if found else None


@lru_cache(maxsize=64)
def _pattern(mention: str) -> re.Pattern[str]:
    # ASCII, so that no look-alike letter counts as the other case of one. No part can be matched in two ways.
    picked = r"\[~(?:accountid:)?(?P<user>[^\[\]\n|]{1,255})\]"
    # Both begin with a character outside any group: the search then looks for these two characters alone.
    written = rf"{re.escape(mention[0])}(?P<word>{re.escape(mention[1:])})" if mention else r"(?!)(?P<word>)"
    return re.compile(rf"{picked}|{written}", re.IGNORECASE | re.ASCII)


def _calls(text: str, match: re.Match[str], names: set[Folded]) -> bool:
    if match.group("word") is not None:
        marks = _marks_before(text, match.start())
        return _free_before(text, match.start() - len(marks)) and _free_after(text, match.end(), marks)
    return folded(match.group("user")) in names and not _escaped(text, match.start())


def _marks_before(text: str, at: int) -> str:
    start = at
    while start > max(0, at - MOST_MARKS) and _is_mark(text[start - 1]):
        start -= 1
    return text[start:at]


def _is_mark(character: str) -> bool:
    # Editors leave invisible characters around what was picked or pasted.
    return character in MARKS or unicodedata.category(character) == "Cf"


def _free_before(text: str, at: int) -> bool:
    return at == 0 or not (_in_word(text[at - 1]) or text[at - 1] in JOINED_BEFORE)


def _free_after(text: str, at: int, marks: str) -> bool:
    rest = text[at : at + MOST_MARKS + 1]
    if marks and rest.startswith(marks[::-1]):
        # *@openhands*: what encloses the mention is no part of it.
        rest = rest[len(marks) :]
    while rest and unicodedata.category(rest[0]) == "Cf":
        rest = rest[1:]
    first, second = rest[:1] or " ", rest[1:2] or " "
    if first == "\\":
        return second == "\\"  # a line break; one alone escapes what follows
    if _in_word(first) or first in "/@":
        return False
    return not (first in JOINING_AFTER and _in_word(second)) or (first == ":" and not second.isdigit())


def _in_word(character: str) -> bool:
    kind = unicodedata.category(character)
    if kind == "Lo" and unicodedata.east_asian_width(character) == "W":
        return False  # Chinese, Japanese and Korean put no space around a name
    return character == "_" or character.isalnum() or kind.startswith("M")


def _escaped(text: str, at: int) -> bool:
    before = text[max(0, at - MOST_MARKS) : at]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _without(text: str, found: list[re.Match[str]]) -> str:
    """The text without the mentions, and without the gaps that they leave."""
    parts: list[str] = []
    end = 0
    for match in found:
        marks = _marks_before(text, match.start())
        enclosed = bool(marks) and text.startswith(marks[::-1], match.end())
        start = match.start() - (len(marks) if enclosed else 0)
        parts.append(text[end:start])
        end = match.end() + (len(marks) if enclosed else 0)
    return _joined([*parts, text[end:]])


def _joined(parts: list[str]) -> str:
    pieces: list[str] = []
    last = ""
    for part in parts:
        piece = _gap_closed(last, part) if pieces else part
        pieces += [piece.rstrip(LINE_BLANK)]
        last = piece if piece.strip(LINE_BLANK) else f"{last.rstrip(LINE_BLANK)[-1:]}{piece or ' '}"
    return "".join(pieces).strip()


def _gap_closed(before: str, after: str) -> str:
    """What follows a mention, as it reads on after the text before it."""
    rest = after.lstrip(LINE_BLANK)
    kept = before.rstrip(LINE_BLANK)
    if kept and not kept.endswith("\n"):
        apart = before != kept or after != rest or (_in_word(kept[-1]) and _in_word(rest[:1] or " "))
        return f" {rest}" if apart and rest and rest[0] not in ",;:.!?)\n" else rest
    if rest.startswith((",", ":", ";")):
        # "@openhands, please": the comma belonged to the name.
        rest = rest[1:].lstrip(LINE_BLANK)
    return rest.removeprefix("\n") if kept else rest
