"""Projects and issue types."""

from starlette.responses import Response

from standins.jira.issues import may_browse
from standins.jira.records import Project
from standins.jira.refusals import refused
from standins.jira.rest.call import Call, answered


def all_projects(call: Call) -> Response:
    """What the caller may see: nothing, for nobody, and still 200."""
    seen = [found for found in call.jira.issues.projects.values() if may_browse(call.user, found)]
    return answered([call.shapes.project(found) for found in seen])


def project(call: Call) -> Response:
    """One project."""
    return answered(call.shapes.whole_project(visible_project(call, call.path["project"])))


def issue_types(call: Call) -> Response:
    """All issue types."""
    return answered(call.shapes.issue_types())


def createable(call: Call) -> Response:
    """The issue types of one project."""
    visible_project(call, call.path["project"])
    values = call.shapes.issue_types()
    return answered({"maxResults": 50, "startAt": 0, "total": len(values), "isLast": True, "values": values})


def visible_project(call: Call, id_or_key: str) -> Project:
    """A project that the caller may see."""
    found = call.jira.issues.find_project(id_or_key)
    if found is None or not may_browse(call.user, found):
        raise refused(404, f"No project could be found with key '{id_or_key}'.")
    return found
