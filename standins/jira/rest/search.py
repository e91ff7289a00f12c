"""Search."""

from starlette.responses import Response

from standins.jira.issues import may_browse
from standins.jira.jql import Asked, NotUnderstood, parsed
from standins.jira.records import Issue
from standins.jira.refusals import refused
from standins.jira.rest.call import Call, answered, number, words
from standins.jira.rest.issues import issue_json

USUAL = 50
MOST = 1000


def by_query(call: Call) -> Response:
    """The question in the address."""
    start, most = call.number("startAt", 0), call.number("maxResults", USUAL)
    return _found(call, call.query.get("jql", ""), start, most, call.listed("fields"), call.listed("expand"))


def by_body(call: Call) -> Response:
    """The question in the body."""
    body = call.body
    start, most = number(body.get("startAt"), 0), number(body.get("maxResults"), USUAL)
    return _found(call, str(body.get("jql") or ""), start, most, words(body.get("fields")), words(body.get("expand")))


def _found(call: Call, jql: str, start: int, most: int, fields: list[str], expand: list[str]) -> Response:
    if start < 0 or most < 0:
        raise refused(400, "The startAt and maxResults parameters cannot be below zero.")
    most = min(most, MOST)  # silently, as in Jira
    found = _matching(call, jql)
    shown = [
        issue_json(call, issue, fields=fields or ["*navigable"], expand=expand) for issue in found[start : start + most]
    ]
    head = {"expand": "names,schema", "startAt": start, "maxResults": most, "total": len(found)}
    return answered({**head, "issues": shown})


def _matching(call: Call, jql: str) -> list[Issue]:
    now, settings = call.jira.clock(), call.jira.settings
    visible = [issue for issue in call.jira.issues.all() if may_browse(call.user, issue.project)]
    projects = {project.key for project in call.jira.issues.projects.values() if may_browse(call.user, project)}
    zone = call.user.time_zone if call.user else "Etc/UTC"
    try:
        question = parsed(jql, Asked(now, zone, frozenset(projects), tuple(visible)))
    except NotUnderstood as error:
        raise refused(400, str(error)) from error
    lag = settings.index_lag_seconds
    indexed = [issue for issue in visible if not lag or issue.updated <= now - lag]
    return question.answer(indexed)
