"""Keeps the part of GitHub's own API description that the stand-in forge is held against: var/github-openapi.json.

The npm package @octokit/openapi carries it: 28 MB packed, 400 MB unpacked. One file of it is streamed out and cut to
the paths that we use. Run it again as often as you like: what is there already is kept.
"""

import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

PACKAGE = "@octokit/openapi@23.0.2"
MEMBER = "package/generated/ghes-3.19.json"
MOST_PACKED_BYTES = 100_000_000
MOST_DESCRIPTION_BYTES = 60_000_000
TARGET = Path(__file__).resolve().parent.parent / "var" / "github-openapi.json"
OPERATIONS = {
    "/user": ["get"],
    "/user/emails": ["get"],
    "/applications/{client_id}/token": ["delete"],
    "/repos/{owner}/{repo}": ["get"],
    "/repos/{owner}/{repo}/pulls": ["get", "post"],
    "/repos/{owner}/{repo}/pulls/{pull_number}": ["get"],
}
MADE_FROM = [PACKAGE, MEMBER, [[path, *verbs] for path, verbs in OPERATIONS.items()]]

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Components: TypeAlias = "dict[str, dict[str, Json]]"


class DescriptionMissing(Exception):
    """The description cannot be had; the message says why and what to do."""


def main() -> int:
    """Make TARGET where it is missing or made from something else; one line says what happened."""
    try:
        word = "kept" if _stands(TARGET) else _made(TARGET)
    except DescriptionMissing as reason:
        print(f"GitHub's API description is missing: {reason}", file=sys.stderr)
        return 1
    print(f"GitHub's API description: var/{TARGET.name} ({word})")
    return 0


def trimmed(description: dict[str, Json]) -> dict[str, Json]:
    """Only OPERATIONS, without examples, and all components that they refer to."""
    paths, components = _object(description["paths"]), _object(description["components"])
    kept: Json = {
        path: {verb: _slim(_object(paths[path])[verb]) for verb in verbs} for path, verbs in OPERATIONS.items()
    }
    used: Components = {}
    waiting = list(_references(kept))
    while waiting:
        kind, name = waiting.pop()
        if name not in used.setdefault(kind, {}):
            used[kind][name] = _slim(_object(components[kind])[name])
            waiting.extend(_references(used[kind][name]))
    parts: Json = {kind: dict(named) for kind, named in used.items()}
    return {"openapi": description["openapi"], "info": description["info"], "paths": kept, "components": parts}


def _stands(target: Path) -> bool:
    return target.exists() and json.loads(target.read_text(encoding="utf-8")).get("x-made-from") == MADE_FROM


def _made(target: Path) -> str:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        description = trimmed(_described(_packed(Path(folder))))
        fresh = Path(folder) / target.name
        fresh.write_text(json.dumps({**description, "x-made-from": MADE_FROM}), encoding="utf-8")
        fresh.replace(target)
    return "fetched"


def _packed(folder: Path) -> Path:
    order = ["npm", "pack", PACKAGE, "--silent", "--pack-destination", str(folder)]
    try:
        done = subprocess.run(order, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        raise DescriptionMissing(
            f"npm did not fetch {PACKAGE} ({type(error).__name__}). Install npm and try again."
        ) from error
    packed = next(folder.glob("*.tgz"), None)
    if done.returncode or packed is None:
        raise DescriptionMissing(
            f"npm did not fetch {PACKAGE}. Is the npm registry reachable? {done.stderr.strip()[-300:]}"
        )
    if packed.stat().st_size > MOST_PACKED_BYTES:
        raise DescriptionMissing(f"{PACKAGE} weighs more than {MOST_PACKED_BYTES} bytes.")
    return packed


def _described(packed: Path) -> dict[str, Json]:
    with tarfile.open(packed, "r|gz") as archive:
        for entry in archive:
            if entry.name == MEMBER and entry.size <= MOST_DESCRIPTION_BYTES and (stream := archive.extractfile(entry)):
                return _object(json.load(stream))
    raise DescriptionMissing(f"{PACKAGE} holds no {MEMBER} of a bearable size.")


def _object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise DescriptionMissing(f"{PACKAGE} is not built as it was.")
    return value


def _slim(value: Json) -> Json:
    if isinstance(value, list):
        return [_slim(item) for item in value]
    if isinstance(value, dict):
        # A property may be named "examples" too, but then it holds a schema; GitHub has none in these paths.
        return {key: _slim(item) for key, item in value.items() if key not in ("examples", "example")}
    return value


def _references(value: Json) -> Iterator[tuple[str, str]]:
    """Kind and name of each component that is referred to, such as ("schemas", "basic-error")."""
    if isinstance(value, list):
        for item in value:
            yield from _references(item)
    if isinstance(value, dict):
        target = value.get("$ref")
        if isinstance(target, str):
            _, _, kind, name = target.split("/")
            yield kind, name
        for item in value.values():
            yield from _references(item)


if __name__ == "__main__":
    raise SystemExit(main())
