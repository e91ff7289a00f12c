"""The scripts by their names. A person chooses one with a word such as [script:ask] or [script:slow 20]."""

import re

from standins.model.acts import Act, Fail, Say, Script, Turn, Usage, in_order
from standins.model.fix import fix
from standins.model.tools import committed, finish, finishes, in_repository, runs, terminal

DEFAULT = "fix"
MEGABYTES = 60
EXPENSIVE = Usage(input_tokens=1_000_000, output_tokens=1_000_000)
_CHOSEN = re.compile(r"\[script:([a-z0-9-]+)(?:[ :=]([^\]\s]+))?\]")
_ORDER = re.compile(r"^[\s>*]*DO: (.+?)\s*$", re.MULTILINE)
_WORKFLOW = ".github/workflows/test.yml"


def _endless(turn: Turn) -> Act:
    # Each time another command: OpenHands ends a conversation that repeats itself.
    return terminal(f"sleep {turn.argument or 1} && echo {turn.number}")


def _expensive(turn: Turn) -> Act:
    return terminal(f"echo {turn.number}", usage=EXPENSIVE)


def _huge(turn: Turn) -> Act:
    size = int(turn.argument or MEGABYTES)
    return terminal(in_repository(turn, f"head --bytes={size}M /dev/urandom > huge.bin && {committed('Add a file')}"))


def _obey(turn: Turn) -> Act:
    orders: list[str] = _ORDER.findall(turn.prompt)
    if turn.number < len(orders):
        return terminal(in_repository(turn, orders[turn.number]))
    return finish(f"Done as told: {len(orders)} command(s).")


def _fails(status: int, message: str, code: str) -> Script:
    return lambda turn: Fail(status, message, code)


SCRIPTS: dict[str, Script] = {
    "fix": fix,
    "slow": fix,
    "nothing": in_order(runs("git status && ls"), finishes("There is nothing to change: the code already does this.")),
    "ask": lambda turn: Say("Which currency should the total be in? Please answer, and I will go on."),
    "endless": _endless,
    "stuck": lambda turn: terminal("echo again"),
    "claim": finishes("Fixed the cart, all tests pass, and pushed the branch."),
    "expensive": _expensive,
    "ci": in_order(
        runs(f"mkdir -p .github/workflows && echo '# changed' >> {_WORKFLOW} && {committed('Change the workflow')}"),
        finishes(f"Changed `{_WORKFLOW}`."),
    ),
    "evil-link": in_order(
        runs(f"ln -s /etc/passwd shop/passwd && {committed('Add a link')}"), finishes("Added `shop/passwd`.")
    ),
    "huge": in_order(_huge, finishes("Added `huge.bin`.")),
    "obey": _obey,
    "fail401": _fails(401, "Incorrect API key provided.", "invalid_api_key"),
    "fail429": _fails(429, "Rate limit reached for requests.", "rate_limit_exceeded"),
    "fail500": _fails(500, "The server had an error while processing your request.", "server_error"),
}


def chosen(prompt: str, *, unless: str | None) -> tuple[str, str]:
    """The script's name and its argument: `unless` where the test set one, else the last that the prompt names."""
    known = [(name, argument) for name, argument in _CHOSEN.findall(prompt) if name in SCRIPTS]
    if unless:
        return unless, ""
    return known[-1] if known else (DEFAULT, "")
