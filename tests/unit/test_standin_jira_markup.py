"""Wiki markup as the stand-in Jira shows it: right for people, and safe whatever is written."""

import time

import pytest

from standins.jira.markup import to_html


@pytest.mark.parametrize(
    ("text", "html"),
    {
        "bold and italic": ("*bold* and _italic_", "<p><b>bold</b> and <em>italic</em></p>"),
        "nested": ("*a _b_*", "<p><b>a <em>b</em></b></p>"),
        "not within words": ("snake_case_name 2*3*4", "<p>snake_case_name 2*3*4</p>"),
        "struck and inserted": ("-gone- +new+", "<p><del>gone</del> <ins>new</ins></p>"),
        "a range is not struck": ("1-2-3", "<p>1-2-3</p>"),
        "mono": ("{{a < b}}", "<p><code>a &lt; b</code></p>"),
        "escaped in mono": (r"{{python3 \-m a\}}}", "<p><code>python3 -m a}</code></p>"),
        "escaped": (r"\*no\* \{code\}", "<p>*no* {code}</p>"),
        "a line break": ("a\nb", "<p>a<br>b</p>"),
        "CRLF": ("a\r\n\r\nb", "<p>a</p><p>b</p>"),
        "headings": ("h1. One\nh3. Two", "<h3>One</h3><h5>Two</h5>"),
        "a rule": ("a\n----\nb", "<p>a</p><hr><p>b</p>"),
        "a quoted line": ("bq. said", "<blockquote><p>said</p></blockquote>"),
        "a quote": ("{quote}said{quote}", "<blockquote><p>said</p></blockquote>"),
        "a panel": (
            "{panel:title=T|bgColor=#fff}x{panel}",
            '<div class="panel"><b>T</b><p>x</p></div>',
        ),
        "code": ("{code:python}\nif a < b:\n    *c*\n{code}", "<pre><code>if a &lt; b:\n    *c*</code></pre>"),
        "code with a title": ("{code:title=a.py}x{code}", "<b>a.py</b><pre><code>x</code></pre>"),
        "noformat": ("{noformat}{code}x{code}{noformat}", "<pre>{code}x{code}</pre>"),
        "code that is never closed": ("{code}x", "<p>{code}x</p>"),
        "a list": ("* a\n* b", "<ul><li>a</li><li>b</li></ul>"),
        "a numbered list": ("# a\n# b", "<ol><li>a</li><li>b</li></ol>"),
        "a list in a list": ("* a\n** b\n* c", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"),
        "a level skipped": ("** a", "<ul><li><ul><li>a</li></ul></li></ul>"),
        "another kind of list": ("* a\n# b", "<ul><li>a</li></ul><ol><li>b</li></ol>"),
        "a table": ("||h||\n|c|", "<table><tr><th>h</th></tr><tr><td>c</td></tr></table>"),
        "a link": (
            "[words|https://acme.example/x]",
            '<p><a href="https://acme.example/x" rel="nofollow noreferrer">words</a></p>',
        ),
        "an address": (
            "see https://acme.example/x.",
            '<p>see <a href="https://acme.example/x" rel="nofollow noreferrer">https://acme.example/x</a>.</p>',
        ),
        "a person": ("[~lina] look", '<p><span class="person">@lina</span> look</p>'),
        "a colour": ("{color:red}x{color}", '<p><span class="red">x</span></p>'),
        "an unknown colour": ("{color:#d04437}x{color}", "<p>x</p>"),
        "a sign": ("(/) done", "<p>✔ done</p>"),
    }.values(),
)
def test_shown(text: str, html: str) -> None:
    assert to_html(text) == html


def test_a_language_that_jira_does_not_know_is_complained_about() -> None:
    assert "Unable to find source-code formatter for language: typescript." in to_html("{code:typescript}x{code}")
    assert "Unable" not in to_html("{code:Java|title=x}x{code}")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x|javascript:alert(1)]",
        '[x|https://a" onmouseover="alert(1)]',
        "{code:<script>}x{code}",
        "{code:title=<script>}x{code}",
        "{panel:title=<script>}x{panel}",
        '{color:"><script>}x{color}',
        "[~<script>]",
        'https://a/"onclick="x',
        "{{<script>}}",
        "||<script>||",
        "* <script>",
    ],
)
def test_nothing_gets_through(text: str) -> None:
    html = to_html(text)
    assert "<script" not in html
    assert "javascript:" not in html.replace("[x|javascript:alert(1)]", "")
    assert '" on' not in html
    assert '"on' not in html


@pytest.mark.parametrize(
    "piece",
    ["{code}{quote}", "{code:", "{{", "[", "*a", "_a ", "{color:red}", "https://", "(", "* a\n", "{quote}", "|"],
)
def test_whatever_is_written_is_shown_soon(piece: str) -> None:
    started = time.process_time()
    to_html(piece * (32_767 // len(piece)))
    assert time.process_time() - started < 2.0
