"""What a webhook body asks for: a table over whole bodies, recorded or of the recorded shapes."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from handover.triggers.reading import Ignored, Lifecycle, Trigger, Watch, as_json, read

OURS = Path(__file__).parent.parent / "payloads"
# What real Jiras sent; present only where the project's shared material lies beside the checkout.
RECORDED = Path(__file__).parents[3] / "shared" / "payloads" / "server-8"
WATCH = Watch(mention="@openhands", label="openhands", bot_name="openhands", bot_key="JIRAUSER10001")

ISSUE = {"issue_id": "10001", "issue_key": "PAY-1"}
BARE = {"issue_id": "10001", "issue_key": None}
LINA = {"actor_key": "JIRAUSER10101"}


@dataclass(frozen=True)
class Row:
    """A body and what must be read from it; `reason` is a part of the reason."""

    body: str
    expected: dict[str, str | None]
    reason: str = ""


def mention(comment_id: str, instruction: str, **ids: str | None) -> dict[str, str | None]:
    key = f"comment:10001:{comment_id}"
    return {
        "outcome": "trigger",
        "kind": "mention",
        **ISSUE,
        **LINA,
        "comment_id": comment_id,
        "instruction": instruction,
        "dedupe_key": key,
        **ids,
    }


def label(change: str, **ids: str | None) -> dict[str, str | None]:
    return {"outcome": "trigger", "kind": "label", **ISSUE, **LINA, "dedupe_key": f"label:10001:{change}", **ids}


def ignored(**ids: str | None) -> dict[str, str | None]:
    return {"outcome": "ignored", "kind": None, "instruction": None, **ISSUE, **ids}


FIX = "please fix this"
BOT = "JIRAUSER10001"
ROWS = [
    Row("server-8/comment_created__mention", mention("10200", FIX, **BARE)),
    Row("server-8/comment_created__mention-author-without-key", mention("10200", FIX, **BARE, actor_key=None)),
    Row("server-8/comment_created__no-mention", ignored(**BARE, comment_id="10201", **LINA), "No mention"),
    Row("server-8/issue_updated__commented-mention", mention("10200", FIX)),
    Row("server-8/issue_updated__commented-without-comment", ignored(comment_id=None), "carries no comment"),
    Row("server-8/issue_updated__comment-deleted", ignored(comment_id=None), "does not say which comment"),
    Row(
        "server-8/comment_deleted__mention",
        {"outcome": "lifecycle", "kind": "comment-deleted", **BARE, **LINA, "comment_id": "10200"},
    ),
    Row("server-8/issue_updated__label-added", label("10310")),
    Row(
        "data-center-9/comment_created__picker-mention",
        mention("10202", "please look at the rounding\n\n{quote}@openhands nonsense{quote}", **BARE),
    ),
    Row(
        "data-center-9/issue_updated__commented-picker-mention",
        mention("10202", "please look at the rounding\n\n{quote}@openhands nonsense{quote}"),
    ),
    Row("data-center-9/comment_updated__mention-added", mention("10203", "Now with: fix it", **BARE)),
    Row("data-center-9/issue_updated__comment-edited-mention-added", mention("10203", "Now with: fix it")),
    Row("data-center-9/comment_created__bot", ignored(**BARE, comment_id="10204", actor_key=BOT), "bot's own"),
    Row("data-center-9/issue_updated__commented-bot", ignored(comment_id="10204", actor_key=BOT), "bot's own"),
    Row("data-center-9/comment_created__anonymous", ignored(**BARE, comment_id="10205", actor_key=None), "anonymous"),
    Row(
        "data-center-9/issue_updated__label-removed",
        {"outcome": "lifecycle", "kind": "label-removed", **ISSUE, "dedupe_key": "label-removed:10001:10311"},
        "removed",
    ),
    Row("data-center-9/issue_updated__label-kept", ignored(**LINA), "No mention and no label"),
    Row("data-center-9/issue_updated__moved", ignored(issue_key="API-7"), "No mention and no label"),
    Row("data-center-10/comment_created__with-issue", mention("10206", FIX)),
    Row("data-center-10/issue_updated__commented-restricted", mention("10206", FIX)),
    Row(
        "data-center-10/comment_deleted__with-issue",
        {"outcome": "lifecycle", "kind": "comment-deleted", **ISSUE, "actor_key": "JIRAUSER10100"},
    ),
    Row("data-center-10/issue_created__with-label", label("created")),
    Row("data-center-10/issue_created__mention-in-description", ignored(), "comments only"),
    Row("data-center-10/issue_deleted__plain", {"outcome": "lifecycle", "kind": "issue-deleted", **ISSUE}),
    Row("data-center-10/issue_updated__label-added-in-other-case", label("10314")),
    Row("data-center-10/issue_updated__label-added-by-bot", ignored(actor_key=BOT), "bot's own change"),
    Row("data-center-10/issue_updated__transition-with-label", label("10316", comment_id=None)),
    Row("data-center-10/issue_updated__transition-with-comment", mention("10207", FIX)),
]


@pytest.mark.parametrize("row", ROWS, ids=[row.body for row in ROWS])
def test_a_body_is_understood(row: Row) -> None:
    understood = as_json(read((OURS / f"{row.body}.json").read_bytes(), WATCH))
    assert {name: understood[name] for name in row.expected} == row.expected
    assert row.reason in (understood["reason"] or "")
    assert (understood["outcome"] == "trigger") == (understood["reason"] is None)


def test_every_body_of_ours_is_in_the_table() -> None:
    assert {str(file.relative_to(OURS).with_suffix("")) for file in OURS.rglob("*.json")} == {row.body for row in ROWS}


def test_the_result_has_its_keys_in_the_documented_order() -> None:
    keys = "outcome kind issue_id issue_key comment_id actor_key instruction dedupe_key reason".split()  # noqa: SIM905
    for row in ROWS:
        assert list(as_json(read((OURS / f"{row.body}.json").read_bytes(), WATCH))) == keys


def test_escapes_in_the_json_make_no_difference() -> None:
    body = (OURS / "server-8/comment_created__mention.json").read_bytes()
    assert read(body.replace(b"@openhands", b"\\u0040open\\u0068ands"), WATCH) == read(body, WATCH)


@dataclass(frozen=True)
class Recorded:
    """A recorded body, whom to take for the bot there, and what it is then."""

    file: str
    watch: Watch
    expected: dict[str, str | None]


def watching(*, mention: str = "@openhands", label: str = "openhands", bot: str = "nobody") -> Watch:
    return Watch(mention=mention, label=label, bot_name=bot, bot_key="")


COMMENT = {"issue_id": "10013", "comment_id": "10082", "actor_key": "levbrouk", "dedupe_key": "comment:10013:10082"}
EDIT = {"issue_id": "10013", "comment_id": "10084", "dedupe_key": "comment:10013:10084"}
UNIK = watching(mention="unik")
HIGHER = watching(mention="higher")
RECORDINGS = [
    Recorded(
        "defectdojo-jira_issue_comment_template_json",
        watching(mention="test2"),
        {"outcome": "trigger", "issue_id": "2", "comment_id": "456843", "actor_key": None, "instruction": ""},
    ),
    Recorded("mattermost-webhook-server-comment-created", UNIK, {"outcome": "trigger", "issue_key": None, **COMMENT}),
    Recorded(
        "mattermost-webhook-server-issue-updated-commented-1",
        UNIK,
        {"outcome": "trigger", "issue_key": "PRJX-14", **COMMENT},
    ),
    Recorded(
        "mattermost-webhook-server-issue-updated-commented-mention-user",
        watching(bot="USER"),
        {"outcome": "trigger", "instruction": "unik with mentioned user", **COMMENT},
    ),
    Recorded(
        "mattermost-webhook-server-comment-created", watching(mention="unik", bot="levbrouk"), {"outcome": "ignored"}
    ),
    Recorded("mattermost-webhook-server-comment-updated", HIGHER, {"outcome": "trigger", **EDIT}),
    Recorded("mattermost-webhook-server-issue-updated-comment-edited", HIGHER, {"outcome": "trigger", **EDIT}),
    Recorded(
        "mattermost-webhook-server-comment-deleted",
        watching(),
        {"outcome": "lifecycle", "kind": "comment-deleted", "issue_id": "10013", "comment_id": "10084"},
    ),
    Recorded(
        "mattermost-webhook-server-issue-updated-many-fields",
        watching(label="s"),
        {"outcome": "lifecycle", "kind": "label-removed", "issue_key": "HEY-15"},
    ),
    Recorded(
        "mattermost-webhook-server-issue-updated-many-fields",
        watching(label="dc"),
        {"outcome": "ignored", "kind": None},
    ),
    Recorded(
        "mattermost-webhook-server-issue-updated-resolved", watching(), {"outcome": "ignored", "issue_id": "10300"}
    ),
]


@pytest.mark.parametrize("row", RECORDINGS, ids=[f"{row.file}-{row.expected['outcome']}" for row in RECORDINGS])
def test_a_recorded_body_is_understood(row: Recorded) -> None:
    file = RECORDED / f"{row.file}.json"
    if not file.exists():
        pytest.skip("The recorded bodies are not here.")
    understood = as_json(read(file.read_bytes(), row.watch))
    assert {name: understood[name] for name in row.expected} == row.expected


def _body(**fields: object) -> bytes:
    return json.dumps(fields).encode()


AUTHOR = {"name": "lina", "key": "JIRAUSER10101"}
LINK = "https://jira.acme.example/jira/rest/api/2/issue/10001/comment/1"
ODD = [
    pytest.param({}, "names no event", id="an empty object"),
    pytest.param({"webhookEvent": "sprint_started"}, "does not use the event sprint_started", id="another event"),
    pytest.param({"webhookEvent": "comment_created"}, "carries no comment", id="no comment"),
    pytest.param(
        {"webhookEvent": "comment_created", "comment": {"body": "@openhands", "author": AUTHOR}},
        "which comment of which issue",
        id="no ids",
    ),
    pytest.param(
        {"webhookEvent": "comment_created", "comment": {"id": 1, "self": LINK, "body": 5, "author": AUTHOR}},
        "No mention",
        id="a number for the text",
    ),
    pytest.param(
        {"webhookEvent": "comment_created", "comment": {"id": 1, "self": LINK, "body": "@openhands", "author": "lina"}},
        "anonymous",
        id="a text for the author",
    ),
    pytest.param(
        {
            "webhookEvent": "comment_updated",
            "user": {"name": "openhands"},
            "comment": {"id": 1, "self": LINK, "body": "@openhands", "author": AUTHOR},
        },
        "bot's own",
        id="edited by the bot",
    ),
    pytest.param(
        {
            "webhookEvent": "comment_updated",
            "user": AUTHOR,
            "comment": {"id": 1, "self": LINK, "body": "@openhands", "author": {"key": "JIRAUSER10001"}},
        },
        "bot's own",
        id="the bot's comment edited by another",
    ),
    pytest.param({"webhookEvent": "jira:issue_deleted"}, "which issue was deleted", id="a deleted issue without id"),
    pytest.param(
        {"webhookEvent": "comment_deleted"}, "which comment of which issue", id="a deleted comment without id"
    ),
    pytest.param(
        {"webhookEvent": "jira:issue_created", "user": AUTHOR, "issue": {"fields": {"labels": ["openhands"]}}},
        "to which issue",
        id="a label on no issue",
    ),
    pytest.param(
        {"webhookEvent": "jira:issue_created", "issue": {"id": "1", "fields": {"labels": ["openhands"]}}},
        "nobody who is known",
        id="a label by nobody",
    ),
    pytest.param(
        {
            "webhookEvent": "jira:issue_updated",
            "user": AUTHOR,
            "issue": {"id": "1"},
            "changelog": {"items": [{"field": "labels", "toString": "openhands"}]},
        },
        "without an id",
        id="a change without id",
    ),
    pytest.param(
        {
            "webhookEvent": "jira:issue_updated",
            "user": AUTHOR,
            "issue": {"id": "1"},
            "changelog": {"id": "5", "items": [{"field": "labels", "fieldtype": "custom", "toString": "openhands"}]},
        },
        "No mention and no label",
        id="a custom field of that name",
    ),
]


@pytest.mark.parametrize(("fields", "reason"), ODD)
def test_an_odd_body_is_ignored_with_its_reason(fields: dict[str, object], reason: str) -> None:
    outcome = read(_body(**fields), WATCH)
    assert isinstance(outcome, Ignored)
    assert reason in outcome.reason


LABELS = [
    pytest.param("", "openhands", Trigger, id="the only one"),
    pytest.param(None, "openhands", Trigger, id="null before"),
    pytest.param("a b", "a b openhands", Trigger, id="added to others"),
    pytest.param("a openhands", "openhands", Ignored, id="another removed, ours alone stays"),
    pytest.param("openhands", "a openhands", Ignored, id="another added"),
    pytest.param("OpenHands", "openhands", Ignored, id="only its case changed"),
    pytest.param("openhands", "", Lifecycle, id="removed"),
    pytest.param("openhands", None, Lifecycle, id="null after"),
    pytest.param("", "openhands-team", Ignored, id="a longer one"),
    pytest.param("", "openhand\u017f", Ignored, id="a look-alike"),
]


@pytest.mark.parametrize(("before", "after", "outcome"), LABELS)
def test_labels_are_compared_as_sets(before: str | None, after: str | None, outcome: type) -> None:
    items = [{"field": "labels", "fieldtype": "jira", "fromString": before, "toString": after}]
    changelog = {"id": 7, "items": items}
    body = _body(webhookEvent="jira:issue_updated", user=AUTHOR, issue={"id": 10001}, changelog=changelog)
    assert isinstance(read(body, WATCH), outcome)
