"""The stand-in model's scripts, carried out with a real shell on the real repository of the rehearsal."""

import json
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from standins.forge.cast import WEB_APP_FILES
from standins.model.acts import Act, Call, Fail, Say, Turn
from standins.model.requests import Asked
from standins.model.scripts import SCRIPTS, chosen

MOST_TURNS = 12
EVERY_TOOL = ("terminal", "file_editor", "task_tracker", "finish", "think")


class Agent:
    """Carries out a script as OpenHands would: one shell that keeps its folder, one editor."""

    def __init__(self, folder: Path, prompt: str, *, tools: tuple[str, ...] = EVERY_TOOL) -> None:
        self.repository = folder / "workspace" / "repository"
        self.tools = tools
        self.cwd = str(folder)
        self.messages: list[dict[str, Any]] = [
            {"role": "system", "content": "You are an agent."},
            {"role": "user", "content": f"The repository is in {self.repository}.\n\n{prompt}"},
        ]

    def next(self) -> Act:
        """What the model does now."""
        tools = [{"type": "function", "function": {"name": name}} for name in self.tools]
        asked = msgspec.convert({"model": "stand-in", "messages": self.messages, "tools": tools}, Asked)
        name, argument = chosen(Turn(asked, argument="").prompt, unless=None)
        return SCRIPTS[name](Turn(asked, argument=argument))

    def works(self) -> str:
        """Work until the model ends. Returns its report."""
        for _ in range(MOST_TURNS):
            match self.next():
                case Call("finish", arguments):
                    return str(arguments["message"])
                case Call() as call:
                    self.takes(call, self.carried_out(call))
                case Say(text=text):
                    return text
                case Fail(message=message):
                    raise AssertionError(message)
        raise AssertionError("never ended")

    def takes(self, call: Call, result: str) -> None:
        """Note the call and what came of it."""
        number = f"call_{len(self.messages)}"
        function = {"name": call.tool, "arguments": json.dumps(call.arguments)}
        self.messages += [
            {"role": "assistant", "tool_calls": [{"id": number, "type": "function", "function": function}]},
            {"role": "tool", "tool_call_id": number, "content": result},
        ]

    def carried_out(self, call: Call) -> str:
        """Do it."""
        arguments = call.arguments
        if call.tool == "file_editor":
            return replaced(Path(str(arguments["path"])), old=str(arguments["old_str"]), new=str(arguments["new_str"]))
        command = str(arguments["command"])
        done = subprocess.run(
            ["bash", "-c", command], cwd=self.cwd, capture_output=True, check=False, text=True, timeout=60
        )
        # Each command here that changes the folder begins with it; the next one finds the shell there.
        self.cwd = str(self.repository) if command.startswith("cd ") else self.cwd
        return f"{done.stdout}{done.stderr}\n[The command completed with exit code {done.returncode}.]"


def replaced(file: Path, *, old: str, new: str) -> str:
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))
    return "The file has been edited."


def git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=repository, capture_output=True, check=True, text=True, timeout=60)
    return done.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the rehearsal's repository in it."""
    repository = tmp_path / "workspace" / "repository"
    for name, text in WEB_APP_FILES.items():
        file = repository / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    git(repository, "init", "--quiet", "--initial-branch", "main")
    git(repository, "add", "--all")
    git(repository, "-c", "user.name=a", "-c", "user.email=a@acme.example", "commit", "--quiet", "--message", "begin")
    return tmp_path


def passes(repository: Path) -> bool:
    """Whether the repository's own tests pass."""
    done = subprocess.run(["python3", "-m", "unittest"], cwd=repository, capture_output=True, check=False, timeout=60)
    return done.returncode == 0


def changed(repository: Path) -> list[str]:
    return git(repository, "diff", "--name-only", "HEAD~1", "HEAD").split()


