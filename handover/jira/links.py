"""Addresses in wiki markup: only such as lead to the web or to a mailbox."""

import re
from urllib.parse import quote

from handover.jira.escaping import OTHER, escaped

GOOD = re.compile(r"https?://[^/?#]|mailto:[^?]", re.IGNORECASE)
BARE = re.compile(r"(?<![A-Za-z0-9])https?://[^\s<>\"`{}|\\^\[\]\x00-\x1f\ufffc]+", re.IGNORECASE)
# In an address these would end the link, or be markup of their own.
HARMFUL = re.compile(r"[\s\[\]{}|\\^!*()<>\"'`\x00-\x1f\x7f]|(?<![A-Za-z0-9])@")
ENDING = ".,;:!?'*_~"
# In a link's text Jira takes these for the link's own, escaped or not.
INSTEAD = str.maketrans("[]|", "()/")


def link(label: str, target: str) -> str:
    """A link with its text; only text where the address leads elsewhere."""
    label = " ".join(label.split()) or target
    if not GOOD.match(target):
        known = target in ("", label) or target.startswith("#")
        return escaped(label if known else f"{label} ({target})")
    address = _harmless(target)
    return f"[{address}]" if label == target else f"[{escaped(label.translate(INSTEAD))}|{address}]"


def with_bare_links(text: str, *, before: str, after: str) -> str:
    """The text escaped, but for the addresses in it, which Jira makes links of."""
    parts: list[str] = []
    end = 0
    for found in BARE.finditer(text):
        address = _without_ending(found[0])
        parts += [escaped(text[end : found.start()], before=before), f"[{_harmless(address)}]"]
        end = found.start() + len(address)
        before = OTHER
    return "".join([*parts, escaped(text[end:], before=before, after=after)])


def _without_ending(address: str) -> str:
    address = address.rstrip(ENDING)
    return address if "(" in address else address.rstrip(ENDING + ")")


def _harmless(address: str) -> str:
    return HARMFUL.sub(lambda match: quote(match[0], safe=""), address)
