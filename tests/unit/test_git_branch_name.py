"""The branch that an issue's work is pushed to."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.forges.branches import LONGEST, branch_name

NAMES = {
    "words": ("PAY-1", "Total ignores quantities", "feature/PAY-1-total-ignores-quantities"),
    "signs and blanks": ("PAY-1", "  Fix: a / b -- c!  ", "feature/PAY-1-fix-a-b-c"),
    "accents": ("PAY-1", "Größe für Café fehlt", "feature/PAY-1-groesse-fuer-cafe-fehlt"),
    "no Latin letters": ("PAY-1", "合計が間違っている", "feature/PAY-1"),
    "empty": ("PAY-1", "", "feature/PAY-1"),
    "another key": ("PAY-1", "Like SHOP-22, but worse", "feature/PAY-1-like-but-worse"),
    "its own key": ("PAY-1", "PAY-1: total", "feature/PAY-1-total"),
    "a word and a number": ("PAY-1", "Support HTTP 2 now", "feature/PAY-1-support-http2-now"),
    "a number first": ("PAY-1", "3 totals", "feature/PAY-1-3-totals"),
    "an option": ("PAY-1", "--force; rm -rf ..", "feature/PAY-1-force-rm-rf"),
    "long": ("PAY-1", "the quick brown fox " * 9, "feature/PAY-1-the-quick-brown-fox-the-quick-brown-fox-the"),
    "one long word": ("PAY-1", "x" * 99, "feature/PAY-1-" + "x" * 46),
    "ends at a word": ("PAY-1", "a" * 46 + " b", "feature/PAY-1-" + "a" * 46),
}


@pytest.mark.parametrize(("key", "summary", "expected"), NAMES.values(), ids=NAMES)
def test_name(key: str, summary: str, expected: str) -> None:
    assert branch_name(key, summary) == expected


@given(st.text(max_size=200))
def test_any_summary_makes_a_name_with_one_key_in_it(summary: str) -> None:
    name = branch_name("PAY-1", summary)
    assert re.fullmatch(r"feature/PAY-1(-[a-z0-9]+)*", name)
    assert len(name) <= LONGEST
    assert re.findall(r"(?<![a-z0-9])[a-z][a-z0-9_]+-\d+", name.lower()) == ["pay-1"]
