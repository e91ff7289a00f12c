"""The mark of a test delivery: in a comment of the bot's own it proves that Jira delivers, and starts nothing. Pure."""

import re

MARK = re.compile(r"\bhandover-test:([0-9a-f]{32})\b", re.ASCII)


def mark(token: str) -> str:
    """What the bot's comment contains. `token` is 32 hexadecimal digits that nobody can guess."""
    text = f"handover-test:{token}"
    if not MARK.fullmatch(text):
        raise ValueError("A test's token is 32 lower-case hexadecimal digits.")
    return text


def token_in(text: str) -> str | None:
    """The token of the first mark in the text."""
    found = MARK.search(text)
    return found.group(1) if found else None


def dedupe_key(token: str) -> str:
    """By what the journal knows the test."""
    return f"test:{token}"
