"""How words of the configuration are spelled. Each raises ValidationError with a sentence."""

import ipaddress
import re

from django.core.exceptions import ValidationError

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_MENTION = re.compile(r"@[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
_SECRET = re.compile(r"[!-~]+", re.ASCII)
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
# https://confluence.atlassian.com/adminjiraserver/changing-the-project-key-format-938847081.html
_PROJECT = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)


def mention_word(value: str) -> None:
    """Nobody could write it as a mention."""
    if not _MENTION.fullmatch(value):
        raise ValidationError("A mention is one word that begins with @, such as @openhands.")


def one_word(value: str) -> None:
    """It has spaces."""
    if any(map(str.isspace, value)):
        raise ValidationError("This is one word, without spaces.")


def slug_word(value: str) -> None:
    """It would not stand in an address."""
    if not _SLUG.fullmatch(value):
        raise ValidationError("Use small letters, digits and single hyphens, such as acme.")


def secret_word(value: str) -> None:
    """It cannot be sent in a header."""
    if not _SECRET.fullmatch(value):
        raise ValidationError(
            "A token, a key or a secret is one word of ASCII letters, digits and signs. Copy it once more."
        )


def host_name(value: str) -> None:
    """It is no name of a machine, and no address of one."""
    if not _HOST.fullmatch(value) and not _is_address(value):
        raise ValidationError("Only the name of the machine, such as mail.example.com.")


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def project_key(value: str) -> None:
    """It is no key of a project."""
    if not _PROJECT.fullmatch(value):
        raise ValidationError(f"{value!r} is no project key. Write keys such as PAY, WEB, with commas between them.")


def group_name(value: str) -> None:
    """It is no name that Jira takes."""
    if len(value) > 255 or ";" in value:
        raise ValidationError(f"{value[:80]!r} is no group's name. Write one a line, or commas between them.")
