"""What Jira refuses in texts."""

from standins.jira.refusals import invalid
from standins.jira.rest.call import Call


def checked(call: Call, text: str, *, field: str) -> str:
    """The text, if it is short enough. Java counts UTF-16 units."""
    limit = call.jira.settings.text_limit
    if limit and len(text.encode("utf-16-le")) // 2 > limit:
        words = f"The entered text is too long. It exceeds the allowed limit of {limit:,} characters."
        raise invalid(**{field: words})
    return text


def checked_label(label: object) -> str:
    """A label, if it is one."""
    text = str(label)
    if any(character.isspace() for character in text):
        raise invalid(labels=f"The label '{text}' contains spaces which is invalid.")
    if not text or len(text) > 255:
        raise invalid(labels=f"The label '{text}' exceeds the maximum length for labels of 255 characters.")
    return text
