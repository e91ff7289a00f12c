"""The script that does the job: it looks, sees the test fail, mends the cart, tests again, commits and reports."""

import shlex

from standins.model.acts import Act, Turn, in_order
from standins.model.tools import committed, finish, in_repository, replace, runs, terminal

CART = "shop/cart.py"
WRONG = "line.price for line in self.lines"
RIGHT = "line.price * line.quantity for line in self.lines"
# For a cart that is written in another way: whatever is summed up by price counts its quantity.
_MEND = r"""
import pathlib, re
file = pathlib.Path("shop/cart.py")
text = file.read_text()
text = re.sub(r"(\w+)\.price for", r"\1.price * \1.quantity for", text)
text = re.sub(r"(\w+)\[(['\"])price\2\] for", r"\1[\2price\2] * \1[\2quantity\2] for", text)
file.write_text(text)
"""
_LOOK = f"git status --short --branch && ls && cat {CART}"
_TEST = "python3 -m unittest"


def _mend(turn: Turn) -> Act:
    if any(WRONG in result for result in turn.results) and "file_editor" in turn.tools:
        return replace(f"{turn.repository}/{CART}", old=WRONG, new=RIGHT)
    return terminal(in_repository(turn, f"python3 -c {shlex.quote(_MEND)}"))


def _report(turn: Turn) -> Act:
    said = next((result for result in reversed(turn.results) if "Ran " in result), "")
    passed = "OK" in said and "FAILED" not in said
    tests = "All tests pass." if passed else "Some tests still fail; please look at them before you merge."
    return finish(
        "`Cart.total()` added the prices up and left the quantities out. It now counts each line's price times its "
        f"quantity.\n\n- changed `{CART}`\n- ran `{_TEST}`: {tests}"
    )


fix = in_order(
    runs(_LOOK),
    runs(_TEST),
    _mend,
    runs(_TEST),
    runs(f"git --no-pager diff --stat && {committed('Count quantities in the total of a cart')}"),
    _report,
)
