"""What changes in a Jira, and which events each change makes. Rights and limits are REST's business."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace

from standins.jira.events import Event, Events
from standins.jira.issues import Issues
from standins.jira.records import Change, Comment, History, Issue, Project, RemoteLink, User, Visibility

Announce = Callable[[list[Event]], None]


class Deeds:
    """Changes issues and announces it. `events` gives the makers of events as of a moment."""

    def __init__(
        self, issues: Issues, clock: Callable[[], float], events: Callable[[float], Events], announce: Announce
    ) -> None:
        self._issues = issues
        self._clock = clock
        self._events = events
        self._announce = announce
        # Ranges of their own, so that an id taken for another kind of thing is found out.
        self._projects = itertools.count(10_000)
        self._issue_ids = itertools.count(20_000)
        self._comments = itertools.count(30_000)
        self._edits = itertools.count(40_000)
        self._links = itertools.count(50_000)
        # What a comment's two events said, to be said again.
        self.told: dict[str, list[Event]] = {}

    def create_project(
        self,
        key: str,
        *,
        name: str,
        lead: User,
        members: frozenset[str] | None,
        public: bool,
        roles: Mapping[str, frozenset[str]],
    ) -> Project:
        """A new project."""
        project = Project(str(next(self._projects)), key, name, lead, members, public, dict(roles))
        self._issues.projects[key] = project
        return project

    def create_issue(
        self, project: Project, *, type_name: str, summary: str, description: str | None, by: User, labels: list[str]
    ) -> Issue:
        """A new issue."""
        project.issues_made += 1
        now, key = self._clock(), f"{project.key}-{project.issues_made}"
        issue = Issue(str(next(self._issue_ids)), key, project, type_name, summary, description, by, now, now)
        issue.labels = sorted(set(labels))
        self._issues.put(issue)
        self._announce(self._events(now).issue_created(issue, by))
        return issue

    def delete_issue(self, issue: Issue, *, by: User) -> None:
        """The issue and all on it are gone. Jira tells nothing of its comments."""
        events = self._events(self._clock()).issue_deleted(issue, by)
        self._issues.drop(issue)
        self._announce(events)

    def edit_issue(self, issue: Issue, *, by: User, fields: Mapping[str, str | None], labels: set[str]) -> None:
        """Change fields and labels in one edit; nothing happens where nothing differs."""
        changes = [
            Change(name, getattr(issue, name), value) for name, value in fields.items() if getattr(issue, name) != value
        ]
        if labels != set(issue.labels):
            changes.append(Change("labels", " ".join(issue.labels), " ".join(sorted(labels))))
        if not changes:
            return
        for name, value in fields.items():
            setattr(issue, name, value)
        now = self._clock()
        issue.labels, issue.updated = sorted(labels), now
        history = History(str(next(self._edits)), by, now, tuple(changes))
        issue.histories.append(history)
        self._announce(self._events(now).issue_updated(issue, history, by))

    def comment(
        self,
        issue: Issue,
        *,
        by: User,
        body: str,
        visibility: Visibility | None,
        properties: Mapping[str, object],
        deliveries: int = 1,
    ) -> Comment:
        """A new comment. Each of its events is delivered so many times."""
        now = self._clock()
        comment = Comment(str(next(self._comments)), issue.id, by, body, now, now, by, visibility, dict(properties))
        issue.comments[comment.id] = comment
        issue.updated = now
        self.told[comment.id] = self._events(now).comment_created(issue, comment)
        for _ in range(deliveries):
            self._announce(self.told[comment.id])
        return comment

    def edit_comment(
        self, issue: Issue, comment: Comment, *, by: User, body: str, visibility: Visibility | None
    ) -> None:
        """Another text."""
        now = self._clock()
        comment.body, comment.visibility = body, visibility
        comment.update_author, comment.updated, issue.updated = by, now, now
        self._announce(self._events(now).comment_updated(issue, comment, by))

    def delete_comment(self, issue: Issue, comment: Comment, *, by: User) -> None:
        """The comment is gone."""
        now = self._clock()
        del issue.comments[comment.id]
        issue.updated = now
        self._announce(self._events(now).comment_deleted(issue, comment, by))

    def tell_again(self, comment: Comment) -> None:
        """Both events of a new comment once more, byte for byte."""
        self._announce(self.told[comment.id])

    def tell_forged(self, issue: Issue, comment: Comment, *, author: User | None, body: str | None) -> None:
        """Both events of a new comment, rightly signed, with another author or text than Jira knows."""
        by = author or comment.author
        forged = replace(comment, author=by, update_author=by, body=comment.body if body is None else body)
        self._announce(self._events(comment.created).comment_created(issue, forged))

    def link(self, issue: Issue, *, global_id: str, sent: dict[str, object]) -> tuple[RemoteLink, bool]:
        """Put a link, over the one with the same global id. True says that it is new. No event tells of it."""
        for link in issue.links:
            if global_id and link.global_id == global_id:
                link.sent = sent
                return link, False
        number = next(self._links)
        link = RemoteLink(number, global_id or f"com.atlassian.jira:{number}", sent)
        issue.links.append(link)
        return link, True
