"""GitHub.com and GitHub Enterprise Server, over REST."""

import re
from typing import TypeVar
from urllib.parse import quote, urlsplit

import httpx
import msgspec

from handover.forges import github_bodies as bodies
from handover.forges.forge import (
    ABSENT,
    Absent,
    Account,
    ForgeError,
    ForgeRefused,
    ForgeUnavailable,
    GitCredential,
    Identity,
    PullRequest,
    Repository,
    missing,
)
from handover.forges.github_credentials import address_for_commits, end_of, rights_of, scopes_of
from handover.forges.github_refusals import judged
from handover.lib.http import bounded

T = TypeVar("T")
# https://docs.github.com/en/rest/about-the-rest-api/api-versions; servers that know no versions ignore it.
API_VERSION = "2022-11-28"
MOST_BYTES = 4 * 1024 * 1024
# GitHub allows 65,536 characters in a body, https://github.com/orgs/community/discussions/27190; 256 in a title.
LONGEST_BODY = 60_000
LONGEST_TITLE = 250
_PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*/[A-Za-z0-9_.-]+")


def api_address(base_url: str) -> str:
    """Where the API of this GitHub is; `base_url` is what people open."""
    base = base_url.rstrip("/")
    return "https://api.github.com" if base == "https://github.com" else f"{base}/api/v3"


