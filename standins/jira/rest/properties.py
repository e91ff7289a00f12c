"""Properties of issues and comments: JSON that a program keeps there."""

import json

from starlette.responses import Response

from standins.jira.refusals import refused
from standins.jira.rest.call import Call, answered, nothing
from standins.jira.shapes import Json

MOST_KEY_BYTES = 255
MOST_VALUE_BYTES = 32_768


def of_issue(call: Call) -> Response:
    """An issue's keys."""
    issue = call.issue()
    return _keys(f"{call.jira.base_url}/rest/api/2/issue/{issue.id}/properties", issue.properties)


def one_of_issue(call: Call) -> Response:
    """One value of an issue."""
    return _one(call, call.issue().properties)


def put_on_issue(call: Call) -> Response:
    """Keep a value on an issue."""
    call.someone()
    return _put(call, call.issue().properties)


def drop_from_issue(call: Call) -> Response:
    """Forget a value of an issue."""
    call.someone()
    return _drop(call, call.issue().properties)


def of_comment(call: Call) -> Response:
    """A comment's keys."""
    comment = call.comment()[1]
    return _keys(f"{call.jira.base_url}/rest/api/2/comment/{comment.id}/properties", comment.properties)


def one_of_comment(call: Call) -> Response:
    """One value of a comment."""
    return _one(call, call.comment()[1].properties)


def put_on_comment(call: Call) -> Response:
    """Keep a value on a comment that the caller may edit."""
    return _put(call, _editable(call))


def drop_from_comment(call: Call) -> Response:
    """Forget a value of a comment that the caller may edit."""
    return _drop(call, _editable(call))


def checked_property(key: str, value: object) -> object:
    """The value, if both are short enough."""
    if len(key.encode()) > MOST_KEY_BYTES:
        raise refused(400, f"The property key cannot be longer than {MOST_KEY_BYTES} bytes.")
    if len(json.dumps(value, ensure_ascii=False).encode()) > MOST_VALUE_BYTES:
        raise refused(400, f"The property value cannot be longer than {MOST_VALUE_BYTES} bytes.")
    return value


def _editable(call: Call) -> Json:
    user = call.someone()
    _, comment = call.comment()
    if comment.author != user and not user.administrator:
        raise refused(403, "You do not have the permission to edit this comment.")
    return comment.properties


def _keys(base: str, properties: Json) -> Response:
    return answered({"keys": [{"self": f"{base}/{key}", "key": key} for key in properties]})


def _one(call: Call, properties: Json) -> Response:
    key = call.path["property"]
    if key not in properties:
        raise refused(404, f"The property with key '{key}' does not exist.")
    return answered({"key": key, "value": properties[key]})


def _put(call: Call, properties: Json) -> Response:
    key = call.path["property"]
    if call.sent is None:
        raise refused(400, "The property value cannot be empty.")
    existed = key in properties
    properties[key] = checked_property(key, call.sent)
    return nothing(200 if existed else 201)


def _drop(call: Call, properties: Json) -> Response:
    key = call.path["property"]
    if key not in properties:
        raise refused(404, f"The property with key '{key}' does not exist.")
    del properties[key]
    return nothing()
