"""The stand-in forge: its state, what tests do to it directly, and its app."""

import itertools
import threading
from collections.abc import Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from standins.faults import Faults
from standins.forge import consent, git_http, github, pages
from standins.forge.applications import Applications
from standins.forge.records import (
    Access,
    AlreadyProposed,
    PullRequest,
    Repository,
    Request,
    Unknown,
    User,
    moment,
)
from standins.forge.repositories import BareRepository, Commit
from standins.forge.tokens import Kind, Token, Tokens

MOST_REQUESTS = 10_000


class StandInForge:
    """A GitHub Enterprise Server of one's own. Repositories are real and live in `folder`; the rest is in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.base_url = ""  # where it is served, told by whoever serves it; answers follow each request's own address
        self.faults = Faults()
        self.requests: list[Request] = []
        self._lock = threading.RLock()
        self._ids = itertools.count(1001)
        self.tokens = Tokens()
        self.applications = Applications(self.tokens)
        self._users: dict[str, User] = {}
        self._repositories: list[Repository] = []
        self._former: dict[str, int] = {}
        self._pulls: dict[int, list[PullRequest]] = {}
        routes = [*github.routes(self), *consent.routes(self), *git_http.routes(self), *pages.routes(self)]
        self.app: ASGIApp = self._recorded(self.faults.around(Starlette(routes=routes)))

    # People

    def add_user(self, login: str, name: str, email: str) -> User:
        """A new account, without access to anything."""
        self._users[login] = User(next(self._ids), login, name, email)
        return self._users[login]

    def users(self) -> list[User]:
        """All accounts, by login."""
        return sorted(self._users.values(), key=lambda user: user.login)

    def user(self, login: str) -> User | None:
        """The account of this login."""
        return self._users.get(login)

    def token_for(
        self,
        login: str,
        *,
        kind: Kind = "classic",
        scopes: tuple[str, ...] = ("repo", "user"),
        writes: bool = True,
        seconds: float | None = None,
    ) -> str:
        """A new token of this account: a classic one with scopes, or a fine-grained one that may write or not."""
        owner = self._users[login].login
        given = scopes if kind == "classic" else ()
        return self.tokens.issue(owner, kind=kind, scopes=given, writes=writes, seconds=seconds).raw

    def revoke(self, token: str) -> None:
        """From now on nobody knows the token."""
        self.tokens.revoke(token)

    def user_of(self, token: str) -> User | None:
        """Whose token it is."""
        found = self.tokens.find(token)
        return self.owner(found) if found else None

    def owner(self, token: Token) -> User:
        """Whose token it is."""
        return self._users[token.login]

    # Repositories

    def repository(
        self, path: str, files: Mapping[str, str | bytes], access: Mapping[str, Access] | None = None
    ) -> Repository:
        """A new private repository with one commit of `files` on `main`."""
        number = next(self._ids)
        git = BareRepository.create(self.folder / f"{number}.git", files)
        made = Repository(number, path, git, dict(access or {}))
        with self._lock:
            self._repositories.append(made)
            self._pulls[made.id] = []
        return made

    def repositories(self) -> list[Repository]:
        """All of them, by path."""
        return sorted(self._repositories, key=lambda found: found.path.lower())

    def find(self, path: str) -> Repository | None:
        """By its present path or a former one, whatever the case."""
        key = path.lower()
        former = self._former.get(key)
        present = (found for found in self._repositories if found.path.lower() == key)
        return next(present, None) or self.by_id(former or 0)

    def by_id(self, number: int) -> Repository | None:
        """By its unchanging number."""
        return next((found for found in self._repositories if found.id == number), None)

    def branches(self, path: str) -> list[str]:
        """Names, sorted."""
        return self._known(path).git.branches()

    def commits(self, path: str, branch: str) -> list[Commit]:
        """Newest first."""
        return self._known(path).git.commits(f"refs/heads/{branch}")

    def file(self, path: str, branch: str, name: str) -> str:
        """The file's text on the branch."""
        return self._known(path).git.file(branch, name)

    def commit(self, path: str, branch: str, files: Mapping[str, str | bytes], subject: str = "Another hand") -> str:
        """Somebody else's commit."""
        return self._known(path).git.add(files, branch=branch, subject=subject)

    def archive(self, path: str) -> None:
        """From now on it is read-only."""
        self._known(path).archived = True

    def protect(self, path: str, branch: str) -> None:
        """From now on nobody pushes to the branch."""
        self._known(path).git.protect(branch)

    def grant(self, path: str, login: str, access: Access) -> None:
        """Let this account in."""
        self._known(path).access[login] = access

    def withdraw(self, path: str, login: str) -> None:
        """Take this account's access away."""
        self._known(path).access.pop(login, None)

    def rename(self, path: str, to: str) -> None:
        """Give it another path; the former one sends on to it."""
        repository = self._known(path)
        with self._lock:
            self._former[repository.path.lower()] = repository.id
            repository.path = to

    # Pull requests

    def pull_requests(self, path: str) -> list[PullRequest]:
        """Oldest first."""
        return list(self._pulls[self._known(path).id])

    def pull_request(self, path: str, number: int) -> PullRequest:
        """One of them. Raises Unknown."""
        for found in self.pull_requests(path):
            if found.number == number:
                return found
        raise Unknown(f"{path}#{number}")

    def propose(
        self,
        repository: Repository,
        author: User,
        *,
        head: str,
        base: str,
        title: str,
        body: str = "",
        draft: bool = False,
    ) -> PullRequest:
        """A new pull request. Raises AlreadyProposed."""
        with self._lock:
            standing = self._pulls[repository.id]
            if any((found.state, found.head, found.base) == ("open", head, base) for found in standing):
                raise AlreadyProposed(head)
            number = len(standing) + 1
            made = PullRequest(next(self._ids), number, repository, author, head, base, title, body, draft)
            standing.append(made)
        return made

    def merge(self, path: str, number: int, by: User | None = None) -> PullRequest:
        """Merge it. Raises Conflict where the branches contradict each other."""
        found = self.pull_request(path, number)
        subject = f"Merge pull request #{number} from {found.repository.owner}/{found.head}"
        head, base = found.head_commit, found.base_commit
        found.merge_commit = found.repository.git.merge(base=found.base, head_commit=head, subject=subject)
        found.merged_at, found.merged_by = moment(), by or found.author
        return _shut(found, head=head, base=base)

    def close(self, path: str, number: int) -> PullRequest:
        """Close it without merging."""
        found = self.pull_request(path, number)
        return _shut(found, head=found.head_commit, base=found.base_commit)

    def _known(self, path: str) -> Repository:
        found = self.find(path)
        if found is None:
            raise Unknown(path)
        return found

    def _recorded(self, app: ASGIApp) -> ASGIApp:
        async def recorded(scope: Scope, receive: Receive, send: Send) -> None:
            status = 0

            async def watched(message: Message) -> None:
                nonlocal status
                status = message.get("status", status)
                await send(message)

            await app(scope, receive, watched)
            if scope["type"] == "http" and len(self.requests) < MOST_REQUESTS:
                user = scope.get("state", {}).get("user", "")
                self.requests.append(Request(scope["method"], scope["path"], user, status))

        return recorded


def _shut(found: PullRequest, *, head: str, base: str) -> PullRequest:
    found.kept_head, found.kept_base = head, base
    found.state, found.closed_at = "closed", moment()
    return found
