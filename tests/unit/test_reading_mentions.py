"""The mention in a comment: what is one, what is none, and what it says."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.triggers.reading import Watch, mentions

WATCH = Watch(mention="@openhands", label="openhands", bot_name="openhands", bot_key="JIRAUSER10001")

MENTIONS = [
    ("alone", "@openhands", ""),
    ("at the beginning", "@openhands please fix this", "please fix this"),
    ("with a comma", "@openhands, please fix this", "please fix this"),
    ("with a colon", "@openhands: fix this", "fix this"),
    ("with a colon and no space", "@openhands:fix this", "fix this"),
    ("in the middle", "Could you @openhands fix it?", "Could you fix it?"),
    ("at the end", "Fix it, @openhands.", "Fix it,."),
    ("after a greeting", "Hi @openhands, please fix this", "Hi, please fix this"),
    ("in capitals", "@OpenHands fix", "fix"),
    ("in round brackets", "(@openhands) fix", "() fix"),
    ("bold", "*@openhands* fix", "fix"),
    ("italic", "_@openhands_ fix", "fix"),
    ("coloured", "{color:red}@openhands{color} fix", "{color:red}{color} fix"),
    ("in a table", "|@openhands|fix|", "||fix|"),
    ("before a wiki line break", "@openhands\\\\fix", "\\\\fix"),
    ("between lines", "one\n@openhands\ntwo", "one\ntwo"),
    ("over a list", "@openhands\n- one\n- two", "- one\n- two"),
    ("with CRLF", "@openhands\r\nfix\r\n\r\nthis", "fix\n\nthis"),
    ("twice", "@openhands fix it @openhands", "fix it"),
    ("a no-break space after", "@openhands\u00a0fix", "fix"),
    ("an invisible character after", "@openhands\u200b fix", "\u200b fix".strip()),
    ("between Chinese letters", "请@openhands修复", "请修复"),
    ("after a hyphen bullet", "- @openhands fix", "- fix"),
    ("picker", "[~openhands] fix", "fix"),
    ("picker in other case", "[~OpenHands] fix", "fix"),
    ("picker by key", "[~JIRAUSER10001] fix", "fix"),
    ("picker by key in lower case", "[~jirauser10001] fix", "fix"),
    ("picker by account id", "[~accountid:JIRAUSER10001] fix", "fix"),
    ("picker by account id in other case", "[~AccountId:jirauser10001] fix", "fix"),
    ("picker within a word", "see[~openhands]now", "see now"),
    ("beside another's", "[~lina] and @openhands fix", "[~lina] and fix"),
    ("with code beside", "@openhands fix\n{code}x @openhands{code}", "fix\n{code}x @openhands{code}"),
    ("after closed code", "{code}a{code} @openhands fix", "{code}a{code} fix"),
    ("after a closed quotation", "{quote}a{quote}\n@openhands fix", "{quote}a{quote}\nfix"),
    ("between two quotations", "{quote}a{quote} @openhands {quote}b{quote}", "{quote}a{quote} {quote}b{quote}"),
    ("after a tag that is never closed", "{code} @openhands fix", "{code} fix"),
    ("after an escaped tag", "\\{code} @openhands {code}", "\\{code} {code}"),
    ("after a quoted line", "bq. said so\n@openhands fix", "bq. said so\nfix"),
    ("in a panel", "{panel}@openhands fix{panel}", "{panel} fix{panel}"),
    ("before an e-mail address", "@openhands mail a@openhands.dev", "mail a@openhands.dev"),
    ("at the end of a sentence", "Over to @openhands. Thanks", "Over to. Thanks"),
]
NONE = [
    ("nothing", ""),
    ("the bare name", "openhands please"),
    ("e-mail address", "user@openhands"),
    ("e-mail address with a domain", "user+x@openhands.dev"),
    ("a domain", "@openhands.dev"),
    ("a longer word", "@openhandsteam"),
    ("a longer word with a digit", "@openhands2"),
    ("a longer word with an underscore", "@openhands_bot"),
    ("a hyphenated word", "@openhands-team"),
    ("a hyphenated word, escaped", "@openhands\\-team"),
    ("a package", "@openhands/ui"),
    ("a package in quotation marks", '"@openhands/ui"'),
    ("a path", "node_modules/@openhands"),
    ("a path with backslashes", "modules\\@openhands"),
    ("an address", "https://npm.example/@openhands"),
    ("a query", "https://x.example/?by=@openhands"),
    ("an address with a port", "ssh://@openhands:22"),
    ("two at signs", "@@openhands"),
    ("another server's user", "@openhands@social.example"),
    ("possessive", "@openhands's work"),
    ("escaped", "\\@openhands fix"),
    ("after a word", "cc@openhands"),
    ("after a letter outside ASCII", "é@openhands"),
    ("before a letter outside ASCII", "@openhandsé"),
    ("before a combining mark", "@openhands\u0301"),
    ("an invisible character within", "@open\u200bhands"),
    ("an invisible character, then letters", "@openhands\u200bteam"),
    ("a long s", "@openhand\u017f"),
    ("a Cyrillic o", "@\u043epenhands"),
    ("a full-width at sign", "\uff20openhands"),
    ("picker of another", "[~lina] fix"),
    ("picker of a longer name", "[~openhands2] fix"),
    ("picker of a look-alike", "[~openhand\u017f] fix"),
    ("picker with the Kelvin sign", "[~JIRAUSER10001\u212a] fix"),
    ("picker, escaped", "\\[~openhands] fix"),
    ("picker, never closed", "[~openhands fix"),
    ("in code", "{code}@openhands fix{code}"),
    ("in code with a language", "{code:java}\n@openhands fix\n{code}"),
    ("in code with parameters", "{code:title=a.py|borderStyle=solid}@openhands{code}"),
    ("in code in capitals", "{CODE}@openhands{CODE}"),
    ("in noformat", "{noformat}\n[~openhands] fix\n{noformat}"),
    ("in a quotation", "{quote}@openhands fix{quote} no"),
    ("in a quoted line", "bq. @openhands fix"),
    ("in code in a quotation", "{quote}{code}{quote}{code} @openhands {quote}"),
    ("in the second of two codes", "{code}a{code} b {code}@openhands{code}"),
    ("in noformat within code", "{code}{noformat}{code}{noformat}@openhands{noformat}"),
]


@pytest.mark.parametrize(("text", "instruction"), [row[1:] for row in MENTIONS], ids=[row[0] for row in MENTIONS])
def test_a_mention_and_its_instruction(text: str, instruction: str) -> None:
    assert mentions(text, WATCH) == instruction


@pytest.mark.parametrize("text", [row[1] for row in NONE], ids=[row[0] for row in NONE])
def test_no_mention(text: str) -> None:
    assert mentions(text, WATCH) is None


def test_the_mention_is_a_setting() -> None:
    watch = Watch(mention="!agent", label="", bot_name="", bot_key="")
    assert mentions("!agent go", watch) == "go"
    assert mentions("@openhands go", watch) is None
    assert mentions("[~] go", watch) is None


HOSTILE = [
    pytest.param("[~" * 500_000, id="pickers that never close"),
    pytest.param("[~openhands" * 100_000, id="pickers of the bot that never close"),
    pytest.param("{code" * 200_000 + " @openhands", id="tags that never close"),
    pytest.param("{code:" + "a" * 1_000_000 + " @openhands", id="a parameter without end"),
    pytest.param("{code}{quote}{noformat}" * 40_000 + " @openhands", id="tags in each other"),
    pytest.param("{quote}" * 150_001 + " @openhands", id="quotations"),
    pytest.param("@openhand" * 110_000, id="nearly mentions"),
    pytest.param("@openhands" * 100_000, id="mentions in a row"),
    pytest.param("@openhands " * 90_000, id="mentions with spaces"),
    pytest.param("*" * 1_000_000 + "@openhands", id="marks"),
    pytest.param("\\" * 1_000_000 + "@openhands", id="backslashes"),
    pytest.param(" " * 1_000_000 + "bq. @openhands", id="spaces"),
    pytest.param("\n" * 1_000_000 + "bq. @openhands", id="lines"),
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_megabyte_takes_no_longer_than_a_moment(text: str) -> None:
    began = time.process_time()
    mentions(text, WATCH)
    assert time.process_time() - began < 5


ALPHABET = st.sampled_from(
    ["@openhands", "[~openhands]", "{code}", "{quote}", "{noformat}", "\\", " ", "\n", "a", ".", "_", "bq. "]
)


@settings(deadline=None)  # the machine may be busy
@given(st.lists(ALPHABET, max_size=20).map("".join))
def test_no_mention_comes_from_code(text: str) -> None:
    inside = text.replace("{code}", "").replace("\\", "")
    assert mentions(f"{{code}}{inside}{{code}}", WATCH) is None


@settings(deadline=None)  # the machine may be busy
@given(st.lists(ALPHABET, max_size=20).map("".join))
def test_an_instruction_has_no_mention_outside_quotations(text: str) -> None:
    instruction = mentions(text, WATCH)
    if instruction is not None and "{" not in text and "bq." not in text:
        assert "[~openhands]" not in instruction.replace("\\[~", "")
        assert instruction == instruction.strip()


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=100))
def test_no_text_makes_it_fail(text: str) -> None:
    mentions(text, WATCH)
    assert mentions(f"{text}\n@openhands fix", WATCH) is not None or "{" in text
