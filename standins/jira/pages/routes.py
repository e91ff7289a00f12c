"""Every page, and what its forms do."""

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from standins.jira.issues import may_browse
from standins.jira.pages import html
from standins.jira.pages.script import SCRIPT
from standins.jira.pages.stylesheet import STYLESHEET
from standins.jira.records import Issue, User
from standins.jira.signin import YOU_ARE, same_origin

if TYPE_CHECKING:
    from standins.jira.jira import StandInJira

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
MOST_FORM_BYTES = 400_000
Form = dict[str, str]
Page = Callable[["StandInJira", Request, User], Response]
Deed = Callable[["StandInJira", Issue, User, Form], None]


def routes(jira: "StandInJira") -> list[Route]:
    """The pages' addresses, below the context path."""

    def shown(page: Page) -> Callable[[Request], Response]:
        def endpoint(request: Request) -> Response:
            with jira.lock:
                user: User | None = request.state.user
                return page(jira, request, user) if user else _nothing(jira)

        return endpoint

    def done(deed: Deed) -> Callable[[Request], object]:
        async def endpoint(request: Request) -> Response:
            form = await _form(request)
            if form is None:
                return PlainTextResponse("This form was sent from elsewhere.", status_code=403)
            with jira.lock:
                return _carried_out(jira, request, deed, form)

        return endpoint

    return [
        Route("/", shown(_list)),
        Route("/browse/{issue}", shown(_issue)),
        Route("/browse/{issue}/panel", shown(_panel)),
        Route("/browse/{issue}/comment", done(_comment), methods=["POST"]),
        Route("/browse/{issue}/labels", done(_labels), methods=["POST"]),
        Route("/you-are", _you_are(jira), methods=["POST"]),
        Route("/stand-in.css", lambda _: PlainTextResponse(STYLESHEET, media_type="text/css")),
        Route("/stand-in.js", lambda _: PlainTextResponse(SCRIPT, media_type="text/javascript")),
    ]


def _list(jira: "StandInJira", _: Request, user: User) -> Response:
    issues = [issue for issue in jira.issues.all() if may_browse(user, issue.project)]
    return _answer(html.issue_list(html.Around(jira.base_path, user, tuple(jira.people.all())), issues))


def _issue(jira: "StandInJira", request: Request, user: User) -> Response:
    issue = _seen(jira, request, user)
    if issue is None:
        return _nothing(jira)
    return _answer(html.issue_page(html.Around(jira.base_path, user, tuple(jira.people.all())), issue))


def _panel(jira: "StandInJira", request: Request, user: User) -> Response:
    issue = _seen(jira, request, user)
    if issue is None:
        return _nothing(jira)
    return _answer(html.panel(html.Around(jira.base_path, user, tuple(jira.people.all())), issue))


def _carried_out(jira: "StandInJira", request: Request, deed: Deed, form: Form) -> Response:
    user: User | None = request.state.user
    issue = _seen(jira, request, user) if user else None
    if user is None or issue is None:
        return _nothing(jira)
    deed(jira, issue, user, form)
    return RedirectResponse(f"{jira.base_path}/browse/{issue.key}", status_code=303)


def _comment(jira: "StandInJira", issue: Issue, user: User, form: Form) -> None:
    # Browsers send line ends as CRLF, and Jira keeps them so.
    text = form.get("body", "")
    if text.strip():
        jira.comment(issue.key, user, text)


def _labels(jira: "StandInJira", issue: Issue, user: User, form: Form) -> None:
    jira.label(issue.key, by=user, add=form.get("add", "").split(), remove=form.get("remove", "").split())


def _you_are(jira: "StandInJira") -> Callable[[Request], object]:
    async def endpoint(request: Request) -> Response:
        form = await _form(request)
        if form is None:
            return PlainTextResponse("This form was sent from elsewhere.", status_code=403)
        found = jira.people.by_key(form.get("key", ""))
        issue = jira.issues.find(form.get("issue", ""))
        back = RedirectResponse(f"{jira.base_path}/browse/{issue.key}" if issue else f"{jira.base_path}/", 303)
        if found:
            value = quote(found.key, safe="")
            back.set_cookie(YOU_ARE, value, path=jira.base_path or "/", httponly=True, samesite="lax")
        return back

    return endpoint


async def _form(request: Request) -> Form | None:
    """What a form says; None where another site's page sent it, or where it is far too long."""
    if same_origin(request.headers) is False:
        return None
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_FORM_BYTES:
            return None
    return dict(parse_qsl(body.decode(errors="replace"), max_num_fields=20))


def _seen(jira: "StandInJira", request: Request, user: User) -> Issue | None:
    issue = jira.issues.find(request.path_params["issue"])
    return issue if issue and may_browse(user, issue.project) else None


def _answer(text: str, status: int = 200) -> Response:
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return HTMLResponse(text, status_code=status, headers=headers)


def _nothing(jira: "StandInJira") -> Response:
    return _answer(html.nothing(jira.base_path), 404)
