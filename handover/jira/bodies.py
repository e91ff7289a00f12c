"""Jira's JSON, in webhook bodies and in answers of REST v2: only the fields that we use, each of which may be absent.

https://developer.atlassian.com/server/jira/platform/webhooks/
https://docs.atlassian.com/software/jira/docs/api/REST/9.12.0/
"""

import re

import msgspec

from handover.jira.lenient import decoded

# Jira writes ids as text; other senders of the same shapes, as numbers.
Id = str | int | None

ID = re.compile(r"[0-9]{1,19}", re.ASCII)
KEY = re.compile(r"[A-Z][A-Z0-9_]{0,99}-[0-9]{1,19}", re.ASCII)
COMMENT_LINK = re.compile(r"/rest/api/[^/]+/issue/([0-9]{1,19})/comment/[0-9]{1,19}/?", re.ASCII)


class UserBody(msgspec.Struct, rename="camel", frozen=True):
    """A user. `key` is missing in some bodies of 8.x, the address wherever Jira hides it."""

    key: str | None = None
    name: str | None = None
    display_name: str | None = None
    email_address: str | None = None
    active: bool | None = None


class VisibilityBody(msgspec.Struct, frozen=True):
    """Who may read a comment: a role or a group."""

    type: str | None = None
    value: str | None = None


class CommentBody(msgspec.Struct, rename="camel", frozen=True):
    """A comment. The author of an anonymous one is missing."""

    id: Id = None
    link: str | None = msgspec.field(default=None, name="self")
    body: str | None = None
    author: UserBody | None = None
    update_author: UserBody | None = None
    created: str | None = None
    updated: str | None = None
    visibility: VisibilityBody | None = None


class Labelled(msgspec.Struct, frozen=True):
    """The fields of an issue in a webhook body: its labels are all that a body is asked for."""

    labels: tuple[str, ...] | None = None


class EventIssue(msgspec.Struct, frozen=True):
    """The issue of a webhook body."""

    id: Id = None
    key: str | None = None
    link: str | None = msgspec.field(default=None, name="self")
    fields: Labelled | None = None


class Change(msgspec.Struct, rename="camel", frozen=True):
    """One changed field. Labels come as one text with spaces between them, the whole set before and after."""

    field: str | None = None
    fieldtype: str | None = None
    from_string: str | None = None
    to_string: str | None = None


class Changelog(msgspec.Struct, frozen=True):
    """What one edit changed; in an answer of REST also who made it and when."""

    id: Id = None
    author: UserBody | None = None
    created: str | None = None
    items: tuple[Change, ...] = ()


class Event(msgspec.Struct, frozen=True):
    """A webhook body."""

    name: str | None = msgspec.field(default=None, name="webhookEvent")
    type_name: str | None = msgspec.field(default=None, name="issue_event_type_name")
    user: UserBody | None = None
    issue: EventIssue | None = None
    comment: CommentBody | None = None
    changelog: Changelog | None = None


class Named(msgspec.Struct, frozen=True):
    """A project or an issue type."""

    key: str | None = None
    name: str | None = None


class IssueFields(msgspec.Struct, frozen=True):
    """The fields of an issue in an answer of REST."""

    summary: str | None = None
    description: str | None = None
    labels: tuple[str, ...] | None = None
    project: Named | None = None
    issuetype: Named | None = None
    creator: UserBody | None = None
    reporter: UserBody | None = None


class Histories(msgspec.Struct, frozen=True):
    """All edits of an issue."""

    histories: tuple[Changelog, ...] = ()


class IssueBody(msgspec.Struct, frozen=True):
    """An issue in an answer of REST."""

    id: Id = None
    key: str | None = None
    fields: IssueFields | None = None
    changelog: Histories | None = None


class CommentPage(msgspec.Struct, frozen=True):
    """Some comments of an issue."""

    total: int | None = None
    comments: tuple[CommentBody, ...] = ()


class ServerInfoBody(msgspec.Struct, rename="camel", frozen=True):
    """What a Jira says of itself to anyone."""

    base_url: str | None = None
    version: str | None = None
    version_numbers: tuple[int, ...] = ()
    deployment_type: str | None = None


class GroupBody(msgspec.Struct, frozen=True):
    """A group of users."""

    name: str | None = None


class GroupsBody(msgspec.Struct, frozen=True):
    """The groups of a user, where they were asked for."""

    items: tuple[GroupBody, ...] = ()


class AccountBody(msgspec.Struct, frozen=True):
    """A user with their groups."""

    name: str | None = None
    groups: GroupsBody | None = None


class PermissionsBody(msgspec.Struct, frozen=True):
    """The caller's permissions by their keys, such as ADMINISTER."""

    permissions: dict[str, object] | None = None


class TokenBody(msgspec.Struct, rename="camel", frozen=True):
    """A personal access token of the caller, without the token itself."""

    id: Id = None
    name: str | None = None
    expiring_at: str | None = None


class Refusal(msgspec.Struct, rename="camel", frozen=True):
    """Why Jira refused, in the shapes of REST and of Seraph, its sign-in."""

    error_messages: tuple[str, ...] = ()
    errors: dict[str, object] | None = None
    message: str | None = None


def event(body: bytes) -> Event:
    """The event in a webhook body. Raises NotJson."""
    return decoded(body, Event)


def id_of(value: Id) -> str | None:
    """The id as digits; None where it is none."""
    text = "" if value is None else str(value)
    return text if ID.fullmatch(text) else None


def key_of(value: str | None) -> str | None:
    """The issue key; None where it is none."""
    return value if value and KEY.fullmatch(value) else None


def issue_id_of(comment_link: str | None) -> str | None:
    """The issue's id in a comment's `self`: all that an old `comment_created` says of its issue."""
    _, at, rest = (comment_link or "").rpartition("/rest/api/")
    found = COMMENT_LINK.fullmatch(at + rest)
    return found.group(1) if found else None


def base_url_of(link: str | None) -> str | None:
    """The Jira that a `self` belongs to, by the base URL that is configured there, context path included."""
    base, at, _ = (link or "").partition("/rest/api/")
    return base if at and base.startswith(("http://", "https://")) else None
