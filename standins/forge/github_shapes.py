"""GitHub's JSON. Every field that GitHub's own description demands, and those that clients read."""

import base64
from collections.abc import Mapping

from starlette.requests import Request

from standins.forge.records import PullRequest, Repository, User

Json = dict[str, object]
# Addresses that GitHub names for each repository, with the part that a client fills in.
_REPOSITORY_ADDRESSES = {
    "archive": "/{archive_format}{/ref}",
    "assignees": "/assignees{/user}",
    "blobs": "/git/blobs{/sha}",
    "branches": "/branches{/branch}",
    "collaborators": "/collaborators{/collaborator}",
    "comments": "/comments{/number}",
    "commits": "/commits{/sha}",
    "compare": "/compare/{base}...{head}",
    "contents": "/contents/{+path}",
    "contributors": "/contributors",
    "deployments": "/deployments",
    "downloads": "/downloads",
    "events": "/events",
    "forks": "/forks",
    "git_commits": "/git/commits{/sha}",
    "git_refs": "/git/refs{/sha}",
    "git_tags": "/git/tags{/sha}",
    "hooks": "/hooks",
    "issue_comment": "/issues/comments{/number}",
    "issue_events": "/issues/events{/number}",
    "issues": "/issues{/number}",
    "keys": "/keys{/key_id}",
    "labels": "/labels{/name}",
    "languages": "/languages",
    "merges": "/merges",
    "milestones": "/milestones{/number}",
    "notifications": "/notifications{?since,all,participating}",
    "pulls": "/pulls{/number}",
    "releases": "/releases{/id}",
    "stargazers": "/stargazers",
    "statuses": "/statuses/{sha}",
    "subscribers": "/subscribers",
    "subscription": "/subscription",
    "tags": "/tags",
    "teams": "/teams",
    "trees": "/git/trees{/sha}",
}
_COUNTS = (
    "forks",
    "forks_count",
    "network_count",
    "open_issues",
    "open_issues_count",
    "size",
    "stargazers_count",
    "subscribers_count",
    "watchers",
    "watchers_count",
)


