"""The world of the stories: a rehearsal, and the words that the stories are told in."""

import itertools
import json
import re
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import tomli_w

from handover.demo.rehearsal import Rehearsal
from standins.jira.records import Comment

T = TypeVar("T")
PATIENCE_SECONDS = 40.0
_numbers = itertools.count(100)


@dataclass(frozen=True)
class Story:
    """What became of one run, as the database keeps it."""

    id: str
    issue: str
    state: str
    cause: str
    told: str
    repository: str
    branch: str
    pull_request: str
    asker: str


class World:
    """One rehearsal as a test sees it: an issue and a repository of its own, so that stories share Handover."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self.rehearsal = rehearsal
        self.jira, self.forge, self.model = rehearsal.jira, rehearsal.forge, rehearsal.model
        self.people = rehearsal.people
        self.linked = self.people.linked
        self.repository = self._new_repository()
        self.issue = self.new_issue(f"Repository: {self.repository}")

    def new_issue(self, description: str, *, summary: str = "The total ignores quantities") -> str:
        """A fresh issue in PAY; its key."""
        return self.jira.add_issue("PAY", summary=summary, description=description, by=self.linked).key

    def ask(self, text: str = "@openhands please fix this", *, issue: str = "", by: Any = None, **more: Any) -> Any:
        """Somebody comments. The stand-in model plays the script that the text names, `[script:ask]` for one."""
        return self.jira.comment(issue or self.issue, by=by or self.linked, text=text, **more)

    def runs(self, issue: str = "") -> list[Story]:
        """The runs of an issue, oldest first."""
        rows = self.rehearsal.rows(
            "SELECT id, issue_key, state, cause, told, repository, branch, pull_request_url, asker_name"
            " FROM handover_run WHERE issue_id = ? ORDER BY number",
            self.jira.issue_id(issue or self.issue),
        )
        return [Story(*row) for row in rows]

    def ended(self, issue: str = "", *, count: int = 1) -> Story:
        """The issue's last run, when `count` have ended."""

        def all_ended() -> Story | None:
            runs = self.runs(issue)
            return runs[-1] if len(runs) >= count and all(run.state == "ended" for run in runs) else None

        return self.eventually(all_ended, f"{count} run(s) of {issue or self.issue} end")

    def ending(self, text: str = "@openhands please fix this", **more: Any) -> Story:
        """Ask, and wait for the run's end."""
        self.ask(text, **more)
        return self.ended()

    def said(self, issue: str = "") -> list[str]:
        """What the bot has said on the issue, oldest first."""
        return [comment.body for comment in self.by_the_bot(issue)]

    def by_the_bot(self, issue: str = "") -> list[Comment]:
        """The bot's comments, oldest first."""
        return [comment for comment in self.jira.comments(issue or self.issue) if comment.author == self.people.bot]

    def eventually(self, look: Callable[[], T | None], what: str, *, seconds: float = PATIENCE_SECONDS) -> T:
        """The first answer of `look` that is something, within `seconds`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := look():
                return found
            time.sleep(0.05)
        raise AssertionError(f"Not within {seconds:.0f} s: {what}.\n{self.rehearsal.log()[-3000:]}")

    def command(self, *arguments: str) -> Any:
        """What a `handover` command prints as JSON."""
        return json.loads(self.rehearsal.command(*arguments, "--json"))

    def configuration(self) -> dict[str, Any]:
        """What holds, as an administrator exports it."""
        return tomllib.loads(self.rehearsal.command("config", "export"))

    def configure(self, groups: dict[str, Any]) -> None:
        """Import a configuration from a shell, and wait until it is taken up."""
        file = self.rehearsal.folder / "configuration.toml"
        file.write_text(tomli_w.dumps(groups))
        version = re.search(r"Version (\d+) holds", self.rehearsal.command("config", "import", str(file)))
        assert version
        taken_up = [(int(version[1]),)]
        query = "SELECT version FROM handover_process"
        self.eventually(lambda: self.rehearsal.rows(query) == taken_up, f"{version[0]} everywhere", seconds=2)

    def _new_repository(self) -> str:
        path = f"Acme/shop-{next(_numbers)}"
        self.rehearsal.add_shop(path)
        return path
