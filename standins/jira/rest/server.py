"""What a Jira says of itself, and of what the caller may do."""

from starlette.responses import Response

from standins.jira.issues import may_browse
from standins.jira.records import User
from standins.jira.refusals import refused
from standins.jira.rest.call import NO_ISSUE, Call, answered
from standins.jira.shapes import Json, moment

PERMISSIONS = {
    "BROWSE_PROJECTS": "Browse Projects",
    "CREATE_ISSUES": "Create Issues",
    "EDIT_ISSUES": "Edit Issues",
    "ADD_COMMENTS": "Add Comments",
    "EDIT_OWN_COMMENTS": "Edit Own Comments",
    "DELETE_OWN_COMMENTS": "Delete Own Comments",
    "LINK_ISSUES": "Link Issues",
}
FOR_ADMINISTRATORS = {
    "EDIT_ALL_COMMENTS": "Edit All Comments",
    "DELETE_ALL_COMMENTS": "Delete All Comments",
    "DELETE_ISSUES": "Delete Issues",
    "ADMINISTER_PROJECTS": "Administer Projects",
    "ADMINISTER": "Jira Administrators",
}
FIELDS = ("summary", "description", "labels", "comment", "project", "issuetype", "reporter", "creator", "updated")


def server_info(call: Call) -> Response:
    """Version and base URL, for anyone."""
    line = call.jira.settings.line
    body: Json = {
        "baseUrl": call.jira.base_url,
        "version": line.version,
        "versionNumbers": line.version_numbers,
        "deploymentType": "Server",
        "buildNumber": line.build,
        "buildDate": "2025-05-12T00:00:00.000+0000",
        "databaseBuildNumber": line.build,
        "serverTime": moment(call.jira.clock()),
        "scmInfo": "0000000000000000000000000000000000000000",
        "serverTitle": "Acme Jira",
    }
    if line.health_checks and call.flag("doHealthCheck"):
        body["healthChecks"] = []
    return answered(body)


def fields(call: Call) -> Response:
    """The fields that issues have."""
    return answered(
        [{"id": name, "name": name.capitalize(), "custom": False, "clauseNames": [name]} for name in FIELDS]
    )


def permissions(call: Call) -> Response:
    """What the caller may do, anywhere or on one issue or project."""
    user = call.someone()
    sees = _sees(call, user)
    held = {name: sees for name in PERMISSIONS} | {name: call.may_administer(user) for name in FOR_ADMINISTRATORS}
    held["SYSTEM_ADMIN"] = False
    words = {**PERMISSIONS, **FOR_ADMINISTRATORS, "SYSTEM_ADMIN": "Jira System Administrators"}
    return answered(
        {
            "permissions": {
                key: _permission(key, words[key], held=value, number=n) for n, (key, value) in enumerate(held.items())
            }
        }
    )


def application_links(call: Call) -> Response:
    """Applications that this Jira is linked with: none."""
    call.administrator()
    return answered({"list": []})


def _permission(key: str, name: str, *, held: bool, number: int) -> Json:
    kind = "GLOBAL" if key in ("ADMINISTER", "SYSTEM_ADMIN") else "PROJECT"
    return {"id": str(number), "key": key, "name": name, "type": kind, "description": "", "havePermission": held}


def _sees(call: Call, user: User) -> bool:
    if issue_key := call.query.get("issueKey") or call.query.get("issueId"):
        issue = call.jira.issues.find(issue_key)
        if issue is None or not may_browse(user, issue.project):
            raise refused(404, NO_ISSUE)
        return True
    if project_key := call.query.get("projectKey") or call.query.get("projectId"):
        project = call.jira.issues.find_project(project_key)
        if project is None or not may_browse(user, project):
            raise refused(404, f"No project could be found with key '{project_key}'.")
        return True
    return any(may_browse(user, project) for project in call.jira.issues.projects.values())
