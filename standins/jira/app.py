"""The one table of addresses."""

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from standins.jira.oauth import endpoints
from standins.jira.pages import routes as pages
from standins.jira.refusals import Refused
from standins.jira.rest import routes as rest
from standins.jira.signin import SignIn

if TYPE_CHECKING:
    from standins.jira.jira import StandInJira


def application(jira: "StandInJira") -> ASGIApp:
    """REST and pages below the context path."""
    oauth = endpoints.routes(jira) if jira.settings.line.oauth else []
    below: list[BaseRoute] = [*rest.routes(jira), *oauth, *pages.routes(jira)]
    routes: list[BaseRoute] = below
    if jira.base_path:
        home = f"{jira.base_path}/"
        routes = [Route("/", lambda _: RedirectResponse(home)), Mount(jira.base_path, routes=below)]
    handlers = {Refused: _refused, HTTPException: _missing}
    return SignIn(jira, Starlette(routes=routes, exception_handlers=handlers))


def _refused(_: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refused)
    return JSONResponse(dict(refusal.body), status_code=refusal.status)


def _missing(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = {404: f"null for uri: {request.url.path}", 405: "Method Not Allowed"}
    message = words.get(error.status_code, error.detail)
    return JSONResponse({"message": message, "status-code": error.status_code}, status_code=error.status_code)
