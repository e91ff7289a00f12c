"""Every page, and what its forms do."""

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from standins.jira.issues import may_browse
from standins.jira.pages import consent, html
from standins.jira.pages.answers import Form, answered, form_of
from standins.jira.pages.script import SCRIPT
from standins.jira.pages.stylesheet import STYLESHEET
from standins.jira.records import Issue, User
from standins.jira.signin import YOU_ARE

if TYPE_CHECKING:
    from standins.jira.jira import StandInJira

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
            form = await form_of(request)
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
        *consent.routes(jira),
        Route("/stand-in.css", lambda _: PlainTextResponse(STYLESHEET, media_type="text/css")),
        Route("/stand-in.js", lambda _: PlainTextResponse(SCRIPT, media_type="text/javascript")),
    ]


def _list(jira: "StandInJira", _: Request, user: User) -> Response:
    issues = [issue for issue in jira.issues.all() if may_browse(user, issue.project)]
    return answered(html.issue_list(html.Around(jira.base_path, user, tuple(jira.people.all())), issues))


def _issue(jira: "StandInJira", request: Request, user: User) -> Response:
    issue = _seen(jira, request, user)
    if issue is None:
        return _nothing(jira)
    return answered(html.issue_page(html.Around(jira.base_path, user, tuple(jira.people.all())), issue))


def _panel(jira: "StandInJira", request: Request, user: User) -> Response:
    issue = _seen(jira, request, user)
    if issue is None:
        return _nothing(jira)
    return answered(html.panel(html.Around(jira.base_path, user, tuple(jira.people.all())), issue))


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
        form = await form_of(request)
        if form is None:
            return PlainTextResponse("This form was sent from elsewhere.", status_code=403)
        found = jira.people.by_key(form.get("key", ""))
        back = RedirectResponse(_whence(jira, form), 303)
        if found:
            value = quote(found.key, safe="")
            back.set_cookie(YOU_ARE, value, path=jira.base_path or "/", httponly=True, samesite="lax")
        return back

    return endpoint


def _whence(jira: "StandInJira", form: Form) -> str:
    """The page on which somebody else was chosen."""
    if asked := form.get("consent"):
        return f"{jira.base_path}{consent.CONSENT}?{asked}"
    issue = jira.issues.find(form.get("issue", ""))
    return f"{jira.base_path}/browse/{issue.key}" if issue else f"{jira.base_path}/"


def _seen(jira: "StandInJira", request: Request, user: User) -> Issue | None:
    issue = jira.issues.find(request.path_params["issue"])
    return issue if issue and may_browse(user, issue.project) else None


def _nothing(jira: "StandInJira") -> Response:
    return answered(html.nothing(jira.base_path), 404)
