"""What every answer of the pages carries, how files are answered, and what a form's address says without one."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]
from whitenoise.responders import StaticFile  # type: ignore[import-untyped]

GetResponse = Callable[[HttpRequest], HttpResponseBase] | Callable[[HttpRequest], Awaitable[HttpResponseBase]]

# Own files only: no inline script or style, nothing from elsewhere, no framing. Text of an agent that got past
# escaping could still load and run nothing.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


class ContentSecurityPolicy:
    """Says on every answer what a browser may load, and keeps pages out of shared and lasting caches."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        answer = self._get_response(request)
        return _guarded(answer) if isinstance(answer, HttpResponseBase) else _guarded_later(answer)


class FormsOnly:
    """Gives who opens a form's address like a page a page: by loading it again, or after signing in anew."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        answer = self._get_response(request)
        if not isinstance(answer, HttpResponseBase):
            return self._later(request, answer)
        return _not_a_page(request, answer) if _opened_like_a_page(request, answer) else answer

    async def _later(self, request: HttpRequest, answer: Awaitable[HttpResponseBase]) -> HttpResponseBase:
        found = await answer
        if _opened_like_a_page(request, found):
            return await sync_to_async(_not_a_page)(request, found)
        return found


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]  # whitenoise has no types
    """Whitenoise, answering with the whole file: Django warns of pieces under ASGI, and our files are small."""

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        """The file, or 304 where the browser has it."""
        found = static_file.get_response(request.method, request.META)
        content = b""
        if found.file is not None:
            with found.file as file:
                content = file.read()
        response = HttpResponse(content, status=int(found.status))
        del response["Content-Type"]
        for name, value in found.headers:
            response[name] = value
        return response


def _opened_like_a_page(request: HttpRequest, answer: HttpResponseBase) -> bool:
    return answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED and request.method == "GET"


def _not_a_page(request: HttpRequest, answer: HttpResponseBase) -> HttpResponse:
    page = render(request, "405.html", {"above": page_above(request.path)}, status=answer.status_code)
    page.headers["Allow"] = answer.headers["Allow"]
    return page


def page_above(path: str) -> str:
    """The nearest page that the address lies below, of those that are there for everything: a list, or a section."""
    while path := path.rpartition("/")[0]:
        with suppress(Resolver404):
            if not resolve(path).kwargs:
                return path
    return reverse("runs")


async def _guarded_later(answer: Awaitable[HttpResponseBase]) -> HttpResponseBase:
    return _guarded(await answer)


def _guarded(response: HttpResponseBase) -> HttpResponseBase:
    response.headers.setdefault("Content-Security-Policy", POLICY)
    if response.headers.get("Content-Type", "").startswith("text/html"):
        response.headers.setdefault("Cache-Control", "private, no-store")
    return response
