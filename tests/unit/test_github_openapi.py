"""GitHub's own description of its API: cut to what we use, and kept by the calls that we make."""

import asyncio
from pathlib import Path
from typing import Any

import httpx

from handover.forges.github import GitHub
from scripts.github_openapi import OPERATIONS, trimmed
from standins.forge import StandInForge
from standins.forge.cast import LINKED, WEB_APP, acme
from tests.unit.forge_stage import on_stage
from tests.unit.test_standin_forge_api import DESCRIPTION, PULL, PULLS, REPOSITORY, Description


def test_trimmed() -> None:
    refers = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/one"}, "examples": {"x": "y"}}}}
    paths = {
        path: {verb: {"responses": {"200": refers}} for verb in ("get", "post", "delete")}
        for path in (*OPERATIONS, "/other")
    }
    schemas = {
        "one": {"properties": {"two": {"$ref": "#/components/schemas/two"}}, "example": "left out"},
        "two": {"items": {"$ref": "#/components/schemas/one"}},
        "three": {"type": "string"},
    }
    whole: dict[str, Any] = {"openapi": "3.0.3", "info": {}, "paths": paths, "components": {"schemas": schemas}}
    cut: Any = trimmed(whole)
    assert {path: list(verbs) for path, verbs in cut["paths"].items()} == OPERATIONS
    assert set(cut["components"]["schemas"]) == {"one", "two"}
    assert "example" not in cut["components"]["schemas"]["one"]
    assert "examples" not in str(cut)


def test_every_call_that_we_make_is_described(tmp_path: Path) -> None:
    forge = StandInForge(tmp_path)
    acme(forge)
    forge.commit(WEB_APP, "topic", {"a": "a"})
    made: list[httpx.Request] = []

    async def keep(request: httpx.Request) -> None:
        made.append(request)

    async def ask(url: str) -> None:
        async with httpx.AsyncClient(event_hooks={"request": [keep]}) as client:
            github = GitHub(url, forge.token_for(LINKED), http=client)
            await github.identity()
            repository = await github.repository(WEB_APP)
            await github.find_pull_request(repository, "topic")
            wish = {"branch": "topic", "base": "main", "title": "PAY-1: Total", "body": "Done."}
            proposal = await github.create_pull_request(repository, **wish, draft=True)
            await github.pull_request(repository, proposal.number)

    asyncio.run(ask(on_stage(forge)))
    described = Description(DESCRIPTION)
    for request, path in zip(made, ["/user", REPOSITORY, PULLS, PULLS, PULL], strict=True):
        described.check_request(request, path)
        assert request.headers["accept"] == "application/vnd.github+json"
