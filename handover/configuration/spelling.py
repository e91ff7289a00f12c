"""How words of the configuration are spelled."""

import re

from django.core.exceptions import ValidationError

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_MENTION = re.compile(r"@[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)


def mention_word(value: str) -> None:
    """Raises ValidationError where nobody could write it as a mention."""
    if not _MENTION.fullmatch(value):
        raise ValidationError("A mention is one word that begins with @, such as @openhands.")


def label_word(value: str) -> None:
    """Raises ValidationError where Jira takes no such label."""
    if any(map(str.isspace, value)):
        raise ValidationError("Labels in Jira have no spaces.")


def slug_word(value: str) -> None:
    """Raises ValidationError where it would not stand in an address."""
    if not _SLUG.fullmatch(value):
        raise ValidationError("Use small letters, digits and single hyphens, such as acme.")
