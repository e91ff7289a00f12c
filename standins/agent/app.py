"""The stand-in agent-server, as ASGI. Configured by variables, like the real one."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from standins.agent import loop, shapes
from standins.agent.asked import Fields, Unprocessable, body_of, command, identifier, new_conversation
from standins.agent.configuration import Configuration
from standins.agent.conversation import Conversation
from standins.agent.terminal import execute

MOST_IN_A_PAGE = 100


class StandInAgent:
    """One agent-server with its conversations."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.conversations: dict[str, Conversation] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.app: Starlette = Starlette(
            routes=_routes(self),
            lifespan=self._lifespan,
            exception_handlers={HTTPException: _refused, Unprocessable: _unprocessable},
        )

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        for file in sorted(self.configuration.conversations.glob("*/asked.json")):
            kept = Conversation.load(file.parent, seal=self.configuration.seal)
            self.conversations[kept.id] = kept
        yield
        for task in self._tasks.values():
            await loop.ended(task)

    async def ready(self, _request: Request) -> Response:
        """GET /ready"""
        return JSONResponse({"status": "ready"})

    async def server_info(self, _request: Request) -> Response:
        """GET /server_info"""
        return JSONResponse({"title": "OpenHands Agent Server", "version": "1.58.0", "sdk_version": "1.58.0"})

    async def create(self, request: Request) -> Response:
        """POST /api/conversations"""
        self._admit(request)
        asked = new_conversation(await body_of(request))
        known = self.conversations.get(asked.id)
        if known:
            return JSONResponse(known.info(), status_code=200)
        if asked.run:
            self._place()
        folder = self.configuration.conversations / uuid.UUID(asked.id).hex
        conversation = Conversation.begin(folder, asked, seal=self.configuration.seal)
        self.conversations[asked.id] = conversation
        if asked.run:
            self._start(conversation)
        return JSONResponse(conversation.info(), status_code=201)

    async def show(self, request: Request) -> Response:
        """GET /api/conversations/{id}"""
        return JSONResponse(self._named(request).info())

    async def run(self, request: Request) -> Response:
        """POST /api/conversations/{id}/run"""
        conversation = self._named(request)
        if conversation.status == "running":
            raise HTTPException(409, "Conversation already running. Wait for completion or pause first.")
        if conversation.status != "finished":
            self._place()
            self._start(conversation)
        return JSONResponse({"success": True})

    async def interrupt(self, request: Request) -> Response:
        """POST /api/conversations/{id}/interrupt"""
        conversation = self._named(request)
        if conversation.status == "running":
            await loop.ended(self._tasks.get(conversation.id))
        # It may have ended by itself meanwhile.
        if conversation.status == "running":
            loop.interrupt(conversation)
        return JSONResponse({"success": True})

    async def events(self, request: Request) -> Response:
        """GET /api/conversations/{id}/events/search"""
        conversation, asked = self._named(request), request.query_params
        events = list(conversation.events)
        if asked.get("sort_order") == "TIMESTAMP_DESC":
            events.reverse()
        ids = [event["id"] for event in events]
        start = ids.index(asked["page_id"]) if asked.get("page_id") in ids else 0
        wanted = [event for event in events[start:] if asked.get("kind") in (None, event["kind"])]
        limit = _limit(asked.get("limit"))
        after = wanted[limit]["id"] if len(wanted) > limit else None
        return JSONResponse({"items": wanted[:limit], "next_page_id": after})

    async def final_response(self, request: Request) -> Response:
        """GET /api/conversations/{id}/agent_final_response"""
        return JSONResponse({"response": self._named(request).final_text()})

    async def delete(self, request: Request) -> Response:
        """DELETE /api/conversations/{id}. The real one keeps the workspace too."""
        conversation = self._named(request)
        await loop.ended(self._tasks.pop(conversation.id, None))
        for name in ("asked.json", "events.jsonl"):
            (conversation.folder / name).unlink(missing_ok=True)
        del self.conversations[conversation.id]
        return JSONResponse({"success": True})

    async def execute(self, request: Request) -> Response:
        """POST /api/bash/execute_bash_command"""
        self._admit(request)
        asked = command(await body_of(request))
        ran = await execute(asked.command, cwd=asked.cwd, seconds=asked.timeout)
        return JSONResponse(
            {
                "id": uuid.uuid4().hex,
                "timestamp": f"{shapes.stamp()}Z",
                "command_id": uuid.uuid4().hex,
                "order": 0,
                "exit_code": ran.exit_code,
                "stdout": ran.stdout or None,
                "stderr": ran.stderr or None,
                "kind": "BashOutput",
            }
        )

    def _admit(self, request: Request) -> None:
        keys = self.configuration.session_keys
        if keys and request.headers.get("x-session-api-key") not in keys:
            raise HTTPException(401, "Unauthorized")

    def _named(self, request: Request) -> Conversation:
        self._admit(request)
        named = identifier(request.path_params["conversation_id"], "path", "conversation_id")
        if named not in self.conversations:
            raise HTTPException(404, "Not Found")
        return self.conversations[named]

    def _place(self) -> None:
        running = sum(conversation.status == "running" for conversation in self.conversations.values())
        if running >= self.configuration.most_runs:
            raise HTTPException(429, "Server conversation run capacity is full")

    def _start(self, conversation: Conversation) -> None:
        conversation.move("running")
        self._tasks[conversation.id] = asyncio.create_task(loop.work(conversation))


def _routes(agent: StandInAgent) -> list[Route]:
    one = "/api/conversations/{conversation_id}"
    return [
        *(Route(path, agent.ready) for path in ("/", "/alive", "/health", "/ready")),
        Route("/server_info", agent.server_info),
        Route("/api/conversations", agent.create, methods=["POST"]),
        Route(one, agent.show, methods=["GET"]),
        Route(one, agent.delete, methods=["DELETE"]),
        Route(f"{one}/run", agent.run, methods=["POST"]),
        Route(f"{one}/interrupt", agent.interrupt, methods=["POST"]),
        Route(f"{one}/events/search", agent.events, methods=["GET"]),
        Route(f"{one}/agent_final_response", agent.final_response, methods=["GET"]),
        Route("/api/bash/execute_bash_command", agent.execute, methods=["POST"]),
    ]


def _limit(text: str | None) -> int:
    if text is None:
        return MOST_IN_A_PAGE
    if not text.isdecimal() or not 0 < int(text) <= MOST_IN_A_PAGE:
        raise Unprocessable("query", "limit", kind="less_than_equal", message="Input should be from 1 to 100")
    return int(text)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"detail": error.detail}, status_code=error.status_code)


async def _unprocessable(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Unprocessable)
    body: Fields = {"detail": error.detail}
    return JSONResponse(body, status_code=422)


app: Starlette = StandInAgent(Configuration.of(os.environ)).app
