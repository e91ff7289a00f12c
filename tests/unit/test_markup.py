"""Markdown into Jira's wiki markup: what it looks like, a row for each thing."""

import pytest

from handover.jira.code import language_of
from handover.jira.escaping import plain
from handover.jira.fitting import CUT, fits, units
from handover.jira.markup import MOST_CHARACTERS, to_wiki

ROWS = [
    ("nothing", "", ""),
    ("a paragraph", "Some text.", "Some text."),
    ("two paragraphs", "one\n\ntwo", "one\n\ntwo"),
    ("a wrapped paragraph", "one\ntwo", "one two"),
    ("a hard line break", "one  \ntwo", "one\ntwo"),
    ("a hard line break in bold", "**one  \ntwo**", "*one two*"),
    ("a heading", "## Done", "h2. Done"),
    ("the deepest heading", "###### Done", "h6. Done"),
    ("an underlined heading", "Done\n====", "h1. Done"),
    ("a heading in a list", "- # Done", "* Done"),
    ("bold, italic and strike", "**a** *b* _c_ ~~d~~", "*a* _b_ _c_ -d-"),
    ("bold italic", "***a***", "_*a*_"),
    ("bold in bold", "**a **b** c**", "*a b c*"),
    ("bold within a word", "foo**bar**baz", "foobarbaz"),
    ("inline code", "`a = 1`", "{{a = 1}}"),
    ("inline code with marks", "`*a* {b} [c] \\d`", "{{\\*a\\* \\{b\\} \\[c\\] \\d}}"),
    ("inline code that ends with a brace", "`{a}`", "{{\\{a\\}}}"),
    ("inline code beside a letter", "`Run`s", "Runs"),
    ("snake case and hyphens", "my_snake_case well-known 2 * 3", "my_snake_case well-known 2 * 3"),
    ("dunder", "`__init__`", "{{\\_\\_init\\_\\_}}"),
    ("a list", "- one\n- two", "* one\n* two"),
    ("a loose list", "- one\n\n- two", "* one\n* two"),
    ("a numbered list", "1. one\n2. two", "# one\n# two"),
    ("mixed lists in each other", "- a\n  1. b\n     - c\n- d", "* a\n*# b\n*#* c\n* d"),
    ("a list in a numbered list", "1. a\n   - b\n2. c", "# a\n#* b\n# c"),
    ("a list at once in a list", "- - a", "** a"),
    ("a list item of two paragraphs", "- one\n\n  two", "* one\ntwo"),
    ("an empty list item", "-\n- a", "* a"),
    ("tasks", "- [x] done\n- [ ] open", "* \\[x\\] done\n* \\[ \\] open"),
    ("code in a list", "1. a\n   ```sh\n   ls\n\n   pwd\n   ```\n2. b", "# a\n{code:bash}\nls\n\npwd\n{code}\n# b"),
    ("a fence", "```python\nx = {1}\n```", "{code:python}\nx = {1}\n{code}"),
    ("a fence without a language", "```\nx\n```", "{code}\nx\n{code}"),
    ("a fence of unknown language", "```gherkin\nx\n```", "{code}\nx\n{code}"),
    ("a fence with a title", '```ts title="a.ts"\nx\n```', "{code:javascript}\nx\n{code}"),
    ("a fence that tries parameters", "```java|title={code}\nx\n```", "{code}\nx\n{code}"),
    ("an empty fence", "```\n```", "{code}\n\n{code}"),
    ("a fence that is never closed", "```\nx", "{code}\nx\n{code}"),
    ("an indented block", "    x\n      y", "{code}\nx\n  y\n{code}"),
    ("code with the end of code", "```py\na{code}b\n```", "{noformat}\na{code}b\n{noformat}"),
    ("code with noformat", "```py\na{noformat}b\n```", "{code:python}\na{noformat}b\n{code}"),
    (
        "code with both, in two lines",
        "```\n{code}\n{noformat}\n```",
        "{noformat}\n{code}\n{noformat}\n{code}\n{noformat}\n{code}",
    ),
    ("code with both in one line", "```\n{code}{noformat}\n```", "{{\\{code\\}\\{noformat\\}}}"),
    ("code with a mention", "```\n[~ada] @openhands\n```", "{code}\n[~ada] @openhands\n{code}"),
    ("a quotation", "> one\n> two\n\nafter", "{quote}\none two\n{quote}\n\nafter"),
    ("a quotation in a quotation", "> a\n> > b", "{quote}\na\n\nb\n{quote}"),
    ("code in a quotation", "> ```\n> x\n> ```", "{quote}\n{code}\nx\n{code}\n{quote}"),
    ("code that would end the quotation", "> ```\n> {quote}\n> ```", "{code}\n{quote}\n{code}"),
    ("a rule", "a\n\n---\n\nb", "a\n\n----\n\nb"),
    ("a table", "|a|b|\n|-|-|\n|c|d|", "||a||b||\n|c|d|"),
    ("a table with an empty cell", "|a|b|\n|-|-|\n||d|", "||a||b||\n| |d|"),
    ("a table with a pipe", "|a|\n|-|\n|c \\| d|", "||a||\n|c \\| d|"),
    ("a table with marks", "|**a**|\n|-|\n|`c`|", "||*a*||\n|{{c}}|"),
    ("a link", "[here](https://x.example/a_b)", "[here|https://x.example/a_b]"),
    ("a link to mail", "[mail](mailto:lina@acme.example)", "[mail|mailto:lina@acme.example]"),
    ("a link with brackets", "[a [b] | c](https://x.example)", "[a (b) / c|https://x.example]"),
    ("a link with bold", "[**a** `b`](https://x.example)", "[a b|https://x.example]"),
    (
        "an address with brackets",
        "[a](<https://x.example/[b]|{c} d!>)",
        "[a|https://x.example/%5Bb%5D%7C%7Bc%7D%20d%21]",
    ),
    ("a link elsewhere", "[app](src/app.py)", "app (src/app.py)"),
    ("a link to a script", "[a](javascript:alert)", "\\[a\\](javascript:alert)"),
    ("a link to a file share", "[a](ftp://x.example)", "a (ftp\\://x.example)"),
    ("a link without a host", "[a](https:b)", "a (https:b)"),
    ("a link by reference", "[a][1]\n\n[1]: https://x.example", "[a|https://x.example]"),
    ("an address in angles", "<https://x.example>", "[https://x.example]"),
    ("a mailbox in angles", "<lina@acme.example>", "[lina@acme.example|mailto:lina@acme.example]"),
    ("a bare address", "see https://x.example/a_b_c. Now", "see [https://x.example/a_b_c]. Now"),
    ("a bare address in brackets", "(https://x.example/a)", "\\([https://x.example/a])"),
    ("an image", "![chart](https://x.example/a.png)", "[chart|https://x.example/a.png]"),
    ("an image of here", "![chart](a.png)", "chart (a.png)"),
    ("HTML", "<b>a</b> <!-- c -->", "<b>a</b> <\\!\\-\\- c \\-\\->"),
    ("an HTML block", "<details>\n*a*\n</details>", "<details> _a_ </details>"),
    ("an entity", "&lt;a&gt; &amp;amp;", "<a> \\&amp;"),
    ("a macro", "{panel} {color:red}", "\\{panel\\} \\{color:red\\}"),
    ("a mention", "[~ada] and [~accountid:JIRAUSER1]", "\\[\\~ada\\] and \\[\\~accountid:JIRAUSER1\\]"),
    ("a typed mention", "@openhands and lina@acme.example", "\\@openhands and lina@acme.example"),
    ("a wiki image", "!a.png! wow! !b!", "\\!a.png! wow! \\!b!"),
    ("a wiki link", "[a|https://x.example]", "\\[a\\|[https://x.example]\\]"),
    ("an attachment", "[^a.txt]", "\\[\\^a.txt\\]"),
    ("smileys", ":) ;-) :D (y) (on) (*r) (/) a:b (yes)", "\\:) \\;\\-) \\:D \\(y) \\(on) \\(\\*r) \\(/) a:b (yes)"),
    ("a smiley in two parts", "(*y*)", "\\(_y_)"),
    ("a list by wiki", "\\# a", "\\# a"),
    ("a heading by wiki", "h1. a", "h1\\. a"),
    ("a heading by wiki in two parts", "h*1*. a", "h1\\. a"),
    ("a quotation by wiki", "bq. a", "bq\\. a"),
    ("a heading by wiki on a further line", "a  \nh1. b", "a\nh1\\. b"),
    ("cited, inserted, raised, lowered", "??a?? +b+ ^c^ ~d~", "\\?\\?a\\?\\? \\+b\\+ \\^c\\^ \\~d\\~"),
    ("dashes", "a -- b --- c", "a \\-\\- b \\-\\-\\- c"),
    ("a Windows path", "C:\\temp\\new", "C:\\temp\\new"),
    ("backslashes before marks", "a\\\\\\*b \\\\\\\\srv", "a&#92;\\*b &#92;\\srv"),
    ("half a surrogate pair", "a\ud83db", "a\N{REPLACEMENT CHARACTER}b"),
    ("control characters", "a\x1b[31mb", "a\\[31mb"),
]


