"""Which repository a text names."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.repositories.references import Missing, Reference, Several, find

ONE = Reference("Acme/web-app", None)
# The project's collection of what people write; the forms that wait for configured hosts are not read yet.
CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "repository-references.json"

ROWS = [
    ("labelled", "Repository: Acme/web-app", ONE),
    ("short label", "Repo: Acme/web-app", ONE),
    ("without a space", "repository:Acme/web-app", ONE),
    ("in capitals with an equals sign", "REPO = Acme/web-app", ONE),
    ("among other lines", "It fails.\r\n\r\nRepository: Acme/web-app\r\nThanks", ONE),
    ("in a sentence", "[~openhands] use repo: Acme/api please", Reference("Acme/api", None)),
    ("bold label", "*Repository*: Acme/web-app", ONE),
    ("bold label with its colon", "*Repository:* Acme/web-app", ONE),
    ("Markdown's bold", "**Repo:** `Acme/web-app`", ONE),
    ("italic", "_Repository_: Acme/web-app", ONE),
    ("monospaced", "Repository: {{Acme/web-app}}", ONE),
    ("coloured", "{color:#172b4d}Repository: Acme/web-app{color}", ONE),
    ("a bullet", "- Repo: Acme/web-app (frontend)", ONE),
    ("a clone's name", "Repository: Acme/web-app.git", ONE),
    ("the end of a sentence", "Repository: Acme/web-app.", ONE),
    ("a dot within", "Repository: Acme/socket.js", Reference("Acme/socket.js", None)),
    ("escaped", "Repository: Acme/web\\-app", ONE),
    ("a link", "Repository: [Acme/web-app|https://x.example/Acme/web-app]", ONE),
    ("a Markdown link", "Repository: [Acme/web-app](https://x.example/Acme/web-app)", ONE),
    ("a no-break space", "Repository:\u00a0Acme/web-app", ONE),
    ("a branch", "Repository: Acme/web-app@develop", Reference("Acme/web-app", "develop")),
    ("a branch in words", "Repo: Acme/web-app on branch hotfix/7", Reference("Acme/web-app", "hotfix/7")),
    ("a branch in brackets", "Repository: Acme/web-app (branch: develop)", Reference("Acme/web-app", "develop")),
    ("a branch that climbs", "Repository: Acme/web-app@a..b", ONE),
    ("the same twice", "Repo: Acme/web-app\nRepository: acme/Web-App@dev", Reference("Acme/web-app", "dev")),
    ("two in a row", "Repositories: Acme/web-app, Acme/api", Several((ONE, Reference("Acme/api", None)))),
    ("two lines", "Repo: Acme/web-app\nRepo: Acme/api", Several((ONE, Reference("Acme/api", None)))),
    ("nothing", "", Missing()),
    ("none", "Repository: none", Missing()),
    ("without a label", "Please fix and/or look at Acme/web-app", Missing()),
    ("a path", "edit src/main.py", Missing()),
    ("a placeholder", "Repository: <owner>/<name>", Missing()),
    ("an option", "Repository: --upload-pack=touch/x", Missing()),
    ("an option for a name", "Repository: Acme/-x", Missing()),
    ("upwards", "Repository: ../web-app", Missing()),
    ("upwards within", "Repository: Acme/..", Missing()),
    ("dots within", "Repository: Acme/web..app", Missing()),
    ("three segments", "Repository: Acme/web/app", Missing()),
    ("an address", "Repository: https://x.example/Acme/web-app", Missing()),
    ("an ssh address", "Repository: git@x.example:Acme/web-app", Missing()),
    ("a look-alike letter", "Repository: Acme/w\u0435b-app", Missing()),
    ("a look-alike at the end", "Repository: Acme/web-app\u0430", Missing()),
    ("a look-alike at the beginning", "Repository: \u0410cme/web-app", Missing()),
    ("a look-alike label", "Rep\u043esitory: Acme/web-app", Missing()),
    ("in code", "{code}Repository: Acme/web-app{code}", Missing()),
    ("in noformat", "{noformat}\nRepository: Acme/web-app\n{noformat}", Missing()),
    ("in a quotation", "{quote}Repository: Acme/web-app{quote}", Missing()),
    ("in a quoted line", "bq. Repository: Acme/web-app", Missing()),
    ("put together by what is cut out", "Repository: {code}x{code}Acme/web-app", Missing()),
    ("another word", "myrepo: Acme/web-app", Missing()),
    ("the next line", "Repository:\nAcme/web-app", Missing()),
    ("a long name", f"Repository: Acme/{'a' * 101}", Missing()),
]


@pytest.mark.parametrize(("text", "named"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_text_names_a_repository(text: str, named: Reference | Several | Missing) -> None:
    assert find(text) == named


def _paths(text: str) -> list[str]:
    match find(text):
        case Reference(path=path):
            return [path]
        case Several(references=references):
            return [reference.path for reference in references]
        case _:
            return []


def test_what_is_found_in_the_corpus_is_right() -> None:
    if not CORPUS.exists():
        pytest.skip("The corpus is not here.")
    for case in json.loads(CORPUS.read_text(encoding="utf-8"))["cases"]:
        expected = [one["path"] for one in case["expect"]]
        assert _paths(case["text"]) in (expected, []), case["id"]


PARTS = [
    "Repository:",
    "Repo: ",
    "Acme",
    "/",
    "web-app",
    "..",
    "-",
    "@",
    ".git",
    "[",
    "|",
    "]",
    "\u0435",
    " ",
    "\n",
    "{code}",
    "\\",
    ",",
]


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.sampled_from(PARTS), max_size=20).map("".join) | st.text(max_size=200))
def test_only_paths_of_two_plain_segments_are_found(text: str) -> None:
    for path in _paths(text):
        owner, name = path.split("/")
        for segment in (owner, name):
            assert segment.isascii()
            assert segment[0].isalnum() or segment[0] == "_"
            assert ".." not in segment
        assert not name.endswith(".git")


@pytest.mark.parametrize(
    "text", ["Repo:" * 200_000, "Repo: A/a," * 100_000, "Repo: " + "a" * 1_000_000, "Repo: [A/a|" * 90_000]
)
def test_a_megabyte_takes_a_moment(text: str) -> None:
    find(text)
