"""The bodies that webhooks carry."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from standins.jira.records import Comment, History, Issue, User
from standins.jira.settings import Settings
from standins.jira.shapes import Json, UnfilteredShapes, changes


@dataclass(frozen=True)
class Event:
    """Something that webhooks tell. `body` is what is sent, byte for byte; `variables` fill a webhook's URL."""

    name: str
    body: bytes
    variables: Mapping[str, str]
    actor: User
    after_seconds: float = 0.0


class Events:
    """Makes the events of an issue. Everything that they say is as of the moment that they are made."""

    def __init__(self, settings: Settings, base_url: str, at: float) -> None:
        self._settings = settings
        self._shapes = UnfilteredShapes(base_url, settings.email_visibility, None)
        self._at = at

    def issue_created(self, issue: Issue, by: User) -> list[Event]:
        """A new issue. Its labels are only in its fields."""
        return [self._of_issue("jira:issue_created", issue, by, issue_event_type_name="issue_created")]

    def issue_updated(self, issue: Issue, history: History, by: User) -> list[Event]:
        """An edit of fields."""
        changelog = {"id": history.id, "items": changes(history)}
        kind = "issue_updated"
        return [self._of_issue("jira:issue_updated", issue, by, issue_event_type_name=kind, changelog=changelog)]

    def issue_deleted(self, issue: Issue, by: User) -> list[Event]:
        """An issue that is no more."""
        return [self._of_issue("jira:issue_deleted", issue, by)]

    def comment_created(self, issue: Issue, comment: Comment) -> list[Event]:
        """A new comment: two events. The first has no `user`."""
        own = self._of_comment("comment_created", issue, comment, comment.author, user=None)
        return self._both(own, self._twin("issue_commented", issue, comment, comment.author))

    def comment_updated(self, issue: Issue, comment: Comment, by: User) -> list[Event]:
        """An edited comment: two events."""
        own = self._of_comment("comment_updated", issue, comment, by, user=by)
        return self._both(own, self._twin("issue_comment_edited", issue, comment, by))

    def comment_deleted(self, issue: Issue, comment: Comment, by: User) -> list[Event]:
        """A comment that is no more: two events. The second does not say which comment it was."""
        own = self._of_comment("comment_deleted", issue, comment, by, user=by)
        return self._both(own, self._twin("issue_comment_deleted", issue, None, by))

    def _both(self, own: Event, twin: Event) -> list[Event]:
        first, second = (twin, own) if self._settings.swapped else (own, twin)
        gap = self._settings.event_gap_seconds
        return [first, Event(second.name, second.body, second.variables, second.actor, after_seconds=gap)]

    def _twin(self, kind: str, issue: Issue, comment: Comment | None, by: User) -> Event:
        further: Json = {"comment": self._shapes.comment(comment)} if comment else {}
        later = self._settings.event_gap_seconds
        return self._of_issue("jira:issue_updated", issue, by, later=later, issue_event_type_name=kind, **further)

    def _of_issue(self, name: str, issue: Issue, by: User, *, later: float = 0.0, **further: object) -> Event:
        body = {**self._head(name, later), "user": self._shapes.user(by), "issue": self._shapes.issue(issue), **further}
        return Event(name, encoded(body), _variables(issue, by), by)

    def _of_comment(self, name: str, issue: Issue, comment: Comment, by: User, *, user: User | None) -> Event:
        body = {**self._head(name, 0.0), "comment": self._shapes.comment(comment)}
        if user:
            body["user"] = self._shapes.user(user)
        if self._settings.comment_event_has_issue:
            body["issue"] = self._shapes.brief_issue(issue)
        return Event(name, encoded(body), _variables(issue, by), by)

    def _head(self, name: str, later: float) -> Json:
        return {"timestamp": round((self._at + later) * 1000), "webhookEvent": name}


def encoded(body: Json) -> bytes:
    """A body's bytes."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _variables(issue: Issue, by: User) -> dict[str, str]:
    return {
        "issue.key": issue.key,
        "issue.id": issue.id,
        "project.key": issue.project.key,
        "modifiedUser.key": by.key,
        "modifiedUser.name": by.name,
    }