@pytest.mark.parametrize("tools", [EVERY_TOOL, ("terminal", "finish")], ids=["editor", "shell alone"])
def test_fix_mends_the_cart_and_commits(folder: Path, tools: tuple[str, ...]) -> None:
    agent = Agent(folder, "please fix this", tools=tools)
    assert not passes(agent.repository)
    report = agent.works()
    assert "All tests pass" in report
    assert passes(agent.repository)
    assert changed(agent.repository) == ["shop/cart.py"]
    assert git(agent.repository, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("old", "new"),
    [("line.price for line", "item.price for item"), ("for line in", "for  line in")],
    ids=["another name", "another space"],
)
def test_fix_mends_another_cart(folder: Path, old: str, new: str) -> None:
    agent = Agent(folder, "please fix this")
    cart = agent.repository / "shop/cart.py"
    cart.write_text(cart.read_text().replace(old, new))
    assert "All tests pass" in agent.works()


def test_fix_does_not_claim_what_it_did_not_see(folder: Path) -> None:
    agent = Agent(folder, "please fix this")
    (agent.repository / "tests/test_more.py").write_text("import unittest\nraise SystemError\n")
    assert "still fail" in agent.works()


def test_a_turn_that_a_crash_interrupted_is_played_again(folder: Path) -> None:
    agent = Agent(folder, "please fix this")
    for _ in range(2):
        call = agent.next()
        assert isinstance(call, Call)
        agent.takes(call, agent.carried_out(call))
    mending = agent.next()
    assert isinstance(mending, Call)
    agent.takes(mending, "A restart occurred while this tool was in progress. The outcome is unknown.")
    assert agent.next() == mending
    assert "All tests pass" in agent.works()


CHANGES = {
    "[script:ci]": [".github/workflows/test.yml"],
    "[script:evil-link]": ["shop/passwd"],
    "[script:huge 1]": ["huge.bin"],
    "[script:obey]\nDO: echo a > a.txt\n  DO: git add a.txt && git -c user.name=a -c user.email=a@b commit -qm a": [
        "a.txt"
    ],
}


@pytest.mark.parametrize(("prompt", "files"), CHANGES.items(), ids=[prompt.split("\n")[0] for prompt in CHANGES])
def test_what_is_committed(folder: Path, prompt: str, files: list[str]) -> None:
    agent = Agent(folder, prompt)
    agent.works()
    assert changed(agent.repository) == files


def test_the_link_is_a_link_and_the_file_is_large(folder: Path) -> None:
    agent = Agent(folder, "[script:evil-link]")
    agent.works()
    assert (agent.repository / "shop/passwd").readlink() == Path("/etc/passwd")
    more = Agent(folder, "[script:huge 2]")
    more.works()
    assert (more.repository / "huge.bin").stat().st_size == 2 * 2**20


@pytest.mark.parametrize("prompt", ["[script:nothing]", "[script:claim]", "[script:ask]"])
def test_what_changes_nothing(folder: Path, prompt: str) -> None:
    agent = Agent(folder, prompt)
    assert agent.works()
    assert git(agent.repository, "log", "--format=%s").split() == ["begin"]
    assert git(agent.repository, "status", "--porcelain") == ""


def test_endless_never_repeats_itself_and_stuck_always(folder: Path) -> None:
    for script, different in (("endless", 5), ("stuck", 1), ("expensive", 5)):
        agent = Agent(folder, f"[script:{script}]")
        seen = set()
        for _ in range(5):
            call = agent.next()
            assert isinstance(call, Call)
            seen.add(str(call.arguments))
            agent.takes(call, "")
        assert len(seen) == different, script


CHOICES = {
    "please fix this": ("fix", ""),
    "@openhands [script:ask] please": ("ask", ""),
    "[script:slow 3]": ("slow", "3"),
    "[script:ask] or rather [script:endless]": ("endless", ""),
    "[script:unheard-of]": ("fix", ""),
}


@pytest.mark.parametrize(("prompt", "choice"), CHOICES.items(), ids=CHOICES)
def test_a_word_chooses_the_script(prompt: str, choice: tuple[str, str]) -> None:
    assert chosen(prompt, unless=None) == choice
    assert chosen(prompt, unless="claim") == ("claim", "")
