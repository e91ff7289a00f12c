"""What the forge keeps: people, tokens, repositories, pull requests."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from standins.forge.repositories import BareRepository

Access = Literal["read", "write"]


class Unknown(Exception):
    """The forge has no such repository or pull request."""


class AlreadyProposed(Exception):
    """A pull request from this branch to that is open already."""


def moment() -> str:
    """Now, as GitHub writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class User:
    """A person with an account."""

    id: int
    login: str
    name: str
    email: str
    # GitHub's "Keep my email addresses private".
    hides_email: bool = False
    created_at: str = field(default_factory=moment)


@dataclass
class Repository:
    """A repository and who may do what with it."""

    id: int
    path: str
    git: BareRepository
    access: dict[str, Access]
    archived: bool = False
    created_at: str = field(default_factory=moment)

    @property
    def owner(self) -> str:
        """The part of the path before the slash."""
        return self.path.partition("/")[0]

    @property
    def name(self) -> str:
        """The part of the path after the slash."""
        return self.path.partition("/")[2]


@dataclass
class PullRequest:
    """A proposal. While it is open its commits are those of the branch; `kept_head` holds the last one afterwards."""

    id: int
    number: int
    repository: Repository
    author: User
    head: str
    base: str
    title: str
    body: str
    draft: bool
    state: Literal["open", "closed"] = "open"
    created_at: str = field(default_factory=moment)
    closed_at: str | None = None
    merged_at: str | None = None
    merged_by: User | None = None
    merge_commit: str | None = None
    kept_head: str = ""
    kept_base: str = ""

    @property
    def standing(self) -> Literal["open", "merged", "closed"]:
        """How it stands, in one word."""
        return "merged" if self.merged_at else self.state

    @property
    def head_commit(self) -> str:
        """The last commit proposed."""
        return self.kept_head or self.repository.git.tip(self.head)

    @property
    def base_commit(self) -> str:
        """The commit that it is compared with."""
        return self.kept_base or self.repository.git.tip(self.base)


@dataclass(frozen=True)
class Request:
    """One request that reached the forge; `user` is the login, empty where none was accepted."""

    method: str
    path: str
    user: str
    status: int
