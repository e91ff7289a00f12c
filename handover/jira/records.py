"""What Jira knows, as the product uses it."""

from dataclasses import dataclass
from datetime import datetime

from handover.jira import bodies
from handover.jira.bodies import CommentBody, IssueBody, ServerInfoBody, UserBody
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
    """A Jira user. `key` never changes, `name` may; both are empty for an anonymous author."""

    key: str
    name: str
    display_name: str
    email: str | None


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
    return User(body.key or "", body.name or "", body.display_name or body.name or "", body.email_address)


def known_user(body: UserBody) -> User:
    """The user. Raises JiraUnreadable where there is none."""
    found = user(body)
    if not found.key or not found.name:
        raise JiraUnreadable("The answer names no user.")
    return found


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
