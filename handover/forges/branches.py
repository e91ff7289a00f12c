"""The name of the branch that an issue's work is pushed to."""

import re
import unicodedata

LONGEST = 60
# Spelled out where taking the accent away would change the word.
_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "o", "å": "a", "ł": "l"})
# Jira links a branch to every issue key that it finds in the name: only the issue's own may stand there.
_KEY = re.compile(r"[a-z][a-z0-9_]+-\d+")


def branch_name(key: str, summary: str) -> str:
    """Such as `feature/PAY-1-total-ignores-quantities`: ASCII, at most LONGEST characters but for a longer key."""
    start = f"feature/{key}"
    slug = _slug(summary)
    room = max(0, LONGEST - len(start) - 1)
    if len(slug) > room:
        cut = slug[: room + 1]
        slug = cut.rpartition("-")[0] or cut[:room]
    return f"{start}-{slug}" if slug else start


def _slug(summary: str) -> str:
    plain = unicodedata.normalize("NFKD", summary.lower().translate(_SPELLED)).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", _KEY.sub(" ", plain)).strip("-").split("-")
    # A word before a number reads as a key again ("pay 2" becomes pay-2): the two are written as one word.
    joined: list[str] = []
    for word in filter(None, words):
        if word[0].isdigit() and joined:
            joined[-1] += word
        else:
            joined.append(word)
    return "-".join(joined)
