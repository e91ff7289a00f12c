"""GitHub's API description is cut to what we use, and to all that this refers to."""

from typing import Any

from scripts.github_openapi import OPERATIONS, trimmed


def test_trimmed() -> None:
    refers = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/one"}, "examples": {"x": "y"}}}}
    paths = {
        path: {verb: {"responses": {"200": refers}} for verb in ("get", "post")} for path in (*OPERATIONS, "/other")
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
