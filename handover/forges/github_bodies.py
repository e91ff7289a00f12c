"""GitHub's answers, only the fields that we use. Every name is GitHub's own."""

from typing import Literal

import msgspec


class User(msgspec.Struct, frozen=True):
    """https://docs.github.com/en/rest/users/users#get-the-authenticated-user"""

    id: int
    login: str
    name: str | None = None
    email: str | None = None


class Address(msgspec.Struct, frozen=True):
    """https://docs.github.com/en/rest/users/emails#list-email-addresses-for-the-authenticated-user"""

    email: str
    primary: bool = False
    verified: bool = False
    visibility: str | None = None


class Permissions(msgspec.Struct, frozen=True):
    """The account's own role. It stays true on an archived repository, and says nothing of the token's own grant."""

    pull: bool = False
    push: bool = False


class Repository(msgspec.Struct, frozen=True):
    """https://docs.github.com/en/rest/repos/repos#get-a-repository"""

    id: int
    full_name: str
    default_branch: str
    archived: bool = False
    disabled: bool = False
    permissions: Permissions = Permissions()


class NamedRepository(msgspec.Struct, frozen=True):
    """The repository that a branch is in."""

    full_name: str


class Branch(msgspec.Struct, frozen=True):
    """One side of a pull request; `repo` is null where its fork was deleted."""

    ref: str
    sha: str = ""
    repo: NamedRepository | None = None


class PullRequest(msgspec.Struct, frozen=True):
    """https://docs.github.com/en/rest/pulls/pulls#get-a-pull-request"""

    number: int
    state: Literal["open", "closed"]
    title: str
    head: Branch
    base: Branch
    merged_at: str | None = None


class Problem(msgspec.Struct, frozen=True):
    """One entry of `errors`."""

    code: str = ""
    field: str = ""
    message: str = ""


class Refusal(msgspec.Struct, frozen=True):
    """https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api

    `errors` holds objects or bare strings.
    """

    message: str = ""
    errors: list[Problem | str] = []
