"""What Jira knows, as the product uses it."""

from dataclasses import dataclass
from datetime import datetime

from handover.jira import bodies
from handover.jira.bodies import (
    AccountBody,
    CommentBody,
    IssueBody,
    PermissionsBody,
    ServerInfoBody,
    TokenBody,
    UserBody,
)
from handover.jira.errors import JiraUnreadable
from handover.jira.labels import Labels, before_and_after


@dataclass(frozen=True)
class ServerInfo:
    """The Jira itself: its base URL as it believes it to be, and its version, such as (10, 3, 2)."""

    base_url: str
    version: tuple[int, ...]
    is_data_center: bool


@dataclass(frozen=True)
class User:
    """A Jira user. `key` never changes, `name` may; both are empty for an anonymous author.

    `email` is None where Jira hides it; where Jira masks it, it is no address, such as "fred at example dot com".
    """

    key: str
    name: str
    display_name: str
    email: str | None
    active: bool = True


@dataclass(frozen=True)
class Identity:
    """Whose token it is: the user that Jira names, and the user name in the answer's header ("" without one)."""

    user: User
    signed_in_as: str


@dataclass(frozen=True)
class PersonalToken:
    """A personal access token of the caller. `expires` is None where it never does."""

    id: str
    name: str
    expires: datetime | None


@dataclass(frozen=True)
class Visibility:
    """Who may read a comment: `type` is "role" or "group"."""

    type: str
    value: str


@dataclass(frozen=True)
class Issue:
    """An issue. An empty description is ""."""

    id: str
    key: str
    summary: str
    description: str
    labels: frozenset[str]
    project_key: str
    type_name: str


@dataclass(frozen=True)
class Comment:
    """A comment, its body as wiki markup. `edited_by` is who changed it last, or its author."""

    id: str
    author: User
    body: str
    visibility: Visibility | None
    created: datetime
    updated: datetime
    edited_by: User


@dataclass(frozen=True)
class LabelAdded:
    """Who added a label last, and the id of the changelog entry; "created" where the issue began with it."""

    author: User
    id: str


class Absent:
    """There is no such property."""


def server_info(body: ServerInfoBody) -> ServerInfo:
    """Raises JiraUnreadable where it is no Jira's."""
    if not body.version_numbers:
        raise JiraUnreadable("The answer names no Jira version.")
    return ServerInfo(body.base_url or "", body.version_numbers, is_data_center=body.deployment_type != "Cloud")


def user(body: UserBody | None) -> User:
    """The user; one without key and name where there is none."""
    body = body or UserBody()
    shown = body.display_name or body.name or ""
    return User(body.key or "", body.name or "", shown, body.email_address or None, active=body.active is not False)


def known_user(body: UserBody) -> User:
    """The user. Raises JiraUnreadable where there is none."""
    found = user(body)
    if not found.key or not found.name:
        raise JiraUnreadable("The answer names no user.")
    return found


def groups(body: AccountBody) -> frozenset[str]:
    """The names of the user's groups. Raises JiraUnreadable where there is no user, or no word of groups."""
    if not body.name or body.groups is None:
        raise JiraUnreadable("The answer names no groups of the user.")
    return frozenset(group.name for group in body.groups.items if group.name)


def held(body: PermissionsBody, names: tuple[str, ...]) -> frozenset[str]:
    """Which of these permissions the caller has. Raises JiraUnreadable where the answer tells of none at all."""
    if body.permissions is None:
        raise JiraUnreadable("The answer tells of no permissions.")
    return frozenset(name for name in names if _has(body.permissions.get(name)))


def personal_token(body: TokenBody) -> PersonalToken:
    """The token. Raises JiraUnreadable where there is none."""
    token_id = bodies.id_of(body.id)
    if token_id is None:
        raise JiraUnreadable("The answer holds no personal access token.")
    return PersonalToken(token_id, body.name or "", moment(body.expiring_at) if body.expiring_at else None)


def _has(permission: object) -> bool:
    return isinstance(permission, dict) and permission.get("havePermission") is True


def issue(body: IssueBody) -> Issue:
    """The issue. Raises JiraUnreadable where there is none."""
    issue_id, fields = bodies.id_of(body.id), body.fields
    if issue_id is None or not body.key or fields is None:
        raise JiraUnreadable("The answer holds no issue.")
    return Issue(
        id=issue_id,
        key=body.key,
        summary=fields.summary or "",
        description=fields.description or "",
        labels=frozenset(fields.labels or ()),
        project_key=(fields.project.key if fields.project else None) or body.key.rpartition("-")[0],
        type_name=(fields.issuetype.name if fields.issuetype else None) or "",
    )


def comment(body: CommentBody) -> Comment:
    """The comment. Raises JiraUnreadable where there is none."""
    comment_id = bodies.id_of(body.id)
    if comment_id is None:
        raise JiraUnreadable("The answer holds no comment.")
    seen = body.visibility
    return Comment(
        id=comment_id,
        author=user(body.author),
        body=body.body or "",
        visibility=Visibility(seen.type, seen.value) if seen and seen.type and seen.value else None,
        created=moment(body.created),
        updated=moment(body.updated or body.created),
        edited_by=user(body.update_author or body.author),
    )


def moment(text: str | None) -> datetime:
    """Jira's time, such as 2019-06-04T00:15:17.234+0000. Raises JiraUnreadable."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError as error:
        raise JiraUnreadable(f"The answer holds a time that cannot be read: {(text or '')[:40]!r}.") from error
    if found.tzinfo is None:
        raise JiraUnreadable("The answer holds a time without its zone.")
    return found


def label_added(body: IssueBody, label: str) -> LabelAdded | None:
    """Who gave the issue the label that it has now; None where it has none."""
    fields = body.fields
    if fields is None or not Labels(fields.labels).has(label):
        return None
    histories = body.changelog.histories if body.changelog else ()
    edits = {int(change_id): change for change in histories if (change_id := bodies.id_of(change.id))}
    for number, change in sorted(edits.items(), key=lambda edit: edit[0], reverse=True):
        before, after = before_and_after(change)
        if after.has(label) and not before.has(label):
            return LabelAdded(user(change.author), str(number))
    return LabelAdded(user(fields.creator or fields.reporter), "created")
