"""What is wrong with a webhook as Jira keeps it: a sentence each, with what to do."""

from dataclasses import replace

import pytest

from handover.jira.webhook_check import doubles, ours, secret_is_proven, wrong
from handover.jira.webhook_records import EVENTS, Registered, Wanted

PATH = "/integration/jira-dc/connections/1/events"
WANTED = Wanted(url=f"https://handover.acme.example{PATH}", secret="geheim")
GOOD = Registered(
    id="3",
    name="OpenHands",
    url=WANTED.url,
    events=frozenset(EVENTS),
    active=True,
    scope="global",
    excludes_body=False,
    secret="geheim",
)
WELL = {
    "as it was wanted": GOOD,
    "with further events": replace(GOOD, events=frozenset({*EVENTS, "sprint_started"})),
    "with a secret that is hidden": replace(GOOD, secret=None),
    "with a secret that is masked by stars": replace(GOOD, secret="********"),
    "with a secret that is masked by dots": replace(GOOD, secret="••••"),
    "told of with next to nothing": Registered(id="3", name="", url=WANTED.url),
    "with its scope in capitals": replace(GOOD, scope="GLOBAL"),
    "under another name": replace(GOOD, name="Handover"),
}
WRONG = {
    "an empty secret": (replace(GOOD, secret=""), "without a signature"),
    "another secret": (replace(GOOD, secret="another"), "another secret than ours"),
    "a secret of one letter": (replace(GOOD, secret="aaaa"), "another secret than ours"),
    "no body": (replace(GOOD, excludes_body=True), "leaves out the body"),
    "another address": (
        replace(GOOD, url="https://old.example/x"),
        "https://old.example/x instead of https://handover",
    ),
    "no address": (replace(GOOD, url=""), "delivers to nowhere"),
    "switched off": (replace(GOOD, active=False), "switched off"),
    "some events": (
        replace(GOOD, events=frozenset(EVENTS) - {"comment_created", "jira:issue_deleted"}),
        "does not tell of jira:issue_deleted, comment_created.",
    ),
    "no events": (replace(GOOD, events=frozenset()), "does not tell of jira:issue_created"),
    "one project": (replace(GOOD, scope="project"), "not global but of scope project"),
    "a filter": (replace(GOOD, filters='{"FILTERS": "project = PAY"}'), "project = PAY"),
}


@pytest.mark.parametrize("hook", WELL.values(), ids=WELL.keys())
def test_nothing_is_wrong(hook: Registered) -> None:
    assert wrong(hook, WANTED) == []


@pytest.mark.parametrize(("hook", "words"), WRONG.values(), ids=WRONG.keys())
def test_one_thing_is_wrong(hook: Registered, words: str) -> None:
    [sentence] = wrong(hook, WANTED)
    assert words in sentence
    assert sentence.endswith(".")
    assert WANTED.secret not in sentence


def test_everything_may_be_wrong() -> None:
    hook = Registered("3", "", "", frozenset(), active=False, scope="x", excludes_body=True, secret="")
    assert len(wrong(hook, WANTED)) == 6


def test_only_the_secret_itself_proves_that_it_took() -> None:
    assert secret_is_proven(GOOD, WANTED)
    assert not any(secret_is_proven(replace(GOOD, secret=shown), WANTED) for shown in (None, "", "********", "other"))


def test_ours_are_those_that_deliver_to_this_connection() -> None:
    exact, elsewhere = replace(GOOD, id="9"), replace(GOOD, id="4", url="https://other.example/hook")
    former = replace(GOOD, id="5", url=f"http://former.acme.example:8080{PATH}/")
    with_query = replace(GOOD, id="10", url=f"{WANTED.url}?issue={{issue.key}}")
    another = replace(GOOD, id="6", url=WANTED.url.replace("/1/", "/12/"))
    broken = replace(GOOD, id="7", url="http://[::1/x")
    found = ours([elsewhere, former, another, broken, with_query, exact], WANTED)
    assert [hook.id for hook in found] == ["9", "5", "10"]


def test_further_webhooks_are_named() -> None:
    assert doubles([]) == ""
    said = doubles([replace(GOOD, id="5", name="Old one"), replace(GOOD, id="6")])
    assert "“Old one” (5), “OpenHands” (6)" in said
    assert "Delete them in Jira" in said
