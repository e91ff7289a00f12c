"""How each group of the configuration stands, in a word."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from handover.configuration.declared import (
    ORDER,
    SEVERAL,
    Agents,
    Group,
    JiraHost,
    Limits,
    Mail,
    Model,
    SignIn,
    Start,
    Trust,
    kind_of,
)
from handover.configuration.documents import Reading
from handover.console.certificates import parsed
from handover.console.sections import slug_of


@dataclass(frozen=True)
class Words:
    """What the page of a list says."""

    add: str
    nothing: str
    without: str


@dataclass(frozen=True)
class Standing:
    """One line: a title with its page, a detail, and how it stands (a class of the stylesheet, and a word)."""

    title: str
    url: str
    detail: str
    standing: str
    word: str


WORDS = {
    "jira": Words(
        "Add a Jira",
        "No Jira is connected yet. You need its address, and a token of an account that comments there.",
        "nothing starts from its issues. Links of members are kept, and hold again when the address comes back.",
    ),
    "forges": Words(
        "Add a forge",
        "No Git host is allowed yet, so no run can begin. Add the one that your repositories are on.",
        "no run works on its repositories.",
    ),
    "oidc": Words(
        "Add a provider",
        "No provider: people sign in with a password here.",
        "nobody signs in with it; accounts stay.",
    ),
}


def overview(reading: Reading) -> list[Standing]:
    """Every group."""
    return [_group(name, reading) for name in ORDER]


def entries(name: str, reading: Reading) -> list[Standing]:
    """Every entry of a list."""
    found = []
    for position, entry in enumerate(reading.entries[name], 1):
        wrong, (detail, word) = _first_problem(entry.value), _of_entry(entry.value)
        url = reverse("console-entry", args=[slug_of(name), position])
        title = entry.value.address or "without an address"
        found.append(
            Standing(title, url, wrong or detail, "bad" if wrong else _colour(word), "Incomplete" if wrong else word)
        )
    return found


def _group(name: str, reading: Reading) -> Standing:
    kind, url = kind_of(name), reverse("console-group", args=[slug_of(name)])
    values = [entry.value for entry in reading.entries[name]]
    if wrong := next(filter(None, map(_first_problem, values)), ""):
        return Standing(kind.title, url, wrong, "bad", "Incomplete")
    detail, word = _of_list(name, values) if name in SEVERAL else _of_single(values[0])
    return Standing(kind.title, url, detail, _colour(word), word)


def _first_problem(value: Group) -> str:
    return next((sentence for _, sentence in value.problems()), "")


def _colour(word: str) -> str:
    return {"Missing": "bad", "Disabled": "care", "Unconfirmed links": "care", "Optional": "", "Expired": "bad"}.get(
        word, "good"
    )


def _of_list(name: str, values: list[Any]) -> tuple[str, str]:
    if not values:
        return WORDS[name].nothing, "Optional" if name == "oidc" else "Missing"
    disabled = name == "jira" and not any(value.enabled for value in values)
    return ", ".join(value.address for value in values), "Disabled" if disabled else "Set"


def _of_entry(value: Any) -> tuple[str, str]:
    if isinstance(value, JiraHost):
        by = "OAuth" if value.linking == "oauth" else "e-mail match"
        word = "Unconfirmed links" if value.links_unconfirmed else "Enabled" if value.enabled else "Disabled"
        return f"Members link by {by}; {value.mention}, label {value.label}", word
    return getattr(value, "name", "") or "Set", "Set"


def _of_single(value: Group) -> tuple[str, str]:  # noqa: PLR0911  a table of cases
    match value:
        case Trust():
            return _trust(value)
        case Model():
            return (
                (f"{value.name} at {value.base_url}", "Set")
                if value.name
                else ("No run can begin without one.", "Missing")
            )
        case Agents():
            return f"{value.at_once} at once, sandbox {value.sandbox}", "Set"
        case Start():
            return " ".join(_start(value)) or "Everybody who is linked.", "Set"
        case SignIn():
            return ("Passwords are allowed." if value.local else "Passwords are for administrators only."), "Set"
        case Mail():
            return (
                (f"{value.host}, port {value.port}", "Set")
                if value.host
                else ("No mail is sent; links are handed over by hand.", "Optional")
            )
        case Limits():
            return f"At most {value.ceiling:f} a run, {value.steps} steps and {value.seconds} seconds.", "Set"
    raise AssertionError(value)


def _trust(value: Trust) -> tuple[str, str]:
    found = parsed(value.certificates)
    expired = [one for one in found if one.standing == "bad"]
    if expired:
        return f"{expired[0].subject} has expired.", "Expired"
    return (
        (f"{len(found)} certificate{'' if len(found) == 1 else 's'} beside the system's.", "Set")
        if found
        else ("Only the system's are trusted.", "Optional")
    )


def _start(value: Start) -> Iterator[str]:
    for words, label in (
        (value.allowed_projects, "Only in"),
        (value.denied_projects, "Never in"),
        (value.allowed_groups, "Only members of"),
        (value.denied_groups, "Never members of"),
    ):
        if words:
            yield f"{label} {', '.join(words[:8])}{' …' if len(words) > 8 else ''}."
