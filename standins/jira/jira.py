"""The stand-in Jira: its state, what tests do to it directly, and its app."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from starlette.types import ASGIApp

from standins.faults import Faults
from standins.jira.app import application
from standins.jira.deeds import Deeds
from standins.jira.events import Event, Events
from standins.jira.hooks import EVENTS, Delivery, Hooks, Webhook
from standins.jira.issues import Issues
from standins.jira.lines import LINES
from standins.jira.oauth.provider import Provider
from standins.jira.oauth.records import Application
from standins.jira.people import People
from standins.jira.post import Post
from standins.jira.records import Comment, Issue, Project, RemoteLink, Request, User, Visibility
from standins.jira.settings import Settings

MOST_REQUESTS = 10_000


class StandInJira:
    """A Jira Data Center in memory, to be driven over HTTP, by browser and directly.

    `base_url` is the configured one, with the context path: all `self` links begin with it. The methods are for tests;
    they ask for no rights and fire the same webhooks as REST does. `clock` gives seconds since the epoch.
    """

    def __init__(
        self,
        base_path: str = "/jira",
        line: str = "10.3",
        *,
        comment_event_has_issue: bool | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        chosen = LINES[line]
        has_issue = chosen.comment_event_has_issue if comment_event_has_issue is None else comment_event_has_issue
        self.base_path = base_path.rstrip("/")
        self.base_url = f"http://jira.acme.example{self.base_path}"
        self.settings = Settings(chosen, has_issue)
        self.clock = clock
        self.lock = threading.RLock()
        self.faults = Faults()
        self.requests: deque[Request] = deque(maxlen=MOST_REQUESTS)
        self.people = People(clock)
        self.oauth = Provider(self.people, clock, lambda: self.base_url)
        self.issues = Issues()
        self.hooks = Hooks(clock)
        self.post = Post(self.settings, clock)
        self.deeds = Deeds(self.issues, clock, self._events, self._announce)
        self.app: ASGIApp = self.faults.around(application(self))

    # People

    def add_user(
        self,
        name: str,
        display_name: str,
        *,
        key: str = "",
        email: str = "",
        administrator: bool = False,
        groups: Iterable[str] = (),
        password: str = "",
    ) -> User:
        """A new account."""
        with self.lock:
            kept = key or f"JIRAUSER{10_200 + len(self.people.all())}"
            belongs = {"jira-software-users", *groups} | ({"jira-administrators"} if administrator else set())
            address = email or f"{name}@acme.example"
            user = User(kept, name, display_name, address, administrator, frozenset(belongs))
            self.people.add(user, password=password)
            return user

    def change_user(self, user: User, **changes: object) -> User:
        """Change an account's `email`, `active`, `name` or whatever else it has. Returns it as it is now."""
        with self.lock:
            changed = replace(self.people.by_key(user.key) or user, **changes)  # type: ignore[arg-type]
            self.people.replace(changed)
            return changed

    def token_for(self, user: User, *, days: int | None = None, name: str = "rehearsal") -> str:
        """A new personal access token."""
        with self.lock:
            return self.people.new_token(user, name=name, days=days).raw

    def register_oauth_client(
        self, redirect_uris: Iterable[str], *, scope: str = "WRITE", name: str = "Handover"
    ) -> Application:
        """Link an external application. Its `id` and `secret` are the client's; `scope` is the most it may ask for."""
        with self.lock:
            return self.oauth.register(redirect_uris, scope=scope, name=name)

    def revoke(self, token: str) -> None:
        """From now on the token is nobody's."""
        with self.lock:
            self.people.revoke(token)

    # Projects and issues

    def project(
        self,
        key: str,
        name: str = "",
        *,
        lead: User,
        members: Iterable[User] | None = None,
        public: bool = False,
        roles: Mapping[str, Iterable[User]] | None = None,
    ) -> Project:
        """A new project. Without `members` everyone with an account may browse it; `roles` map a name to people."""
        kept = None if members is None else frozenset(user.key for user in members)
        named = {role: frozenset(user.key for user in users) for role, users in (roles or {}).items()}
        with self.lock:
            return self.deeds.create_project(key, name=name or key, lead=lead, members=kept, public=public, roles=named)

    def add_issue(
        self,
        project: str,
        summary: str,
        description: str | None = None,
        *,
        by: User,
        labels: Iterable[str] = (),
        type_name: str = "Bug",
    ) -> Issue:
        """A new issue."""
        with self.lock:
            return self.deeds.create_issue(
                self.issues.projects[project],
                type_name=type_name,
                summary=summary,
                description=description,
                by=by,
                labels=list(labels),
            )

    def issue(self, id_or_key: str) -> Issue:
        """An issue that must be there."""
        with self.lock:
            issue = self.issues.find(id_or_key)
        assert issue, f"There is no issue {id_or_key}."
        return issue

    def issue_id(self, key: str) -> str:
        """The issue's id."""
        return self.issue(key).id

    def delete_issue(self, key: str, *, by: User | None = None) -> None:
        """Delete an issue, as its reporter where nobody is named."""
        with self.lock:
            issue = self.issue(key)
            self.deeds.delete_issue(issue, by=by or issue.reporter)

    def label(self, key: str, *, by: User, add: str | Iterable[str] = (), remove: str | Iterable[str] = ()) -> None:
        """Add and remove labels in one edit."""
        with self.lock:
            issue = self.issue(key)
            labels = (set(issue.labels) | _set(add)) - _set(remove)
            self.deeds.edit_issue(issue, by=by, fields={}, labels=labels)

    def edit_issue(self, key: str, *, by: User, **fields: str | None) -> None:
        """Change `summary` or `description`."""
        with self.lock:
            issue = self.issue(key)
            self.deeds.edit_issue(issue, by=by, fields=fields, labels=set(issue.labels))

    # Comments

    def comment(
        self,
        key: str,
        by: User,
        text: str,
        visibility: Visibility | None = None,
        *,
        deliver: bool = True,
        deliveries: int = 1,
    ) -> Comment:
        """Comment on an issue; both events go to each webhook `deliveries` times, or not at all."""
        with self.lock:
            return self.deeds.comment(
                self.issue(key),
                by=by,
                body=text,
                visibility=visibility,
                properties={},
                deliveries=deliveries if deliver else 0,
            )

    def edit_comment(self, comment: Comment | str, text: str, *, by: User | None = None) -> None:
        """Change a comment's text, as its author where nobody is named."""
        with self.lock:
            issue, found = self._comment(comment)
            self.deeds.edit_comment(issue, found, by=by or found.author, body=text, visibility=found.visibility)

    def delete_comment(self, comment: Comment | str, *, by: User | None = None) -> None:
        """Delete a comment, as its author where nobody is named."""
        with self.lock:
            issue, found = self._comment(comment)
            self.deeds.delete_comment(issue, found, by=by or found.author)

    def comments(self, key: str) -> list[Comment]:
        """An issue's comments, oldest first."""
        with self.lock:
            return list(self.issue(key).comments.values())

    def reactions(self, comment_id: str) -> dict[str, list[str]]:
        """A comment's reactions: the keys of those who reacted, by emoji."""
        with self.lock:
            return {emoji: list(keys) for emoji, keys in self._comment(comment_id)[1].reactions.items()}

    def remote_links(self, key: str) -> list[RemoteLink]:
        """An issue's links to elsewhere."""
        with self.lock:
            return list(self.issue(key).links)

    # Webhooks

    def register_webhook(
        self, url: str, secret: str = "", *, events: Iterable[str] = EVENTS, name: str = "OpenHands"
    ) -> Webhook:
        """Have events sent to an address."""
        with self.lock:
            hook = self.hooks.add(name=name, url=url, events=list(events))
            hook.configuration = {"SECRET": secret, "EXCLUDE_BODY": "false"}
            return hook

    @property
    def deliveries(self) -> list[Delivery]:
        """Every delivery attempted, oldest first."""
        return list(self.post.deliveries)

    def idle(self) -> bool:
        """Whether all deliveries are made."""
        return self.post.idle

    def deliver_again(self, comment: Comment) -> None:
        """Send both events of a new comment once more, byte for byte."""
        with self.lock:
            self.deeds.tell_again(comment)

    def deliver_forged(self, comment: Comment, *, author: User | None = None, body: str | None = None) -> None:
        """Send both events of a new comment, rightly signed, but with an author or a text that Jira does not know."""
        with self.lock:
            issue, found = self._comment(comment)
            self.deeds.tell_forged(issue, found, author=author, body=body)

    def close(self) -> None:
        """End the threads that deliver."""
        self.post.close()

    def _comment(self, comment: Comment | str) -> tuple[Issue, Comment]:
        comment_id = comment if isinstance(comment, str) else comment.id
        found = self.issues.find_comment(comment_id)
        assert found, f"There is no comment {comment_id}."
        return found

    def _events(self, at: float) -> Events:
        return Events(self.settings, self.base_url, at)

    def _announce(self, events: list[Event]) -> None:
        for event in events:
            for hook in self.hooks.listening(event.name):
                self.post.send(hook, event)


def _set(labels: str | Iterable[str]) -> set[str]:
    return {labels} if isinstance(labels, str) else set(labels)
