"""No credential of worth is where an agent, a log or a reader of the disk could find it."""

import base64
from pathlib import Path

from handover.demo.rehearsal import MODEL_KEY
from tests.stories.world import World

# What an agent can see of itself: its variables and files. The answer comes back as the run's record.
LOOK = (
    "DO: cat /proc/*/environ | tr '\\\\0' '\\\\n' > seen.txt; cat /proc/*/cmdline | tr '\\\\0' ' ' >> seen.txt;"
    " grep -rhs . /state /inbox /etc >> seen.txt; git config --list >> seen.txt; true"
)


def test_no_credential_reaches_the_agent(world: World) -> None:
    run = world.ending(f"@openhands [script:obey] look around\n{LOOK}\nDO: git add -A && git commit -qm seen")
    assert run.cause == "pull-request", run.told
    seen = world.forge.file(world.repository, run.branch, "seen.txt")
    assert "OH_CONVERSATIONS_PATH" in seen, "it really looked at the agent's own variables"
    assert credentials_in(world, seen) == []


def test_no_credential_is_written_in_clear(world: World) -> None:
    world.ending()
    folder = world.rehearsal.folder
    written = [
        file for file in folder.rglob("*") if file.is_file() and "forge" not in file.parts[len(folder.parts) :][:1]
    ]
    assert len(written) > 3
    found = {str(file): credentials_in(world, read(file)) for file in written}
    assert {name: names for name, names in found.items() if names} == {}


def credentials_in(world: World, text: str) -> list[str]:
    """The names of the credentials that stand in the text, plainly or in base64."""
    known = world.rehearsal.credentials
    return [name for name, value in known.items() if value in text or base64.b64encode(value.encode()).decode() in text]


def read(file: Path) -> str:
    try:
        return file.read_bytes().decode("latin-1")
    except FileNotFoundError:
        return ""  # the workspace is cleared away when a run has ended


def test_the_model_key_is_among_what_is_looked_for(world: World) -> None:
    assert world.rehearsal.credentials["model"] == MODEL_KEY
    assert len(world.rehearsal.credentials) >= 4
