"""A webhook as Handover wants it, and as Jira keeps it."""

from dataclasses import dataclass, field
from datetime import datetime

NAME = "OpenHands"
EVENTS = (
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
)


@dataclass(frozen=True)
class Wanted:
    """The webhook as it must be: global, active, for EVENTS, with bodies and signed."""

    url: str
    secret: str = field(repr=False)
    name: str = NAME


@dataclass(frozen=True)
class Registered:
    """A webhook as Jira tells of it. None wherever it does not tell.

    `secret` is what Jira shows of it: the secret itself, a mask, "" or nothing. `filters` is whatever narrows it down.
    """

    id: str
    name: str
    url: str
    events: frozenset[str] | None = None
    active: bool | None = None
    scope: str | None = None
    excludes_body: bool | None = None
    secret: str | None = field(default=None, repr=False)
    filters: str = ""


@dataclass(frozen=True)
class Attempt:
    """One attempt of Jira's to deliver: `outcome` in its words, such as SUCCESS, with its description, such as 403."""

    event: str
    at: datetime | None
    outcome: str
    description: str


@dataclass(frozen=True)
class Statistics:
    """Jira's own count of its deliveries. `failures` were answered with no 2xx, `errors` not at all."""

    successes: int
    failures: int
    errors: int
    last_success: Attempt | None = None
    last_failure: Attempt | None = None
    last_error: Attempt | None = None
