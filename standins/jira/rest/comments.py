"""Comments."""

from typing import Literal

from starlette.responses import Response

from standins.jira.issues import belongs, may_read
from standins.jira.markup import to_html
from standins.jira.records import Comment, Issue, User, Visibility
from standins.jira.refusals import invalid, refused
from standins.jira.rest.call import Call, answered, nothing
from standins.jira.rest.properties import checked_property
from standins.jira.rest.text import checked
from standins.jira.shapes import Json

ALL = 1_048_576


def page(call: Call) -> Response:
    """Some comments of an issue; those that are not for the caller are not counted either."""
    issue = call.issue()
    seen = [one for one in issue.comments.values() if may_read(call.user, one, issue.project)]
    seen.sort(key=lambda one: (one.created, int(one.id)), reverse=_newest_first(call))
    start, most = call.number("startAt", 0), call.number("maxResults", call.jira.settings.line.comments_page or ALL)
    shown = [_shown(call, one) for one in seen[start : start + most]]
    return answered({"startAt": start, "maxResults": most, "total": len(seen), "comments": shown})


def create(call: Call) -> Response:
    """A new comment, with properties if it brings some."""
    user, issue = _commenter(call), call.issue()
    body, visibility = _body(call), _visibility(call, user, issue)
    comment = call.jira.deeds.comment(issue, by=user, body=body, visibility=visibility, properties=_properties(call))
    return answered(_shown(call, comment), 201)


def read(call: Call) -> Response:
    """One comment."""
    return answered(_shown(call, call.comment()[1]))


def edit(call: Call) -> Response:
    """Another text. A restriction that is not sent again is lifted, as in Jira."""
    user = call.someone()
    issue, comment = call.comment()
    if comment.author != user and not user.administrator:
        raise refused(400, f"You do not have the permission to edit comment with id: {comment.id}.")
    if not call.flag("notifyUsers", otherwise=True) and not user.administrator:
        raise refused(403, "To discard the user notification either admin or project admin permissions are required.")
    body, visibility = _body(call), _visibility(call, user, issue)
    properties = _properties(call)
    call.jira.deeds.edit_comment(issue, comment, by=user, body=body, visibility=visibility)
    comment.properties.update(properties)
    return answered(_shown(call, comment))


def delete(call: Call) -> Response:
    """Gone."""
    user = call.someone()
    issue, comment = call.comment()
    if comment.author != user and not user.administrator:
        raise refused(403, f"You do not have permission to delete comment with id: {comment.id}")
    call.jira.deeds.delete_comment(issue, comment, by=user)
    return nothing()


def _shown(call: Call, comment: Comment) -> Json:
    shown = call.shapes.comment(comment)
    if "renderedBody" in call.listed("expand"):
        shown["renderedBody"] = to_html(comment.body)
    if "properties" in call.listed("expand"):
        shown["properties"] = [{"key": key, "value": value} for key, value in comment.properties.items()]
    return shown


def _newest_first(call: Call) -> bool:
    # A plus in a query may arrive as the space that it stands for.
    order = call.query.get("orderBy", "created").strip()
    if order.lstrip("+-") != "created":
        raise refused(400, f"The order '{order}' is not known: created, +created or -created.")
    return order.startswith("-")


def _commenter(call: Call) -> User:
    issue = call.issue()
    if call.user is None:
        raise refused(400, f"You do not have the permission to comment on this issue: {issue.key}.")
    return call.user


def _body(call: Call) -> str:
    body = call.body.get("body")
    if not isinstance(body, str) or not body.strip():
        raise invalid(comment="Comment body can not be empty!")
    return checked(call, body, field="comment")


def _visibility(call: Call, user: User, issue: Issue) -> Visibility | None:
    sent = call.body.get("visibility")
    if sent is None:
        return None
    kind, value = (sent.get("type"), sent.get("value")) if isinstance(sent, dict) else (None, None)
    if kind not in ("role", "group") or not isinstance(value, str):
        raise invalid(commentLevel="A visibility has a type, role or group, and a value.")
    visibility = Visibility(_kind(kind), value)
    if not belongs(user, visibility, issue.project):
        what = "project role" if kind == "role" else "group"
        raise invalid(commentLevel=f"You are currently not a member of the {what}: {value}.")
    return visibility


def _kind(kind: object) -> Literal["role", "group"]:
    return "role" if kind == "role" else "group"


def _properties(call: Call) -> Json:
    found: Json = {}
    sent = call.body.get("properties")
    for one in sent if isinstance(sent, list) else []:
        if not isinstance(one, dict) or not isinstance(one.get("key"), str):
            raise refused(400, "A property has a key and a value.")
        found[one["key"]] = checked_property(one["key"], one.get("value"))
    return found
