"""The forge's pages, for people who rehearse. No sign-in: it runs on loopback."""

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from standins.forge import markup
from standins.forge.records import PullRequest, Repository, Unknown
from standins.forge.repositories import Commit, Conflict
from standins.forge.stylesheet import STYLESHEET

if TYPE_CHECKING:
    from standins.forge.forge import StandInForge

POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
Page = Callable[["StandInForge", Request], Response]


def routes(forge: "StandInForge") -> list[Route]:
    """Every page, and the two buttons of a pull request."""

    def shown(page: Page) -> Callable[[Request], object]:
        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(page, forge, request)

        return endpoint

    return [
        Route("/", shown(_list)),
        Route("/forge.css", lambda _: PlainTextResponse(STYLESHEET, media_type="text/css")),
        Route("/{owner}/{name}", shown(_repository)),
        Route("/{owner}/{name}/pull/{number:int}", shown(_pull)),
        Route("/{owner}/{name}/pull/{number:int}/{deed}", shown(_deed), methods=["POST"]),
    ]


def _list(forge: "StandInForge", request: Request) -> Response:
    rows = "".join(
        f'<li><a class="grow" href="/{escape(found.path)}">{escape(found.path)}</a>{_archived(found)}'
        f'<span class="soft">{_open_count(forge, found)}</span></li>'
        for found in forge.repositories()
    )
    empty = "<li>There is no repository yet.</li>"
    return page("Repositories", f'<h1>Repositories</h1><ul class="rows sheet">{rows or empty}</ul>')


def _repository(forge: "StandInForge", request: Request) -> Response:
    found = forge.find(_path(request))
    if found is None:
        return nothing()
    branches = "".join(
        f'<li><span class="grow"><code>{escape(name)}</code></span></li>' for name in found.git.branches()
    )
    pulls = "".join(_pull_row(pull) for pull in reversed(forge.pull_requests(found.path)))
    clone = f"{request.url.scheme}://{request.url.netloc}/{found.path}.git"
    return page(
        found.path,
        f'<h1>{escape(found.path)} {_archived(found)}</h1><p class="about"><code>{escape(clone)}</code></p>'
        f'<h2>Pull requests</h2><ul class="rows sheet">{pulls or "<li>None yet.</li>"}</ul>'
        f'<h2>Branches</h2><ul class="rows sheet">{branches or "<li>None yet.</li>"}</ul>'
        f"<h2>Commits on main</h2>{_commits(found.git.commits('main', most=20) if found.git.tip('main') else [])}",
    )


def _pull(forge: "StandInForge", request: Request) -> Response:
    try:
        return _shown(forge.pull_request(_path(request), request.path_params["number"]))
    except Unknown:
        return nothing()


def _shown(found: PullRequest, *, note: str = "") -> Response:
    git, path = found.repository.git, found.repository.path
    base, head = found.base_commit, found.head_commit
    added, deleted, files = git.counts(base=base, head=head)
    word = "draft" if found.draft and found.state == "open" else found.standing
    return page(
        f"{found.title} · {path}#{found.number}",
        f'<h1>{escape(found.title)} <span class="soft">#{found.number}</span></h1>'
        f'<p class="about"><span class="badge {found.standing}">{word}</span> '
        f"{escape(found.author.name)} wants to merge <code>{escape(found.head)}</code> into "
        f'<code>{escape(found.base)}</code> of <a href="/{escape(path)}">{escape(path)}</a></p>'
        f"{note}"
        f'<div class="sheet padded text">{markup.text(found.body) or "<p>No description.</p>"}</div>'
        f"{_deeds(found)}"
        f"<h2>Commits</h2>{_commits(git.commits(head, without=base))}"
        f"<h2>{files} changed {'file' if files == 1 else 'files'} "
        f'<span class="added-count">+{added}</span> <span class="deleted-count">−{deleted}</span></h2>'
        f"{markup.diff(git.diff(base=base, head=head))}",
    )


def _deed(forge: "StandInForge", request: Request) -> Response:
    if is_foreign(request):
        return PlainTextResponse("Come from the page itself.", 403)
    path, number = _path(request), request.path_params["number"]
    try:
        if forge.pull_request(path, number).state == "open":
            {"merge": forge.merge, "close": forge.close}[request.path_params["deed"]](path, number)
    except Conflict:
        note = '<p class="note">The branches contradict each other. Resolve that first.</p>'
        return _shown(forge.pull_request(path, number), note=note)
    except (Unknown, KeyError):
        return nothing()
    return RedirectResponse(f"/{path}/pull/{number}", 303)


def is_foreign(request: Request) -> bool:
    """Whether a page elsewhere posted the form: such a page names itself in this header."""
    return request.headers.get("origin", "").partition("://")[2] not in ("", request.url.netloc)


def _path(request: Request) -> str:
    return f"{request.path_params['owner']}/{request.path_params['name']}"


def _archived(found: Repository) -> str:
    return '<span class="badge">archived</span>' if found.archived else ""


def _open_count(forge: "StandInForge", found: Repository) -> str:
    number = sum(pull.state == "open" for pull in forge.pull_requests(found.path))
    return f"{number} open pull request{'' if number == 1 else 's'}"


def _pull_row(found: PullRequest) -> str:
    address = f"/{escape(found.repository.path)}/pull/{found.number}"
    return (
        f'<li><span class="badge {found.standing}">{found.standing}</span>'
        f'<a class="grow" href="{address}">{escape(found.title)}</a>'
        f'<span class="soft">#{found.number} by {escape(found.author.name)}</span></li>'
    )


def _commits(commits: list[Commit]) -> str:
    rows = "".join(
        f'<li><span class="grow">{escape(commit.subject)}</span>'
        f'<span class="soft">{escape(commit.author)}</span> <code>{commit.id[:8]}</code></li>'
        for commit in commits
    )
    return f'<ul class="rows sheet">{rows or "<li>None.</li>"}</ul>'


def _deeds(found: PullRequest) -> str:
    if found.state != "open":
        return ""
    address = f"/{escape(found.repository.path)}/pull/{found.number}"
    return (
        '<div class="deeds">'
        f'<form method="post" action="{address}/merge"><button class="first">Merge</button></form>'
        f'<form method="post" action="{address}/close"><button>Close</button></form></div>'
    )


def nothing() -> Response:
    """For what is not there."""
    return page("Not found", "<h1>Not found</h1><p>There is nothing here.</p>", status=404)


def page(title: str, body: str, *, status: int = 200, root: str = "") -> Response:
    """A whole page. `root` is the context path that the forge is served below."""
    document = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="{escape(root)}/forge.css"></head><body>'
        f'<header class="top"><div><strong><a href="{escape(root)}/">Acme Git</a></strong>'
        "<span>a stand-in forge, to rehearse with</span></div></header>"
        f"<main>{body}</main></body></html>"
    )
    headers = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
    return HTMLResponse(document, status, headers=headers)
