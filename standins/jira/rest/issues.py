"""Issues: read, create, edit, delete."""

from collections.abc import Callable

from starlette.responses import Response

from standins.jira.markup import to_html
from standins.jira.records import Issue, Project
from standins.jira.refusals import Refused, invalid, refused
from standins.jira.rest.call import Call, answered, nothing, words
from standins.jira.rest.projects import visible_project
from standins.jira.rest.text import checked, checked_label
from standins.jira.shapes import TYPES, Json

EXPANDABLE = "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations"
NOT_ON_SCREEN = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."
EDITABLE = ("summary", "description", "labels")
CREATABLE = (*EDITABLE, "project", "issuetype", "reporter", "priority")


def read(call: Call) -> Response:
    """One issue."""
    issue = call.issue()
    shown = issue_json(call, issue, fields=call.listed("fields") or ["*all"], expand=call.listed("expand"))
    return answered(shown)


def create(call: Call) -> Response:
    """A new issue."""
    user = call.someone()
    fields = _fields(call)
    _refuse_unknown(fields, CREATABLE)
    project = _project(call, fields)
    summary = _summary(fields.get("summary"))
    issue = call.jira.deeds.create_issue(
        project,
        type_name=_type(fields),
        summary=summary,
        description=_description(call, fields.get("description")),
        by=user,
        labels=_labels(fields.get("labels")),
    )
    return answered(call.shapes.issue_reference(issue), 201)


def edit(call: Call) -> Response:
    """Change fields by setting them, or labels one by one."""
    user, issue = call.someone(), call.issue()
    if not call.flag("notifyUsers", otherwise=True) and not user.administrator:
        raise refused(403, "To discard the user notification either admin or project admin permissions are required.")
    fields = _fields(call)
    _refuse_unknown(fields, EDITABLE)
    changed: dict[str, str | None] = {}
    if "summary" in fields:
        changed["summary"] = _summary(fields["summary"])
    if "description" in fields:
        changed["description"] = _description(call, fields["description"])
    labels = set(_labels(fields["labels"])) if "labels" in fields else set(issue.labels)
    labels = _updated(labels, call.body.get("update"))
    call.jira.deeds.edit_issue(issue, by=user, fields=changed, labels=labels)
    return nothing()


def delete(call: Call) -> Response:
    """For administrators."""
    user, issue = call.someone(), call.issue()
    if not user.administrator:
        raise refused(403, "You do not have permission to delete issues in this project.")
    call.jira.deeds.delete_issue(issue, by=user)
    return nothing()


def issue_json(call: Call, issue: Issue, *, fields: list[str], expand: list[str]) -> Json:
    """An issue as asked for. `renderedFields` is null unless expanded."""
    wanted = _wanted(fields)
    shown: Json = {"expand": EXPANDABLE, **call.shapes.issue(issue, wanted=wanted), "renderedFields": None}
    if "renderedFields" in expand:
        shown["renderedFields"] = _rendered(call, issue, wanted)
    if "changelog" in expand:
        shown["changelog"] = call.shapes.changelog(issue.histories)
    return shown


def _wanted(fields: list[str]) -> Callable[[str], bool]:
    without = {name[1:] for name in fields if name.startswith("-")}
    named = {name for name in fields if not name.startswith("-")}
    everything = not named or bool(named & {"*all", "*navigable"})
    hidden = {"comment"} if "*navigable" in named and "*all" not in named else set()
    return lambda name: name not in without and (name in named or (everything and name not in hidden))


def _rendered(call: Call, issue: Issue, wanted: Callable[[str], bool]) -> Json:
    rendered: Json = {}
    if wanted("description"):
        rendered["description"] = to_html(issue.description or "")
    if wanted("comment"):
        embedded = call.shapes.comments(issue)
        comments = embedded["comments"]
        assert isinstance(comments, list)
        rendered["comment"] = {**embedded, "comments": [{**one, "body": to_html(one["body"])} for one in comments]}
    return rendered


def _fields(call: Call) -> Json:
    fields = call.body.get("fields") or {}
    if not isinstance(fields, dict):
        raise refused(400, "Can not deserialize instance of fields: a JSON object is expected.")
    return fields


def _refuse_unknown(fields: Json, known: tuple[str, ...]) -> None:
    unknown = {name: NOT_ON_SCREEN.format(name) for name in fields if name not in known}
    if unknown:
        raise invalid(**unknown)


def _project(call: Call, fields: Json) -> Project:
    named = fields.get("project")
    id_or_key = str(named.get("id") or named.get("key") or "") if isinstance(named, dict) else ""
    if not id_or_key:
        raise invalid(project="project is required")
    try:
        return visible_project(call, id_or_key)
    except Refused as error:
        raise invalid(project="valid project is required") from error


def _type(fields: Json) -> str:
    named = fields.get("issuetype")
    if isinstance(named, dict):
        for name, number in TYPES.items():
            if named.get("name") == name or str(named.get("id")) == number:
                return name
    raise invalid(issuetype="issue type is required" if named is None else "valid issue type is required")


def _summary(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        raise invalid(summary="You must specify a summary of the issue.")
    if "\n" in text or "\r" in text:
        raise invalid(summary="The summary is invalid because it contains newline characters.")
    if len(text) > 255:
        raise invalid(summary="Summary must be less than 255 characters.")
    return text


def _description(call: Call, value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise invalid(description="Operation value must be a string")
    return checked(call, value, field="description") if value else None


def _labels(value: object) -> list[str]:
    return [checked_label(label) for label in (value if isinstance(value, list) else words(value))]


def _updated(labels: set[str], update: object) -> set[str]:
    if update is None:
        return labels
    if not isinstance(update, dict):
        raise refused(400, "Can not deserialize instance of update: a JSON object is expected.")
    _refuse_unknown(update, ("labels",))
    for step in update.get("labels", []):
        labels = _stepped(labels, step)
    return labels


def _stepped(labels: set[str], step: object) -> set[str]:
    match step:
        case {"add": label}:
            return labels | {checked_label(label)}
        case {"remove": label}:
            return labels - {str(label)}
        case {"set": list(wanted)}:
            return {checked_label(label) for label in wanted}
    raise invalid(labels="Field with id 'labels' and name 'Labels' does not support this operation.")