class GitHub:
    """One GitHub, as the member whose token this is. All calls raise ForgeError in one of its kinds."""

    def __init__(self, base_url: str, token: str, *, http: httpx.AsyncClient) -> None:
        self._base = base_url.rstrip("/")
        self._host = urlsplit(base_url).netloc
        self._api = api_address(base_url)
        self._token = token
        self._http = http

    def git_credential(self) -> GitCredential:
        """For Git over HTTPS; any user name does, this one is the one that GitHub's own guides use."""
        return GitCredential("x-access-token", self._token)

    async def identity(self) -> Identity:
        """Whose token it is, what it may do and when it ends.

        https://docs.github.com/en/rest/users/users#get-the-authenticated-user
        """
        response = await self._ask("GET", "/user")
        user, scopes = self._read(response, bodies.User), scopes_of(response.headers, self._token)
        return Identity(
            account=Account(
                id=str(user.id),
                login=user.login,
                name=user.name or user.login,
                email=user.email or await self._address(user),
            ),
            rights=rights_of(scopes),
            scopes=scopes,
            ends=end_of(response.headers),
        )

    async def _address(self, user: bodies.User) -> str:
        """One for the commits of an account that shows none. Not every token may ask for the addresses."""
        hidden = f"{user.id}+{user.login}@users.noreply.{self._host.partition(':')[0]}"
        try:
            listed = self._read(await self._ask("GET", "/user/emails"), list[bodies.Address])
        except ForgeError:
            return hidden
        return address_for_commits(listed, otherwise=hidden)

    async def repository(self, path: str) -> Repository:
        """https://docs.github.com/en/rest/repos/repos#get-a-repository

        Names are compared without case by GitHub; the answer's `path` is canonical. A renamed repository is followed.
        """
        found = self._read(await self._ask("GET", self._repository_address(path), about=path), bodies.Repository)
        if not _is_path(found.full_name):
            raise missing(path=path, host=self._host)
        may = found.permissions
        # Addresses are built, never taken from an answer: a credential goes to the configured host alone.
        return Repository(
            id=str(found.id),
            path=found.full_name,
            clone_url=f"{self._base}/{found.full_name}.git",
            web_url=f"{self._base}/{found.full_name}",
            default_branch=found.default_branch,
            can_read=may.pull or may.push,
            can_push=may.push and not found.archived and not found.disabled,
            archived=found.archived,
        )

    async def find_pull_request(
        self, repository: Repository, branch: str, *, commit: str | Absent = ABSENT
    ) -> PullRequest | Absent:
        """https://docs.github.com/en/rest/pulls/pulls#list-pull-requests

        The open pull request of this branch; where none is open, the one that proposed just this `commit`: ours, which
        somebody merged or closed before we could note it. Others that ended belong to earlier work.
        """
        # Without the owner before the branch GitHub ignores the filter and lists every pull request.
        owner = repository.path.partition("/")[0]
        query = {"head": f"{owner}:{branch}", "state": "all", "per_page": "100"}
        address = f"{self._repository_address(repository.path)}/pulls"
        listed = self._read(
            await self._ask("GET", address, query=query, about=repository.path), list[bodies.PullRequest]
        )
        ours = [found for found in listed if _is_of(found, repository, branch)]
        ours.sort(key=lambda found: found.state != "open")
        fitting = (found for found in ours if found.state == "open" or found.head.sha == commit)
        found = next(fitting, None)
        return self._pull_request(repository, found) if found else ABSENT

    async def create_pull_request(
        self, repository: Repository, *, branch: str, base: str, title: str, body: str, draft: bool
    ) -> PullRequest:
        """https://docs.github.com/en/rest/pulls/pulls#create-a-pull-request

        Where an open one stands already for this branch, that one is the answer.
        """
        wish = {
            "title": title[:LONGEST_TITLE],
            "head": branch,
            "base": base,
            "body": body[:LONGEST_BODY],
            "draft": draft,
        }
        address = f"{self._repository_address(repository.path)}/pulls"
        try:
            made = await self._ask("POST", address, body=wish, about=repository.path)
        except ForgeRefused as refusal:
            standing = await self._standing(repository, branch, refusal)
            if isinstance(standing, Absent):
                raise
            return standing
        return self._pull_request(repository, self._read(made, bodies.PullRequest))

    async def pull_request(self, repository: Repository, number: int) -> PullRequest:
        """https://docs.github.com/en/rest/pulls/pulls#get-a-pull-request"""
        address = f"{self._repository_address(repository.path)}/pulls/{number}"
        about = f"Pull request {number} of {repository.path}"
        return self._pull_request(
            repository, self._read(await self._ask("GET", address, about=about), bodies.PullRequest)
        )

    async def _standing(self, repository: Repository, branch: str, refusal: ForgeRefused) -> PullRequest | Absent:
        if refusal.status != 422 or "already exists" not in str(refusal):
            return ABSENT
        return await self.find_pull_request(repository, branch)

    async def _ask(
        self, verb: str, address: str, *, query: dict[str, str] | None = None, body: object = None, about: str = "That"
    ) -> httpx.Response:
        response = await self._send(self._request(verb, self._api + address, query=query, body=body))
        if verb == "GET" and response.status_code in (301, 302, 307, 308):
            response = await self._send(self._request(verb, self._moved_to(response)))
        return judged(response, host=self._host, about=about)

    def _request(
        self, verb: str, url: str | httpx.URL, *, query: dict[str, str] | None = None, body: object = None
    ) -> httpx.Request:
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self._token}",
            "X-GitHub-Api-Version": API_VERSION,
        }
        return self._http.build_request(verb, url, params=query, headers=headers, json=body)

    async def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            return await bounded(self._http, request, most_bytes=MOST_BYTES)
        except httpx.RequestError as error:
            raise ForgeUnavailable(f"{self._host} cannot be reached: {error or type(error).__name__}") from error

    def _moved_to(self, response: httpx.Response) -> httpx.URL:
        """Where the answer points, once, and only within the same API: the token goes nowhere else."""
        target = response.url.join(response.headers.get("location", ""))
        if not str(target).startswith(f"{self._api}/"):
            raise ForgeRefused(
                f"{self._host} sends us on to {target.host}, which is not configured. Is the forge's address right?",
                status=response.status_code,
            )
        return target

    def _repository_address(self, path: str) -> str:
        if not _is_path(path):
            raise missing(path=path, host=self._host)
        return f"/repos/{quote(path)}"

    def _pull_request(self, repository: Repository, found: bodies.PullRequest) -> PullRequest:
        return PullRequest(
            number=found.number,
            url=f"{repository.web_url}/pull/{found.number}",
            state="merged" if found.merged_at else found.state,
            head=found.head.ref,
            base=found.base.ref,
            title=found.title,
        )

    def _read(self, response: httpx.Response, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(response.content, type=kind)
        except msgspec.MsgspecError as error:
            raise ForgeUnavailable(
                f"{self._host} did not answer as GitHub does. Is the address of the forge right?"
            ) from error


def _is_path(path: str) -> bool:
    return _PATH.fullmatch(path) is not None and path.partition("/")[2] not in (".", "..")


def _is_of(found: bodies.PullRequest, repository: Repository, branch: str) -> bool:
    return found.head.ref == branch and found.head.repo is not None and found.head.repo.full_name == repository.path
