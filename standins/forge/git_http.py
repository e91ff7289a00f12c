"""Git over HTTP: the real `git http-backend`, behind the forge's own access rules.

https://git-scm.com/docs/git-http-backend
"""

import base64
import binascii
import subprocess
import tempfile
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from standins.forge.records import Repository, User
from standins.forge.repositories import clean_environment
from standins.forge.tokens import Token

if TYPE_CHECKING:
    from standins.forge.forge import StandInForge

MOST_BODY = 512 * 1024 * 1024
_SERVICES = {"git-upload-pack", "git-receive-pack"}


def routes(forge: "StandInForge") -> list[Route]:
    """The smart protocol's three addresses, and nothing of the dumb one."""

    async def endpoint(request: Request) -> Response:
        rest = request.path_params["rest"]
        service = request.query_params.get("service", "") if rest == "info/refs" else rest
        if service not in _SERVICES:
            return PlainTextResponse("Please upgrade your git client.\n", 403)
        token = _token(forge, request)
        if token is None:
            return PlainTextResponse(
                "Invalid username or token.\n", 401, headers={"WWW-Authenticate": 'Basic realm="GitHub"'}
            )
        request.state.token, request.state.user = token, token.login
        return await _served(forge, request, forge.owner(token), service)

    return [Route("/{owner}/{name}.git/{rest:path}", endpoint, methods=["GET", "POST"])]


async def _served(forge: "StandInForge", request: Request, user: User, service: str) -> Response:
    path = f"{request.path_params['owner']}/{request.path_params['name']}"
    repository = forge.find(path)
    if repository is None or user.login not in repository.access or not request.state.token.may_see_code:
        return PlainTextResponse("Repository not found.\n", 404)
    if repository.path.lower() != path.lower():
        moved = str(request.url).replace(f"/{path}.git/", f"/{repository.path}.git/", 1)
        return RedirectResponse(moved, 301)
    if service == "git-receive-pack" and (refusal := _may_not_push(repository, request.state.token)):
        return PlainTextResponse(refusal, 403)
    # The body is read to its end first: http-backend answers with headers before it has read, and a server that
    # streams both ways then waits for ever.
    with tempfile.TemporaryFile() as body:
        length = await _spool(request, body)
        return await run_in_threadpool(_backend, repository, request, user, body, length)


def _may_not_push(repository: Repository, token: Token) -> str:
    if repository.archived:
        return "This repository was archived so it is read-only.\n"
    if repository.access[token.login] != "write":
        return f"Permission to {repository.path}.git denied to {token.login}.\n"
    if not token.may_write_code:
        return "Write access to repository not granted.\n"
    return ""


def _token(forge: "StandInForge", request: Request) -> Token | None:
    """Any user name does; the password is the token."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        _, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return forge.tokens.find(password)


async def _spool(request: Request, body: IO[bytes]) -> int:
    length = 0
    async for chunk in request.stream():
        length += body.write(chunk)
        if length > MOST_BODY:
            raise ValueError("A push to the stand-in forge is too large.")
    body.seek(0)
    return length


def _backend(repository: Repository, request: Request, user: User, body: IO[bytes], length: int) -> Response:
    answer = tempfile.TemporaryFile()  # noqa: SIM115  closed by the one who streams it
    subprocess.run(
        ["git", "http-backend"],
        stdin=body,
        stdout=answer,
        stderr=subprocess.DEVNULL,
        env=_cgi(repository, request, user, length),
        check=False,
        timeout=120,
    )
    answer.seek(0)
    status, headers = _head(answer)
    return StreamingResponse(_rest(answer), status, headers=headers)


def _cgi(repository: Repository, request: Request, user: User, length: int) -> dict[str, str]:
    folder = repository.git.folder
    return {
        **clean_environment(),
        "GIT_PROJECT_ROOT": str(folder.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{folder.name}/{request.path_params['rest']}",
        "QUERY_STRING": request.url.query,
        "REQUEST_METHOD": request.method,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(length),
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        "REMOTE_USER": user.login,
        "REMOTE_ADDR": "127.0.0.1",
    }


def _head(answer: IO[bytes]) -> tuple[int, dict[str, str]]:
    status, headers = 200, {}
    for line in iter(answer.readline, b""):
        name, _, value = line.decode("latin-1").strip().partition(": ")
        if not name:
            break
        if name.lower() == "status":
            status = int(value.split(" ")[0])
        else:
            headers[name] = value
    return status, headers


def _rest(answer: IO[bytes]) -> Iterator[bytes]:
    with answer:
        while chunk := answer.read(65536):
            yield chunk
