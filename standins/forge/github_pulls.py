"""Pull requests in GitHub's dialect.

https://docs.github.com/en/enterprise-server@3.19/rest/pulls/pulls
"""

import json
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from standins.forge.github_refusals import Refused, invalid, not_found
from standins.forge.github_shapes import Shapes
from standins.forge.records import AlreadyProposed, PullRequest, Repository, Unknown, User

if TYPE_CHECKING:
    from standins.forge.forge import StandInForge

LONGEST_TITLE = 256


def list_pulls(forge: "StandInForge", request: Request, user: User, repository: Repository) -> Response:
    """Newest first, open ones where nothing else is asked for."""
    query = request.query_params
    state = query.get("state", "open")
    found = [pull for pull in reversed(forge.pull_requests(repository.path)) if state in ("all", pull.state)]
    head, base = query.get("head", ""), query.get("base", "")
    # A filter without an owner is no filter.
    if ":" in head:
        found = [pull for pull in found if f"{repository.owner}:{pull.head}".lower() == head.lower()]
    if base:
        found = [pull for pull in found if pull.base == base]
    size, page = _number(query.get("per_page"), 30), _number(query.get("page"), 1)
    shapes = Shapes(request)
    return JSONResponse([shapes.pull_request_listed(pull, user) for pull in found[(page - 1) * size : page * size]])


def one_pull(forge: "StandInForge", request: Request, user: User, repository: Repository) -> Response:
    """One of them."""
    try:
        found = forge.pull_request(repository.path, request.path_params["number"])
    except Unknown:
        raise not_found() from None
    return JSONResponse(Shapes(request).pull_request(found, user))


def create_pull(forge: "StandInForge", request: Request, user: User, repository: Repository) -> Response:
    """A new one, or the reason why not."""
    wish = _wish(request)
    if repository.archived:
        raise Refused(403, "Repository was archived so is read-only.")
    if repository.access[user.login] != "write":
        raise Refused(403, "Resource not accessible by personal access token")
    made = _proposed(forge, repository, user, wish)
    return JSONResponse(Shapes(request).pull_request(made, user), 201)


def _proposed(forge: "StandInForge", repository: Repository, user: User, wish: dict[str, object]) -> PullRequest:
    title, body = _text(wish, "title"), _text(wish, "body")
    head, base = _text(wish, "head").rpartition(":")[2], _text(wish, "base")
    for field, branch in (("head", head), ("base", base)):
        if not branch or not repository.git.tip(branch):
            raise invalid(field=field, code="invalid" if branch else "missing_field")
    if not title or len(title) > LONGEST_TITLE:
        raise invalid(field="title", code="invalid" if title else "missing_field")
    if not repository.git.commits(f"refs/heads/{head}", without=f"refs/heads/{base}", most=1):
        raise invalid(code="custom", message=f"No commits between {base} and {head}")
    try:
        return forge.propose(
            repository, user, head=head, base=base, title=title, body=body, draft=wish.get("draft") is True
        )
    except AlreadyProposed:
        told = f"A pull request already exists for {repository.owner}:{head}."
        raise invalid(code="custom", message=told) from None


def _wish(request: Request) -> dict[str, object]:
    try:
        wish = json.loads(request.state.body)
    except ValueError:
        wish = None
    if not isinstance(wish, dict):
        raise Refused(400, "Problems parsing JSON")
    return wish


def _text(wish: dict[str, object], name: str) -> str:
    value = wish.get(name)
    return value if isinstance(value, str) else ""


def _number(text: str | None, default: int) -> int:
    return min(max(int(text), 1), 100) if text and text.isdecimal() else default
