"""GitHub's REST dialect, as an Enterprise Server speaks it under /api/v3. What it does not know it refuses.

https://docs.github.com/en/enterprise-server@3.19/rest
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from standins.forge.github_applications import forget_token
from standins.forge.github_pulls import create_pull, list_pulls, one_pull
from standins.forge.github_refusals import DOCUMENTS, Refused, not_found, refused
from standins.forge.github_shapes import Shapes
from standins.forge.records import Repository, User
from standins.forge.tokens import Token

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
        Route("/api/v3/applications/{client_id}/token", _forgotten(forge), methods=["DELETE"]),
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
            token = _token(forge, request)
        except Refused as refusal:
            return refused(refusal)
        request.state.token, user = token, forge.owner(token)
        request.state.user = user.login
        try:
            response = await run_in_threadpool(answer, forge, request, user)
        except Refused as refusal:
            response = refused(refusal)
        response.headers.update(_about(token))
        return response

    return endpoint


def _forgotten(forge: "StandInForge") -> Callable[[Request], object]:
    async def endpoint(request: Request) -> Response:
        request.state.body = await _body(request)
        try:
            return forget_token(forge, request)
        except Refused as refusal:
            return refused(refusal)

    return endpoint


def _about(token: Token) -> dict[str, str]:
    """What the headers say of the token: scopes for those that have them, the end for those that end.

    https://docs.github.com/en/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens
    """
    told = {"X-OAuth-Scopes": ", ".join(token.scopes)} if token.has_scopes else {}
    if token.ends_at and not token.client_id:
        told["github-authentication-token-expiration"] = token.ends_at.strftime("%Y-%m-%d %H:%M:%S UTC")
    return told


def _in_repository(answer: InRepository) -> Answer:
    """Answers for a repository that the user may see; one that was renamed sends on to its number."""

    def found(forge: "StandInForge", request: Request, user: User) -> Response:
        path = f"{request.path_params['owner']}/{request.path_params['repo']}"
        repository = forge.find(path)
        if repository is None or not _sees(request, user, repository):
            raise not_found()
        if repository.path.lower() != path.lower():
            return _moved(request, repository, path)
        return answer(forge, request, user, repository)

    return found


def _moved(request: Request, repository: Repository, path: str) -> Response:
    rest = request.url.path.partition(f"/api/v3/repos/{path}")[2]
    url = f"{Shapes(request).api}/repositories/{repository.id}{rest}"
    # A method other than GET keeps its body with 307.
    status = 301 if request.method == "GET" else 307
    body = {"message": "Moved Permanently", "url": url, "documentation_url": DOCUMENTS}
    return JSONResponse(body, status, headers={"Location": url})


def _token(forge: "StandInForge", request: Request) -> Token:
    scheme, _, raw = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        raise Refused(401, "Requires authentication")
    token = forge.tokens.find(raw.strip()) if scheme.lower() in ("bearer", "token") else None
    if token is None:
        raise Refused(401, "Bad credentials")
    return token


def _sees(request: Request, user: User, repository: Repository) -> bool:
    return user.login in repository.access and request.state.token.may_see_code


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
    # https://docs.github.com/en/rest/users/emails: classic tokens and those of OAuth Apps need this scope.
    if request.state.token.has_scopes and not request.state.token.has("user:email"):
        raise not_found()
    return JSONResponse(Shapes(request).addresses(user, request.url.hostname or ""))


def _by_id(forge: "StandInForge", request: Request, user: User) -> Response:
    repository = forge.by_id(request.path_params["id"])
    if repository is None or not _sees(request, user, repository):
        raise not_found()
    return _repository(forge, request, user, repository)


def _repository(forge: "StandInForge", request: Request, user: User, repository: Repository) -> Response:
    return JSONResponse(Shapes(request).repository(repository, user))


def _unknown(forge: "StandInForge", request: Request, user: User) -> Response:
    raise not_found()
