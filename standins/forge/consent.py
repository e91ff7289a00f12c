"""GitHub's OAuth for people and for their applications: the consent page and the token endpoint.

https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps#web-application-flow
"""

import json
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from standins.forge.applications import Application, TokenRefused
from standins.forge.pages import POLICY, is_foreign, nothing, page
from standins.forge.tokens import Token

if TYPE_CHECKING:
    from standins.forge.forge import StandInForge

MOST_BODY = 64 * 1024


def routes(forge: "StandInForge") -> list[Route]:
    """The two addresses that GitHub has for it."""

    async def authorize(request: Request) -> Response:
        return await _authorize(forge, request)

    async def access_token(request: Request) -> Response:
        return await _access_token(forge, request)

    return [
        Route("/login/oauth/authorize", authorize, methods=["GET", "POST"]),
        Route("/login/oauth/access_token", access_token, methods=["POST"]),
    ]


async def _authorize(forge: "StandInForge", request: Request) -> Response:
    application = forge.applications.find(request.query_params.get("client_id", ""))
    if application is None:
        return nothing()
    # The first callback is the one to go to where the caller names none, and where it names a wrong one.
    callback = request.query_params.get("redirect_uri") or application.callbacks[0]
    if not application.takes(callback):
        return _back(application.callbacks[0], request, **TokenRefused("redirect_uri_mismatch").told())
    if request.query_params.get("code_challenge_method", "S256") != "S256":
        return _back(callback, request, **TokenRefused("invalid_request").told())
    if request.method == "GET":
        return _asking(forge, request, application, callback)
    return await _answered(forge, request, application, callback)


async def _answered(forge: "StandInForge", request: Request, application: Application, callback: str) -> Response:
    if is_foreign(request):
        return PlainTextResponse("Come from the page itself.", 403)
    form = await _form(request)
    if form.get("decision") != "allow":
        return _back(callback, request, **TokenRefused("access_denied").told())
    person = forge.user(form.get("login", ""))
    if person is None:
        return PlainTextResponse("There is no such account.", 422)
    query = request.query_params
    code = forge.applications.allow(
        application,
        person.login,
        callback=callback,
        scope=query.get("scope", ""),
        challenge=query.get("code_challenge", ""),
    )
    return _back(callback, request, code=code)


def _back(callback: str, request: Request, **told: str) -> Response:
    state = request.query_params.get("state")
    query = urlencode({**told, **({"state": state} if state is not None else {})})
    return RedirectResponse(f"{callback}{'&' if '?' in callback else '?'}{query}", 302)


def _asking(forge: "StandInForge", request: Request, application: Application, callback: str) -> Response:
    wanted = request.query_params.get("login", "")
    people = "".join(
        f'<li><label><input type="radio" name="login" value="{escape(person.login)}" required'
        f"{' checked' if person.login == wanted else ''}> {escape(person.name)} "
        f'<span class="soft">{escape(person.login)}</span></label></li>'
        for person in forge.users()
    )
    site = urlsplit(callback)
    response = page(
        f"Authorize {application.name}",
        f"<h1>Authorize {escape(application.name)}?</h1>"
        f'<p class="about">It wants to act for you and to push to repositories that you may push to. '
        f"You go back to <code>{escape(site.netloc)}</code>.</p>"
        f'<form method="post"><p>This is a rehearsal: say who you are.</p><ul class="rows sheet">{people}</ul>'
        '<div class="deeds"><button class="first" name="decision" value="allow">Authorize</button>'
        '<button name="decision" value="deny" formnovalidate>Cancel</button></div></form>',
        root=request.scope.get("root_path", ""),
    )
    # A form's answer may lead only where the policy says, and this one leads back to the application.
    response.headers["Content-Security-Policy"] = POLICY.replace(
        "form-action 'self'", f"form-action 'self' {site.scheme}://{site.netloc}"
    )
    return response


async def _access_token(forge: "StandInForge", request: Request) -> Response:
    try:
        asked = {**dict(request.query_params), **await _form(request)}
        if forge.applications.find(asked.get("client_id", "")) is None:
            return JSONResponse({"error": "Not Found"}, 404)
        told = _given(forge.applications.tokens(asked))
    except TokenRefused as refusal:
        # GitHub says no with status 200.
        told = dict(refusal.told())
    if "json" in request.headers.get("accept", ""):
        return JSONResponse(told)
    return Response(urlencode(told), media_type="application/x-www-form-urlencoded; charset=utf-8")


def _given(token: Token) -> dict[str, object]:
    lasting: dict[str, object] = {
        "access_token": token.raw,
        "scope": ",".join(token.scopes),
        "token_type": "bearer",
    }
    return {**lasting, **token.refreshing} if token.refresh else lasting


async def _form(request: Request) -> dict[str, str]:
    """The fields of a body, form-encoded or JSON."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BODY:
            return {}
    if "json" in request.headers.get("content-type", ""):
        try:
            read = json.loads(body)
        except ValueError:
            return {}
        return {str(name): str(value) for name, value in read.items()} if isinstance(read, dict) else {}
    return dict(parse_qsl(body.decode("utf-8", "replace")))
