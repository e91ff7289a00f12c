"""Jira's JSON, with whatever else is in it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.jira.bodies import Event, base_url_of, event, id_of, issue_id_of, key_of
from handover.jira.lenient import NotJson

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = ("webhookEvent", "issue_event_type_name", "user", "issue", "comment", "changelog", "id", "key", "self", "items")
SHAPED = st.recursive(
    JSON,
    lambda inner: st.dictionaries(st.sampled_from(NAMES), inner, max_size=5) | st.lists(inner, max_size=2),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'"text"', id="a text"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"a":', id="cut off"),
        pytest.param(b"\xff\xfe{}", id="no UTF-8"),
        pytest.param(b'{"a":' + b"[" * 500_000, id="deep lists"),
        pytest.param(b'{"a":' * 500_000, id="deep objects"),
        pytest.param(b'{"issue":' + b"[" * 300_000 + b"]" * 300_000 + b"}", id="deep and whole"),
        pytest.param(b'{"comment":{"id":' + b"9" * 100_000 + b"}}", id="a number beyond measure"),
    ],
)
def test_what_is_no_json_object_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(NotJson):
        event(body)


@pytest.mark.parametrize(
    ("body", "same_as"),
    [
        pytest.param({"timestamp": [], "extra": {"a": 1}}, {}, id="junk beside"),
        pytest.param({"webhookEvent": 5}, {}, id="a number for the event"),
        pytest.param({"issue": []}, {}, id="a list for the issue"),
        pytest.param({"issue": {"id": True, "key": 3}}, {"issue": {}}, id="neither id nor key"),
        pytest.param(
            {"issue": {"fields": {"labels": ["a", 1, None]}}},
            {"issue": {"fields": {"labels": ["a"]}}},
            id="junk labels",
        ),
        pytest.param({"comment": {"body": {}, "id": "7"}}, {"comment": {"id": "7"}}, id="an object for the text"),
        pytest.param({"user": {"key": ["k"], "name": "lina"}}, {"user": {"name": "lina"}}, id="a list for the key"),
        pytest.param({"changelog": {"items": [7, {"field": 1}]}}, {"changelog": {"items": [{}]}}, id="junk changes"),
    ],
)
def test_a_field_of_another_type_counts_as_absent(body: object, same_as: object) -> None:
    assert event(json.dumps(body).encode()) == event(json.dumps(same_as).encode())


def test_half_a_surrogate_pair_costs_only_itself() -> None:
    read = event(b'{"comment":{"body":"cut \\ud83d off"},"user":{"displayName":"\\udc00"}}')
    assert read.comment is not None
    assert read.comment.body == "cut \N{REPLACEMENT CHARACTER} off"


@settings(deadline=None)  # the machine may be busy
@given(SHAPED)
def test_no_json_makes_it_fail(value: object) -> None:
    body = json.dumps(value).encode()
    if isinstance(value, dict):
        assert isinstance(event(body), Event)
    else:
        with pytest.raises(NotJson):
            event(body)


@settings(deadline=None)  # the machine may be busy
@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail(body: bytes) -> None:
    try:
        event(body)
    except NotJson:
        return


@pytest.mark.parametrize(
    ("link", "issue_id", "base_url"),
    [
        pytest.param(
            "https://jira.acme.example/rest/api/2/issue/10013/comment/10082",
            "10013",
            "https://jira.acme.example",
            id="at the root",
        ),
        pytest.param(
            "http://jira.acme.example:8080/jira/rest/api/latest/issue/2/comment/4",
            "2",
            "http://jira.acme.example:8080/jira",
            id="context path and port",
        ),
        pytest.param(
            "https://jira.acme.example/rest/api/2/issue/PAY-1/comment/4", None, "https://jira.acme.example", id="a key"
        ),
        pytest.param("https://jira.acme.example/browse/PAY-1", None, None, id="a page"),
        pytest.param("file:///rest/api/2/issue/1/comment/4", "1", None, id="no web address"),
        pytest.param(None, None, None, id="none"),
    ],
)
def test_a_comments_link_tells_issue_and_jira(link: str | None, issue_id: str | None, base_url: str | None) -> None:
    assert issue_id_of(link) == issue_id
    assert base_url_of(link) == base_url


@pytest.mark.parametrize(
    ("value", "known"), [("10001", "10001"), (10001, "10001"), ("1/../2", None), ("١٢", None), ("", None), (-1, None)]
)
def test_ids_are_digits(value: str | int, known: str | None) -> None:
    assert id_of(value) == known


@pytest.mark.parametrize(
    ("value", "known"), [("PAY-1", "PAY-1"), ("A_B2-10", "A_B2-10"), ("pay-1", None), ("PAY-1/..", None), (None, None)]
)
def test_keys_are_keys(value: str | None, known: str | None) -> None:
    assert key_of(value) == known
