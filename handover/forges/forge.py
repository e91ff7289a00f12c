"""What every forge can do for a member: the words, and the ways in which it says no."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal


class ForgeError(Exception):
    """The forge did not do what was asked. The message is a sentence for people."""


class ForgeUnavailable(ForgeError):
    """No answer now, or not now: worth another try, after `retry_after` seconds where the forge named a time."""

    def __init__(self, sentence: str, *, retry_after: float = 0.0) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class ForgeRefused(ForgeError):
    """The forge understood and said no; `status` is its HTTP status, 0 where there was none."""

    def __init__(self, sentence: str, *, status: int = 0) -> None:
        super().__init__(sentence)
        self.status = status


class ForgeMissing(ForgeRefused):
    """It does not exist, or this account may not see it: a forge does not tell which."""


class ForgeCredential(ForgeRefused):
    """The forge does not accept the credential."""


class PushRefused(ForgeRefused):
    """The forge did not take the branch."""


@dataclass(frozen=True, slots=True)
class Absent:
    """There is no such thing on the forge."""


ABSENT = Absent()


@dataclass(frozen=True, slots=True)
class Account:
    """Whose credential it is. `id` never changes, `login` may; `email` is one that the forge links to the account."""

    id: str
    login: str
    name: str
    email: str


class Rights(StrEnum):
    """What a credential may do with its owner's repositories, as far as the forge tells."""

    PUSH = "push"
    PUBLIC = "public"
    NONE = "none"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Identity:
    """What the forge tells about a credential. `scopes`, in its words, and `ends` are ABSENT where it tells nothing."""

    account: Account
    rights: Rights
    scopes: tuple[str, ...] | Absent
    ends: datetime | Absent


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as this account sees it. `path` is canonical; `can_push` is false where it is archived."""

    id: str
    path: str
    clone_url: str
    web_url: str
    default_branch: str
    can_read: bool
    can_push: bool
    archived: bool


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A proposal to merge branch `head` into branch `base`."""

    number: int
    url: str
    state: Literal["open", "merged", "closed"]
    head: str
    base: str
    title: str


@dataclass(frozen=True, slots=True, repr=False)
class GitCredential:
    """What Git sends over HTTP Basic."""

    username: str
    password: str


def missing(*, path: str, host: str) -> ForgeMissing:
    """The one answer to every repository that cannot be seen, so that nobody learns which exist."""
    return ForgeMissing(f"{path} does not exist on {host}, or your account there may not see it.", status=404)