class Shapes:
    """The shapes as one request sees them: every address in them begins as the request's own."""

    def __init__(self, request: Request) -> None:
        root = request.scope.get("root_path", "")  # the context path that the forge is served below
        self.web = f"{request.url.scheme}://{request.url.netloc}{root}"
        self.api = f"{self.web}/api/v3"

    def account(self, login: str, number: int, kind: str = "User") -> Json:
        """`simple-user`: a person or an organisation, as it stands inside other answers."""
        url = f"{self.api}/users/{login}"
        return {
            "login": login,
            "id": number,
            "node_id": _node(kind, number),
            "avatar_url": f"{self.web}/avatars/u/{number}?",
            "gravatar_id": "",
            "url": url,
            "html_url": f"{self.web}/{login}",
            "followers_url": f"{url}/followers",
            "following_url": f"{url}/following{{/other_user}}",
            "gists_url": f"{url}/gists{{/gist_id}}",
            "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
            "subscriptions_url": f"{url}/subscriptions",
            "organizations_url": f"{url}/orgs",
            "repos_url": f"{url}/repos",
            "events_url": f"{url}/events{{/privacy}}",
            "received_events_url": f"{url}/received_events",
            "type": kind,
            "site_admin": False,
        }

    def myself(self, user: User) -> Json:
        """`private-user`: what a token's owner is told."""
        nothing = dict.fromkeys(("company", "location", "hireable", "bio"))
        counts = dict.fromkeys(
            ("public_repos", "public_gists", "followers", "following", "private_gists", "total_private_repos"), 0
        )
        return {
            **self.account(user.login, user.id),
            **nothing,
            **counts,
            "name": user.name,
            "email": None if user.hides_email else user.email,
            "blog": "",
            "created_at": user.created_at,
            "updated_at": user.created_at,
            "owned_private_repos": 0,
            "disk_usage": 0,
            "collaborators": 0,
            "two_factor_authentication": True,
            "user_view_type": "private",
        }

    def addresses(self, user: User, host: str) -> list[Json]:
        """`email`: the account's own, and the one that GitHub gives to whoever hides theirs."""
        visibility = "private" if user.hides_email else "public"
        own: Json = {"email": user.email, "primary": True, "verified": True, "visibility": visibility}
        given: Json = {
            "email": f"{user.id}+{user.login}@users.noreply.{host}",
            "primary": False,
            "verified": True,
            "visibility": None,
        }
        return [own, given] if user.hides_email else [own]

    def repository(self, repository: Repository, user: User) -> Json:
        """`full-repository`, as this user sees it."""
        url, html = f"{self.api}/repos/{repository.path}", f"{self.web}/{repository.path}"
        return {
            **{f"{name}_url": url + rest for name, rest in _REPOSITORY_ADDRESSES.items()},
            **dict.fromkeys(_COUNTS, 0),
            **_features(),
            "id": repository.id,
            "node_id": _node("Repository", repository.id),
            "name": repository.name,
            "full_name": repository.path,
            "owner": self.account(repository.owner, 1, "Organization"),
            "private": True,
            "visibility": "private",
            "html_url": html,
            "url": url,
            "clone_url": f"{html}.git",
            "svn_url": html,
            "git_url": f"git://{self.web.partition('://')[2]}/{repository.path}.git",
            "ssh_url": f"git@{self.web.partition('://')[2]}:{repository.path}.git",
            "default_branch": "main",
            "archived": repository.archived,
            "disabled": False,
            "permissions": _permissions(repository, user),
            **dict.fromkeys(("created_at", "updated_at", "pushed_at"), repository.created_at),
        }

    def pull_request(self, found: PullRequest, user: User) -> Json:
        """`pull-request`: one, with its counts."""
        added, deleted, files = found.repository.git.counts(base=found.base_commit, head=found.head_commit)
        commits = found.repository.git.commits(found.head_commit, without=found.base_commit)
        author = found.merged_by
        return {
            **self.pull_request_listed(found, user),
            "merged": found.merged_at is not None,
            "merged_by": self.account(author.login, author.id) if author else None,
            "mergeable": None if found.state == "closed" else True,
            "mergeable_state": "unknown" if found.state == "closed" else "clean",
            "rebaseable": None,
            "comments": 0,
            "review_comments": 0,
            "maintainer_can_modify": False,
            "commits": len(commits),
            "additions": added,
            "deletions": deleted,
            "changed_files": files,
        }

    def pull_request_listed(self, found: PullRequest, user: User) -> Json:
        """`pull-request-simple`: one of a list."""
        addresses = self._pull_addresses(found)
        return {
            "url": addresses["self"],
            "id": found.id,
            "node_id": _node("PullRequest", found.id),
            "html_url": addresses["html"],
            "diff_url": f"{addresses['html']}.diff",
            "patch_url": f"{addresses['html']}.patch",
            **{f"{name}_url": addresses[name] for name in ("issue", "commits", "review_comments", "review_comment")},
            **{f"{name}_url": addresses[name] for name in ("comments", "statuses")},
            "number": found.number,
            "state": found.state,
            "locked": False,
            "title": found.title,
            "user": self.account(found.author.login, found.author.id),
            "body": found.body or None,
            "created_at": found.created_at,
            "updated_at": found.closed_at or found.created_at,
            "closed_at": found.closed_at,
            "merged_at": found.merged_at,
            "merge_commit_sha": found.merge_commit,
            "draft": found.draft,
            "head": self._side(found, user, found.head, found.head_commit),
            "base": self._side(found, user, found.base, found.base_commit),
            "_links": {name: {"href": address} for name, address in addresses.items()},
            "author_association": "COLLABORATOR",
            **dict.fromkeys(("assignee", "milestone", "auto_merge", "active_lock_reason")),
            **{name: [] for name in ("assignees", "requested_reviewers", "requested_teams", "labels")},
        }

    def _side(self, found: PullRequest, user: User, branch: str, commit: str) -> Json:
        repository = found.repository
        return {
            "label": f"{repository.owner}:{branch}",
            "ref": branch,
            "sha": commit,
            "user": self.account(repository.owner, 1, "Organization"),
            "repo": self.repository(repository, user),
        }

    def _pull_addresses(self, found: PullRequest) -> dict[str, str]:
        repository = f"{self.api}/repos/{found.repository.path}"
        pull, issue = f"{repository}/pulls/{found.number}", f"{repository}/issues/{found.number}"
        return {
            "self": pull,
            "html": f"{self.web}/{found.repository.path}/pull/{found.number}",
            "issue": issue,
            "comments": f"{issue}/comments",
            "review_comments": f"{pull}/comments",
            "review_comment": f"{repository}/pulls/comments{{/number}}",
            "commits": f"{pull}/commits",
            "statuses": f"{repository}/statuses/{found.head_commit}",
        }


def _permissions(repository: Repository, user: User) -> Mapping[str, bool]:
    """The user's role. As on a real server, an archived repository changes nothing here."""
    writes = repository.access.get(user.login) == "write"
    return {"admin": False, "maintain": False, "push": writes, "triage": writes, "pull": True}


def _features() -> Json:
    switched_on = dict.fromkeys(("has_issues", "has_projects", "has_wiki", "has_downloads"), True)
    switched_off = dict.fromkeys(("fork", "has_pages", "has_discussions", "is_template", "allow_forking"), False)
    unset = dict.fromkeys(("description", "homepage", "language", "license", "mirror_url"))
    return {**switched_on, **switched_off, **unset}


def _node(kind: str, number: int) -> str:
    return base64.b64encode(f"0{len(kind)}:{kind}{number}".encode()).decode()
