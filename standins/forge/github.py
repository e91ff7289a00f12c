"""GitHub's REST dialect, as an Enterprise Server speaks it under /api/v3. What it does not know it refuses.

https://docs.github.com/en/enterprise-server@3.19/rest
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from standins.forge.github_pulls import create_pull, list_pulls, one_pull
from standins.forge.github_refusals import DOCUMENTS, Refused, not_found, refused
from standins.forge.github_shapes import Shapes
from standins.forge.records import Repository, User

if TYPE_CHECKING:
    from standins.forge.forge import StandInForge

Answer = Callable[["StandInForge", Request, User], Response]
InRepository = Callable[["StandInForge", Request, User, Repository], Response]
MOST_BODY = 1024 * 1024


def routes(forge: "StandInForge") -> list[Route]:
    """Every call that is known; a last route refuses all others in GitHub's shape."""
    pulls = "/api/v3/repos/{owner}/{repo}/pulls"

    def route(path: str, *, verb: str, answer: Answer) -> Route:
        return Route(path, _asked(forge, answer), methods=[verb])

    return [
        route("/api/v3/user", verb="GET", answer=_myself),
        route("/api/v3/user/emails", verb="GET", answer=_emails),
        route("/api/v3/repositories/{id:int}", verb="GET", answer=_by_id),
        route("/api/v3/repos/{owner}/{repo}", verb="GET", answer=_in_repository(_repository)),
        route(pulls, verb="GET", answer=_in_repository(list_pulls)),
        route(pulls, verb="POST", answer=_in_repository(create_pull)),
        route(f"{pulls}/{{number:int}}", verb="GET", answer=_in_repository(one_pull)),
        Route("/api/v3{rest:path}", _asked(forge, _unknown), methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]


def _asked(forge: "StandInForge", answer: Answer) -> Callable[[Request], object]:
    async def endpoint(request: Request) -> Response:
        request.state.body = await _body(request)
        try:
            user = _user(forge, request)
            request.state.user = user.login
            return await run_in_threadpool(answer, forge, request, user)
        except Refused as refusal:
            return refused(refusal)

    return endpoint


def _in_repository(answer: InRepository) -> Answer:
    """Answers for a repository that the user may see; one that was renamed sends on to its number."""

    def found(forge: "StandInForge", request: Request, user: User) -> Response:
        path = f"{request.path_params['owner']}/{request.path_params['repo']}"
        repository = forge.find(path)
        if repository is None or user.login not in repository.access:
            raise not_found()
        if repository.path.lower() != path.lower():
            return _moved(request, repository, path)
        return answer(forge, request, user, repository)

    return found


def _moved(request: Request, repository: Repository, path: str) -> Response:
    rest = request.url.path.removeprefix(f"/api/v3/repos/{path}")
    url = f"{Shapes(request).api}/repositories/{repository.id}{rest}"
    # A method other than GET keeps its body with 307.
    status = 301 if request.method == "GET" else 307
    body = {"message": "Moved Permanently", "url": url, "documentation_url": DOCUMENTS}
    return JSONResponse(body, status, headers={"Location": url})


def _user(forge: "StandInForge", request: Request) -> User:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        raise Refused(401, "Requires authentication")
    user = forge.user_of(token.strip()) if scheme.lower() in ("bearer", "token") else None
    if user is None:
        raise Refused(401, "Bad credentials")
    return user


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BODY:
            break
    return body


def _myself(forge: "StandInForge", request: Request, user: User) -> Response:
    return JSONResponse(Shapes(request).myself(user))


def _emails(forge: "StandInForge", request: Request, user: User) -> Response:
    return JSONResponse([{"email": user.email, "primary": True, "verified": True, "visibility": "public"}])


def _by_id(forge: "StandInForge", request: Request, user: User) -> Response:
    repository = forge.by_id(request.path_params["id"])
    if repository is None or user.login not in repository.access:
        raise not_found()
    return _repository(forge, request, user, repository)


def _repository(forge: "StandInForge", request: Request, user: User, repository: Repository) -> Response:
    return JSONResponse(Shapes(request).repository(repository, user))


def _unknown(forge: "StandInForge", request: Request, user: User) -> Response:
    raise not_found()
