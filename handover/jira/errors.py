"""What can go wrong between us and a Jira, and whether trying again may help."""

import functools
from typing import ClassVar


class JiraError(Exception):
    """Jira did not do what was asked. The message is a sentence for people."""

    again: ClassVar[bool] = False


class JiraUnavailable(JiraError):
    """Jira could not be reached, failed or asks to wait: the same call may succeed later.

    `retry_after` is in seconds, from 0 to 60; `status` is None where there was no answer.
    """

    again = True

    def __init__(self, message: str, *, retry_after: float = 0.0, status: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.status = status


class JiraRefused(JiraError):
    """Jira understood and said no. The message is Jira's own where it gave one."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status

    def __reduce__(self) -> tuple[object, ...]:
        # So that the engine's record of it can be read again.
        return functools.partial(type(self), status=self.status), (str(self),)


class JiraMissing(JiraRefused):
    """There is no such thing, or the bot may not see it: Jira answers 404 to both."""


class JiraAnonymous(JiraRefused):
    """The token is not accepted. Jira may well have answered, but as to anybody."""


class JiraUnreadable(JiraError):
    """The answer is not Jira's: a login page, a redirect, JSON without what must be in it."""