@pytest.mark.parametrize(("markdown", "wiki"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_markdown_becomes_wiki_markup(markdown: str, wiki: str) -> None:
    assert to_wiki(markdown) == wiki


@pytest.mark.parametrize(
    ("info", "language"),
    [
        ("typescript", "javascript"),
        ("sh", "bash"),
        ("shell", "bash"),
        ("console", "bash"),
        ("yml", "yaml"),
        ("Py", "python"),
        ("{.java}", "java"),
        ("rust", ""),
        ("diff", ""),
        ("", ""),
        ("code}{panel", ""),
    ],
)
def test_only_languages_that_jira_knows_are_named(info: str, language: str) -> None:
    assert language_of(info) == language


@pytest.mark.parametrize(
    ("text", "wiki"),
    [
        pytest.param("feature/PAY-1-slug_x", "feature/PAY-1-slug_x", id="a branch"),
        pytest.param("fatal: {code} [~ada]", "fatal: \\{code\\} \\[\\~ada\\]", id="an error"),
        pytest.param("# a\n h1. b\r\nbq. c", "\\# a\n h1\\. b\nbq\\. c", id="lines"),
    ],
)
def test_plain_text_is_shown_as_it_is(text: str, wiki: str) -> None:
    assert plain(text) == wiki


def test_what_is_nested_too_deeply_is_shown_as_it_was_written() -> None:
    wiki = to_wiki("> " * 100 + "the end")
    assert "the end" in wiki
    assert "{quote}" not in wiki


def test_a_table_that_the_parser_would_blow_up_stays_text() -> None:
    table = "|a" * 50 + "\n" + "|-" * 50 + "\n"
    assert "||a" in to_wiki(table)
    assert "||a" not in to_wiki(table + "|b\n" * 1_000)


def test_a_very_long_text_is_cut_and_says_so() -> None:
    wiki = to_wiki("some words\n" * MOST_CHARACTERS)
    assert wiki.endswith(CUT)
    assert len(wiki) < MOST_CHARACTERS + 100


FITTING = [
    pytest.param("short", 32767, "short", id="short enough"),
    pytest.param("x" * 200, 0, "x" * 200, id="no limit"),
    pytest.param("x" * 200, 200, "x" * 200, id="exactly"),
    pytest.param("a" * 60 + "\n" + "b" * 200, 180, "a" * 60 + f"\n\n{CUT}", id="cut at a line"),
    pytest.param("{code}\n" + "a\n" * 200, 160, None, id="code is closed"),
    pytest.param("{quote}\n{noformat}\n" + "a\n" * 200, 160, None, id="noformat in a quotation is closed"),
]


@pytest.mark.parametrize(("text", "limit", "expected"), FITTING)
def test_a_text_fits(text: str, limit: int, expected: str | None) -> None:
    fitting = fits(text, limit)
    assert not limit or units(fitting) <= limit
    assert expected is None or fitting == expected
    for tag in ("{code}", "{noformat}", "{quote}"):
        assert fitting.count(tag) % 2 == 0


def test_length_is_counted_as_java_does() -> None:
    assert units("a\N{PILE OF POO}") == 3
    fitting = fits("\N{PILE OF POO}" * 100, 150)
    assert units(fitting) <= 150
    assert fitting.startswith("\N{PILE OF POO}")
