"""What holds of the wiki markup for any Markdown."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.jira.fitting import fits, units
from handover.jira.markup import to_wiki
from handover.triggers.reading import Watch, mentions

WATCH = Watch(mention="@openhands", label="openhands", bot_name="ada", bot_key="JIRAUSER10100")
CODE = re.compile(r"^(?:[*#]+ )?\{(code|noformat)(?::[a-z+#]+)?\}\n(.*?)\n\{\1\}$", re.MULTILINE | re.DOTALL)
OURS = re.compile(r"\{\{|\}\}|^(?:[*#]+ )?\{quote\}$", re.MULTILINE)
ESCAPED = re.compile(r"\\[^\w\s\\]", re.ASCII)

WIKI = "{code} {noformat} {quote} {panel} {color:red} [~ada] [~JIRAUSER10100] @openhands !a.png! [^a] :) (y) ftp://x"
MARKS = r"` `` ** _ ~~ [ ]( ) ](https://x.example) ! ![ -- ---- | + ^ ? \ \\ &amp; &#91; <b> <!-- https://x.example/a"
WORDS = "a word x 1 é 请"
SPACED = ("# ", "- ", "* ", "1. ", "> ", "h1. ", "bq. ", "\n", "\n\n", "  ", "    ", "```\n", "\t", " ")
PARTS = st.sampled_from([*WIKI.split(), *MARKS.split(), *WORDS.split(), *SPACED])
MARKDOWN = st.lists(PARTS, max_size=30).map("".join)


def outside_code(wiki: str) -> str:
    return CODE.sub("", wiki)


@settings(deadline=None)  # the machine may be busy
@given(MARKDOWN)
def test_nothing_foreign_survives(markdown: str) -> None:
    rest = ESCAPED.sub("", OURS.sub("", outside_code(to_wiki(markdown))))
    assert "{" not in rest
    assert "}" not in rest
    assert not re.search(r"\[[~^]", rest)
    assert all(
        re.match(r"\[(?:[^\[\]|]*\|)?(?:https?://|mailto:)[^\s\[\]|]+\]", rest[at.start() :])
        for at in re.finditer(r"\[", rest)
    )
    assert not re.search(r"!\S", rest)


@settings(deadline=None)  # the machine may be busy
@given(MARKDOWN)
def test_nobody_is_mentioned(markdown: str) -> None:
    wiki = to_wiki(markdown)
    assert mentions(outside_code(wiki), WATCH) is None
    assert not re.search(r"(?<!\\)\[~", outside_code(wiki))


# As a parser of Markdown sees lines: a carriage return ends one, and U+0000 is replaced.
LINES = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), max_size=30), max_size=8
)
TAGGED = st.lists(
    st.sampled_from(["{code}", "{noformat}", "{quote}", "```", "", "  x", "\\", "{code:java}"]), max_size=8
)


@settings(deadline=None)  # the machine may be busy
@given(LINES | TAGGED)
def test_code_stays_as_it_is(lines: list[str]) -> None:
    text = "\n".join(lines)
    wiki = to_wiki(f"~~~~~~~~python\n{text}\n~~~~~~~~")
    both = re.compile(r"(?=.*\{code)(?=.*\{noformat)", re.IGNORECASE)
    if not any(both.match(line) for line in lines):
        assert "\n".join(part[2] for part in CODE.finditer(wiki)) == text
        assert outside_code(wiki).strip() == ""


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=300) | MARKDOWN)
def test_no_text_makes_it_fail(markdown: str) -> None:
    to_wiki(markdown).encode()


@settings(deadline=None)  # the machine may be busy
@given(MARKDOWN, st.integers(130, 400))
def test_it_fits_with_all_macros_closed(markdown: str, limit: int) -> None:
    fitting = fits(to_wiki(markdown * 10), limit)
    assert units(fitting) <= limit
    assert len(re.findall(r"^(?:[*#]+ )?\{quote\}$", outside_code(fitting), re.MULTILINE)) % 2 == 0


N = 50_000
HOSTILE = [
    pytest.param("[" * N, id="brackets"),
    pytest.param("[" * (N // 2) + "]" * (N // 2), id="brackets in each other"),
    pytest.param("[a](" * (N // 4), id="links that never close"),
    pytest.param("![" * (N // 2), id="images that never close"),
    pytest.param("*a **b " * (N // 7), id="emphasis in each other"),
    pytest.param("*_" * (N // 2), id="marks"),
    pytest.param(">" * N, id="quotations in each other"),
    pytest.param("> " * 18 + "a\n" * (N // 2), id="a deep and long quotation"),
    pytest.param("a" + " " * N + "b", id="spaces"),
    pytest.param("`" * N, id="backticks"),
    pytest.param("".join("`" * (i % 200) + "a" for i in range(N // 100)), id="backticks of all lengths"),
    pytest.param("|" + "a|" * (N // 4) + "\n|" + "-|" * (N // 4) + "\n" + "|\n" * (N // 8), id="a wide table"),
    pytest.param("|" + "a|" * 50 + "\n|" + "-|" * 50 + "\n" + "|\n" * (N // 2), id="a table of short rows"),
    pytest.param("<!--" * (N // 4), id="comments"),
    pytest.param("- " * (N // 2), id="lists in each other"),
    pytest.param("http://" * (N // 7), id="addresses"),
    pytest.param("{code" * (N // 5), id="macros"),
    pytest.param("```\n" + "{code}\n{noformat}\n" * (N // 18), id="code with tags"),
]


@pytest.mark.parametrize("markdown", HOSTILE)
def test_hostile_text_takes_a_moment(markdown: str) -> None:
    began = time.process_time()
    to_wiki(markdown)
    assert time.process_time() - began < 6
