"""What a Jira keeps. Moments are seconds since the epoch; ids are digits, as in Jira's JSON."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class User:
    """An account. `key` never changes, `name` may."""

    key: str
    name: str
    display_name: str
    email: str
    administrator: bool = False
    groups: frozenset[str] = frozenset()
    time_zone: str = "Etc/UTC"
    active: bool = True


@dataclass(frozen=True)
class Visibility:
    """Who may read a comment: the members of a project role or of a group."""

    type: Literal["role", "group"]
    value: str


@dataclass
class Project:
    """A project. `members` are user keys, None is everyone with an account; `public` lets nobody in particular read."""

    id: str
    key: str
    name: str
    lead: User
    members: frozenset[str] | None = None
    public: bool = False
    roles: dict[str, frozenset[str]] = field(default_factory=dict)
    issues_made: int = 0


@dataclass
class Comment:
    """A comment. `reactions` maps an emoji's code point to user keys."""

    id: str
    issue_id: str
    author: User
    body: str
    created: float
    updated: float
    update_author: User
    visibility: Visibility | None = None
    properties: dict[str, object] = field(default_factory=dict)
    reactions: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """One field before and after."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class History:
    """What one edit changed."""

    id: str
    author: User
    created: float
    changes: tuple[Change, ...]


@dataclass
class RemoteLink:
    """A link to something elsewhere, as it was sent. `global_id` is the sender's own name for it."""

    id: int
    global_id: str
    sent: dict[str, object]

    @property
    def object(self) -> dict[str, object]:
        """What is linked: url, title, summary, status."""
        found = self.sent.get("object")
        return found if isinstance(found, dict) else {}

    @property
    def url(self) -> str:
        """Where it leads."""
        return str(self.object.get("url", ""))

    @property
    def title(self) -> str:
        """What it is called."""
        return str(self.object.get("title", ""))


@dataclass
class Issue:
    """An issue. Labels are kept sorted, as Jira shows them."""

    id: str
    key: str
    project: Project
    type_name: str
    summary: str
    description: str | None
    reporter: User
    created: float
    updated: float
    labels: list[str] = field(default_factory=list)
    comments: dict[str, Comment] = field(default_factory=dict)
    histories: list[History] = field(default_factory=list)
    links: list[RemoteLink] = field(default_factory=list)
    properties: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Token:
    """A personal access token."""

    id: str
    user_key: str
    name: str
    raw: str
    created: float
    expires: float | None


@dataclass(frozen=True)
class Request:
    """One request that was answered. `user` is a user name, or `anonymous`."""

    method: str
    path: str
    user: str
    status: int
    at: float
