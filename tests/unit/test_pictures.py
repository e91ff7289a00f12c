"""The pictures in docs/pictures: those that the papers show are there, and each page is there in all its looks."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PICTURES = ROOT / "docs" / "pictures"
MOST_BYTES = 150_000
LOOK = re.compile(r"(.+)-(desktop|phone)-(light|dark)\.png")


def test_every_picture_in_the_papers_is_there() -> None:
    papers = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    shown = {(paper, name) for paper in papers for name in re.findall(r"pictures/([\w-]+\.png)", paper.read_text())}
    assert shown
    assert [f"{paper.name}: {name}" for paper, name in shown if not (PICTURES / name).exists()] == []


def test_each_page_is_there_in_all_its_looks() -> None:
    looks: dict[str, set[tuple[str, str]]] = {}
    for file in PICTURES.glob("*.png"):
        if found := LOOK.fullmatch(file.name):
            looks.setdefault(found[1], set()).add((found[2], found[3]))
    assert {name: len(found) for name, found in looks.items() if len(found) != 4} == {}
    assert {"console", "settings", "jira-link", "jira-confirm", "jira-webhook", "doctor"} <= looks.keys()


def test_no_picture_is_heavy() -> None:
    assert [file.name for file in PICTURES.iterdir() if file.stat().st_size > MOST_BYTES] == []
