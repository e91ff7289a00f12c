"""Text from outside, made safe and fit to show."""

import time

import pytest

from handover.runs.rendering import MOST_CHARACTERS, below, parted, seen, to_html

TRUSTED = ["https://git.acme.example", "http://127.0.0.1:8080"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("a\r\nb\rc\td", "a\nb\nc\td", id="line ends are one kind"),
        pytest.param("\x1b[1;31mred\x1b[0m", "red", id="colours of a terminal go"),
        pytest.param("\x1b]0;title\x07text", "text", id="so do titles of a terminal"),
        pytest.param("a\x00b\x08c", "a\ufffdb\ufffdc", id="control characters are seen"),
        pytest.param("gpj.\u202eexe", "gpj.\ufffdexe", id="what reverses text is seen"),
        pytest.param("Grüße 👩\u200d💻", "Grüße 👩\u200d💻", id="the rest stays"),
    ],
)
def test_deceiving_characters_are_made_visible(text: str, shown: str) -> None:
    assert seen(text) == shown


def test_a_short_text_has_no_rest() -> None:
    assert (parted("one\ntwo\n").head, parted("one\ntwo\n").rest) == ("one\ntwo", "")


def test_a_text_of_many_lines_is_parted_between_two() -> None:
    part = parted("\n".join(str(number) for number in range(20)))
    assert (part.head.splitlines()[-1], part.rest.splitlines()[0], part.more) == ("11", "12", "8 more lines")


def test_one_endless_line_is_parted_too_and_the_last_part_is_left_out() -> None:
    part = parted("x" * (MOST_CHARACTERS + 1))
    assert (len(part.head), part.more, part.cut) == (1_200, "48,800 more characters", True)


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        pytest.param("**a** `b`", "<p><strong>a</strong> <code>b</code></p>", id="marks"),
        pytest.param("# a", "<h3>a</h3>", id="headings stand below the page's"),
        pytest.param("<b onclick=x>a", "<p>&lt;b onclick=x&gt;a</p>", id="HTML is text"),
        pytest.param(
            "<div>\n<script>a</script>", "<p>&lt;div&gt;\n&lt;script&gt;a&lt;/script&gt;</p>", id="HTML blocks too"
        ),
        pytest.param(
            "[a](https://git.acme.example/x?y=1&z=2)",
            '<p><a href="https://git.acme.example/x?y=1&amp;z=2" rel="noreferrer">a</a></p>',
            id="an address of ours is a link",
        ),
        pytest.param("[a](https://evil.example)", "<p>a (https://evil.example)</p>", id="another is written out"),
        pytest.param("<https://evil.example>", "<p>https://evil.example</p>", id="and once"),
        pytest.param("[a](javascript:alert)", "<p>a (javascript:alert)</p>", id="no script"),
        pytest.param("[a](/runs)", "<p>a (/runs)</p>", id="no address below our own"),
        pytest.param(
            '[a](https://x.example/"b"<c>)', "<p>a (https://x.example/&quot;b&quot;&lt;c&gt;)</p>", id="escaped"
        ),
        pytest.param(
            "![a](https://git.acme.example/p.png)", "<p>a (https://git.acme.example/p.png)</p>", id="no picture"
        ),
        pytest.param("![*a*\n![b](c)](d)", "<p>a b (d)</p>", id="nor what is in its words"),
        pytest.param("[*a*](/b)", "<p><em>a</em> (/b)</p>", id="words keep their marks"),
        pytest.param("<https://x.example/%2E>", "<p>https://x.example/%2E</p>", id="addresses are not decoded"),
        pytest.param("<a@x.example>", "<p>a@x.example</p>", id="no mail"),
        pytest.param("a&#x202e;b", "<p>a\ufffdb</p>", id="what reverses text is seen behind an entity too"),
        pytest.param("> " * 30 + "a", f"<pre>{'&gt; ' * 30}a</pre>", id="nested too deeply"),
        pytest.param(
            "|a|\n|-:|",
            '<div class="wide"><table>\n<thead>\n<tr>\n<th align="right">a</th>\n</tr>\n</thead>\n</table>\n</div>',
            id="tables may be wide",
        ),
        pytest.param(
            '```a"><b>\nc<d>\n```',
            '<pre><code class="language-a&quot;&gt;&lt;b&gt;">c&lt;d&gt;\n</code></pre>',
            id="code",
        ),
    ],
)
def test_markdown_becomes_safe_html(markdown: str, html: str) -> None:
    assert to_html(markdown, trusted=TRUSTED).strip() == html


@pytest.mark.parametrize(
    ("address", "is_below"),
    [
        ("https://git.acme.example/Acme/web-app", True),
        ("https://GIT.acme.example", True),
        ("http://127.0.0.1:8080/runs", True),
        ("http://git.acme.example", False),
        ("https://git.acme.example.evil.example", False),
        ("https://git.acme.example@evil.example", False),
        ("https://git.acme.example\\@evil.example", False),
        ("https://git.acme.example:444", False),
        ("https://[", False),
        ("//git.acme.example", False),
        ("", False),
    ],
)
def test_an_address_is_ours_by_scheme_host_and_port(address: str, is_below: bool) -> None:
    assert below(address, [*TRUSTED, ""]) is is_below


@pytest.mark.parametrize("unit", ["> ", "[", "![", "*a ", "_", "`", "- ", "<a", "[a](", "|", "\\", "**a*", "]"])
def test_no_text_takes_long(unit: str) -> None:
    begun = time.perf_counter()
    to_html(unit * 20_000, trusted=TRUSTED)
    assert time.perf_counter() - begun < 2


def test_no_table_takes_long() -> None:
    begun = time.perf_counter()
    html = to_html("|" + "a|" * 100 + "\n|" + "-|" * 100 + "\n" + "|\n" * 9_000, trusted=TRUSTED)
    assert time.perf_counter() - begun < 2
    assert "<table>" not in html
