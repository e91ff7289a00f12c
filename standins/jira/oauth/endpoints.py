"""The three addresses of the provider. The token's is the only one that programs call."""

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from standins.jira.oauth.records import NotForApplications, TokenRefused, ToldToApplication, leading_back
from standins.jira.pages.consent import CONSENT, refusal

if TYPE_CHECKING:
    from standins.jira.jira import StandInJira

BELOW = "/rest/oauth2/latest"
FORM = "application/x-www-form-urlencoded"
MOST_BYTES = 64 * 1024
# What Jersey says where a method that reads a form gets something else: it surfaces as a failure of Jira's own.
NO_FORM = (
    "The @FormParam is utilized when the content type of the request entity is not application/x-www-form-urlencoded"
)
Form = dict[str, str]


def routes(jira: "StandInJira") -> list[Route]:
    """Where people are sent, and where codes and tokens are taken."""

    def authorize(request: Request) -> Response:
        with jira.lock:
            return _sent_on(jira, request)

    return [
        Route(f"{BELOW}/authorize", authorize),
        Route(f"{BELOW}/token", _endpoint(jira, lambda form: JSONResponse(jira.oauth.answer(form))), methods=["POST"]),
        Route(f"{BELOW}/revoke", _endpoint(jira, lambda form: _revoked(jira, form)), methods=["POST"]),
    ]


def _sent_on(jira: "StandInJira", request: Request) -> Response:
    try:
        jira.oauth.asked(request.query_params)
    except NotForApplications as error:
        return refusal(jira, str(error))
    except ToldToApplication as error:
        return RedirectResponse(leading_back(error.redirect_uri, error.query), 302)
    return RedirectResponse(f"{jira.base_path}{CONSENT}?{request.url.query}", 302)


def _endpoint(jira: "StandInJira", answer: Callable[[Form], Response]) -> Callable[[Request], object]:
    async def endpoint(request: Request) -> Response:
        body = await request.body()
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            return JSONResponse({"message": NO_FORM, "status-code": 500}, status_code=500)
        form = dict(parse_qsl(body[:MOST_BYTES].decode(errors="replace"), keep_blank_values=True, max_num_fields=50))
        with jira.lock:
            return _kept_private(_answered(answer, form))

    return endpoint


def _answered(answer: Callable[[Form], Response], form: Form) -> Response:
    try:
        return answer(form)
    except TokenRefused as refused:
        return JSONResponse(refused.body, status_code=refused.status)


def _revoked(jira: "StandInJira", form: Form) -> Response:
    jira.oauth.revoke(form)
    return Response(status_code=200)


def _kept_private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response
