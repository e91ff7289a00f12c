"""Jira's JSON for people, projects, issues and comments.

https://docs.atlassian.com/software/jira/docs/api/REST/9.12.0/
"""

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from urllib.parse import quote

from standins.jira.issues import may_read
from standins.jira.records import Comment, History, Issue, Project, User
from standins.jira.settings import EmailVisibility

Json = dict[str, object]
AVATAR_SIZES = {"48x48": "", "24x24": "size=small&", "16x16": "size=xsmall&", "32x32": "size=medium&"}
TYPES = {"Bug": "10004", "Task": "10002", "Story": "10001"}
# Fields of apps come as whatever Java's toString() made of them.
APP_FIELD = "{summaryBean=com.acme.jira.SummaryBean@464372f5[summary={pullrequest=...}], errors=[]}"


def moment(at: float) -> str:
    """A moment as Jira writes it: milliseconds, and no colon in the offset."""
    then = datetime.fromtimestamp(at, UTC)
    return f"{then:%Y-%m-%dT%H:%M:%S}.{then.microsecond // 1000:03d}+0000"


class Shapes:
    """Makes JSON for one viewer; `viewer` None is nobody, or a webhook."""

    def __init__(self, base_url: str, emails: EmailVisibility, viewer: User | None) -> None:
        self._rest = f"{base_url}/rest/api/2"
        self._base_url = base_url
        self._emails = emails
        self._viewer = viewer

    def user(self, user: User) -> Json:
        """A user as an author."""
        address = self._email(user)
        return {
            "self": f"{self._rest}/user?username={quote(user.name, safe='')}",
            "name": user.name,
            "key": user.key,
            **({"emailAddress": address} if address else {}),
            "avatarUrls": self._avatars(f"useravatar?{{size}}ownerId={quote(user.key, safe='')}"),
            "displayName": user.display_name,
            "active": user.active,
            "timeZone": user.time_zone,
        }

    def account(self, user: User, *, expand: Collection[str] = ()) -> Json:
        """A user asked for by name; groups are only counted where they are not expanded."""
        groups = [{"name": name, "self": f"{self._rest}/group?groupname={quote(name)}"} for name in sorted(user.groups)]
        return {
            **self.user(user),
            "deleted": False,
            "locale": "en_UK",
            "groups": {"size": len(groups), "items": groups if "groups" in expand else []},
            "applicationRoles": {"size": 1, "items": []},
            "expand": "groups,applicationRoles",
        }

    def project(self, project: Project) -> Json:
        """A project inside something else."""
        return {
            "self": f"{self._rest}/project/{project.id}",
            "id": project.id,
            "key": project.key,
            "name": project.name,
            "projectTypeKey": "software",
            "avatarUrls": self._avatars(f"projectavatar?{{size}}pid={project.id}"),
        }

    def whole_project(self, project: Project) -> Json:
        """A project asked for by key."""
        roles = {name: f"{self._rest}/project/{project.id}/role/{10100 + n}" for n, name in enumerate(project.roles)}
        return {
            "expand": "description,lead,issueTypes,url,projectKeys,permissions",
            **self.project(project),
            "description": "",
            "lead": self.user(project.lead),
            "components": [],
            "issueTypes": self.issue_types(),
            "assigneeType": "UNASSIGNED",
            "versions": [],
            "roles": roles,
            "archived": False,
        }

    def issue_types(self) -> list[Json]:
        """All issue types."""
        return [self.issue_type(name) for name in TYPES]

    def issue_type(self, name: str) -> Json:
        """One issue type."""
        return {
            "self": f"{self._rest}/issuetype/{TYPES[name]}",
            "id": TYPES[name],
            "description": "",
            "iconUrl": f"{self._base_url}/secure/viewavatar?size=xsmall&avatarId=10303&avatarType=issuetype",
            "name": name,
            "subtask": False,
            "avatarId": 10303,
        }

    def issue(self, issue: Issue, *, wanted: Callable[[str], bool] = lambda name: True) -> Json:
        """An issue with the wanted fields."""
        fields = {name: value for name, value in self._fields(issue).items() if wanted(name)}
        if wanted("comment"):
            fields["comment"] = self.comments(issue)
        return {**self.issue_reference(issue), "fields": fields}

    def issue_reference(self, issue: Issue) -> Json:
        """An issue's names alone."""
        return {"id": issue.id, "self": f"{self._rest}/issue/{issue.id}", "key": issue.key}

    def brief_issue(self, issue: Issue) -> Json:
        """An issue as `comment_created` carries it where it does."""
        fields = self._fields(issue)
        kept = ("summary", "issuetype", "project", "assignee", "priority", "status")
        return {**self.issue_reference(issue), "fields": {name: fields[name] for name in kept}}

    def comments(self, issue: Issue) -> Json:
        """All comments of an issue that the viewer may read, as the issue embeds them."""
        seen = [self.comment(comment) for comment in issue.comments.values() if self._may_read(comment, issue)]
        return {"comments": seen, "maxResults": len(seen), "total": len(seen), "startAt": 0}

    def comment(self, comment: Comment) -> Json:
        """A comment."""
        visibility = comment.visibility
        return {
            "self": f"{self._rest}/issue/{comment.issue_id}/comment/{comment.id}",
            "id": comment.id,
            "author": self.user(comment.author),
            "body": comment.body,
            "updateAuthor": self.user(comment.update_author),
            "created": moment(comment.created),
            "updated": moment(comment.updated),
            **({"visibility": {"type": visibility.type, "value": visibility.value}} if visibility else {}),
        }

    def changelog(self, histories: list[History]) -> Json:
        """All edits of an issue."""
        entries = [self._history(history) for history in histories]
        return {"startAt": 0, "maxResults": len(entries), "total": len(entries), "histories": entries}

    def _history(self, history: History) -> Json:
        author, created = self.user(history.author), moment(history.created)
        return {"id": history.id, "author": author, "created": created, "items": changes(history)}

    def _may_read(self, comment: Comment, issue: Issue) -> bool:
        return may_read(self._viewer, comment, issue.project)

    def _fields(self, issue: Issue) -> Json:
        return {
            "issuetype": self.issue_type(issue.type_name),
            "project": self.project(issue.project),
            "summary": issue.summary,
            "description": issue.description,
            "labels": list(issue.labels),
            "reporter": self.user(issue.reporter),
            "creator": self.user(issue.reporter),
            "created": moment(issue.created),
            "updated": moment(issue.updated),
            "status": self._status(),
            "priority": {"self": f"{self._rest}/priority/3", "name": "Medium", "id": "3"},
            "customfield_10113": APP_FIELD,
            "watches": {"self": f"{self._rest}/issue/{issue.key}/watchers", "watchCount": 1, "isWatching": False},
            "votes": {"self": f"{self._rest}/issue/{issue.key}/votes", "votes": 0, "hasVoted": False},
            **dict.fromkeys(("assignee", "resolution", "resolutiondate", "duedate", "environment"), None),
            **{name: [] for name in ("components", "fixVersions", "versions", "issuelinks", "subtasks", "attachment")},
        }

    def _status(self) -> Json:
        category = {"self": f"{self._rest}/statuscategory/2", "id": 2, "key": "new", "name": "To Do"}
        return {"self": f"{self._rest}/status/10000", "id": "10000", "name": "To Do", "statusCategory": category}

    def shows_emails(self) -> bool:
        """Whether the viewer sees whole addresses."""
        return self._viewer is not None and (self._emails in ("show", "logged-in") or self._viewer.administrator)

    def _email(self, user: User) -> str:
        if self._emails == "show" or (self._viewer is not None and self._viewer.administrator):
            return user.email
        if self._emails == "mask":
            return user.email.replace("@", " at ").replace(".", " dot ")
        return user.email if self._emails == "logged-in" and self._viewer else ""

    def _avatars(self, path: str) -> Json:
        return {size: f"{self._base_url}/secure/{path.format(size=query)}" for size, query in AVATAR_SIZES.items()}


class UnfilteredShapes(Shapes):
    """For webhooks: rendered for nobody in particular, with restricted comments too."""

    def _may_read(self, comment: Comment, issue: Issue) -> bool:
        return True


def changes(history: History) -> list[Json]:
    """What one edit changed. Data Center has no `fieldId`."""
    return [
        {
            "field": change.field,
            "fieldtype": "jira",
            "from": None,
            "fromString": change.before,
            "to": None,
            "toString": change.after,
        }
        for change in history.changes
    ]
