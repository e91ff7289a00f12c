"""One REST call: who makes it, what it says, and what it may see."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from standins.jira.issues import may_browse, may_read
from standins.jira.oauth.records import covers
from standins.jira.records import Comment, Issue, User
from standins.jira.refusals import refused, seraph, unauthenticated
from standins.jira.shapes import Json, Shapes

if TYPE_CHECKING:
    from standins.jira.jira import StandInJira

NO_ISSUE = "Issue Does Not Exist"


@dataclass(frozen=True)
class Call:
    """A request. `user` None is nobody; `sent` is its JSON, None where there was none.

    `scope` is how far the caller's credential goes.
    """

    jira: "StandInJira"
    user: User | None
    path: Mapping[str, str]
    query: Mapping[str, str]
    sent: object
    scope: str

    @property
    def shapes(self) -> Shapes:
        """Makes JSON for this caller."""
        return Shapes(self.jira.base_url, self.jira.settings.email_visibility, self.user)

    @property
    def body(self) -> Json:
        """The JSON object that was sent."""
        if not isinstance(self.sent, dict):
            raise refused(400, "Can not deserialize instance: a JSON object is expected.")
        return self.sent

    def someone(self) -> User:
        """The caller, who must be somebody."""
        if self.user is None:
            raise unauthenticated()
        return self.user

    def administrator(self) -> User:
        """The caller, who must be an administrator."""
        user = self.someone()
        if not self.may_administer(user):
            raise seraph(403, "You do not have the permission: Administer Jira is required.")
        return user

    def may_administer(self, user: User) -> bool:
        """Whether this user may administer Jira, with this credential."""
        return user.administrator and covers(self.scope, "ADMIN")

    def issue(self) -> Issue:
        """The issue in the path, if the caller may see it."""
        issue = self.jira.issues.find(self.path["issue"])
        if issue is not None and may_browse(self.user, issue.project):
            return issue
        nobody = self.jira.settings.anonymous_issue
        if self.user is None and nobody != 404:
            raise refused(nobody, "You do not have the permission to see the specified issue.", "Login Required")
        raise refused(404, NO_ISSUE)

    def comment(self) -> tuple[Issue, Comment]:
        """The comment in the path and its issue, if the caller may see both."""
        comment_id = self.path["comment"]
        found = self.jira.issues.find_comment(comment_id)
        if "issue" in self.path:
            issue = self.issue()
            found = (issue, issue.comments[comment_id]) if comment_id in issue.comments else None
        if found and may_browse(self.user, found[0].project) and may_read(self.user, found[1], found[0].project):
            return found
        raise refused(404, f"Can not find a comment for the id: {comment_id}.")

    def number(self, name: str, otherwise: int) -> int:
        """A number in the query."""
        return number(self.query.get(name), otherwise)

    def flag(self, name: str, *, otherwise: bool = False) -> bool:
        """A yes or no in the query."""
        return self.query.get(name, str(otherwise)).lower() == "true"

    def listed(self, name: str) -> list[str]:
        """A list with commas in the query."""
        return words(self.query.get(name, ""))


Answer = Callable[[Call], Response]


def route(jira: "StandInJira", method: str, path: str, answer: Answer) -> Route:
    """One address and its answer, given while nothing else happens to the Jira's state."""
    return Route(f"/rest{path}", _endpoint(jira, answer), methods=[method])


def _endpoint(jira: "StandInJira", answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        sent = _decoded(request, await request.body())
        user: User | None = request.state.user
        with jira.lock:
            return answer(Call(jira, user, request.path_params, request.query_params, sent, request.state.scope))

    return endpoint


def _decoded(request: Request, body: bytes) -> object:
    if not body:
        return None
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise seraph(415, "Unsupported Media Type")
    try:
        return json.loads(body)
    except ValueError as error:
        raise refused(400, f"Unexpected character: {error}") from error


def words(value: object) -> list[str]:
    """Names in a list, or in one text with commas."""
    parts = value if isinstance(value, list) else str(value or "").split(",")
    return [str(part).strip() for part in parts if str(part).strip()]


def number(value: object, otherwise: int) -> int:
    """A number that may be written as text; 400 where it is none."""
    if value is None or value == "":
        return otherwise
    if isinstance(value, int):
        return value
    text = str(value)
    if not text.removeprefix("-").isdecimal():
        raise refused(400, f"'{text}' is not a number.")
    return int(text)


def answered(body: object, status: int = 200) -> Response:
    """JSON."""
    return JSONResponse(body, status_code=status)


def nothing(status: int = 204) -> Response:
    """No body."""
    return Response(status_code=status)
