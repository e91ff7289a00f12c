"""The page on which a person lets an application act for them, or does not."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from standins.jira.oauth.records import Asked, NotForApplications, ToldToApplication, leading_back
from standins.jira.pages import html
from standins.jira.pages.answers import answered, form_of

if TYPE_CHECKING:
    from standins.jira.jira import StandInJira

CONSENT = "/plugins/servlet/oauth2/consent"


def routes(jira: "StandInJira") -> list[Route]:
    """The page, and its two buttons."""

    def asking(request: Request) -> Response:
        with jira.lock:
            asked = _asked(jira, request)
            return asked if isinstance(asked, Response) else _page(jira, request, asked)

    async def decided(request: Request) -> Response:
        form = await form_of(request)
        if form is None:
            return PlainTextResponse("This form was sent from elsewhere.", status_code=403)
        with jira.lock:
            asked = _asked(jira, request)
            return asked if isinstance(asked, Response) else _decided(jira, request, asked, form)

    return [Route(CONSENT, asking), Route(CONSENT, decided, methods=["POST"])]


def refusal(jira: "StandInJira", sentence: str) -> Response:
    """An error page: nobody is sent anywhere."""
    return answered(html.told(jira.base_path, "This application cannot be let in", sentence), 400)


def _asked(jira: "StandInJira", request: Request) -> Asked | Response:
    if request.state.user is None:
        return refusal(jira, "There is nobody here yet who could allow it.")
    try:
        return jira.oauth.asked(request.query_params)
    except NotForApplications as error:
        return refusal(jira, str(error))
    except ToldToApplication as error:
        return _back(error.redirect_uri, error.query)


def _page(jira: "StandInJira", request: Request, asked: Asked) -> Response:
    around = html.Around(jira.base_path, request.state.user, tuple(jira.people.all()))
    address = f"{jira.base_path}{CONSENT}?{request.url.query}"
    site = urlsplit(asked.redirect_uri)
    # Browsers hold a form's redirects against form-action too.
    return answered(html.consent(around, asked, address), form_leads_to=f"{site.scheme}://{site.netloc}")


def _decided(jira: "StandInJira", request: Request, asked: Asked, form: dict[str, str]) -> Response:
    state = {"state": asked.state} if asked.state else {}
    if form.get("decision") != "allow":
        denied = {"error": "access_denied", "error_description": "The user denied the request"}
        return _back(asked.redirect_uri, {**denied, **state})
    return _back(asked.redirect_uri, {"code": jira.oauth.allow(asked, request.state.user).code, **state})


def _back(redirect_uri: str, query: dict[str, str]) -> Response:
    return RedirectResponse(leading_back(redirect_uri, query), 303)
