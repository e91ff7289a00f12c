"""Links from an issue to elsewhere."""

from starlette.responses import Response

from standins.jira.records import Issue, RemoteLink
from standins.jira.refusals import invalid, refused
from standins.jira.rest.call import Call, answered, nothing
from standins.jira.shapes import Json


def listed(call: Call) -> Response:
    """All links, or the one with a global id."""
    issue = call.issue()
    if wanted := call.query.get("globalId"):
        return answered(_shown(call, issue, _by_global_id(issue, wanted)))
    return answered([_shown(call, issue, link) for link in issue.links])


def put(call: Call) -> Response:
    """A link, over the one with the same global id: 201 where it is new, 200 where it is not."""
    call.someone()
    issue = call.issue()
    sent = _checked(call.body)
    link, is_new = call.jira.deeds.link(issue, global_id=str(sent.get("globalId") or ""), sent=sent)
    return answered({"id": link.id, "self": _address(call, issue, link)}, 201 if is_new else 200)


def read(call: Call) -> Response:
    """One link."""
    issue = call.issue()
    return answered(_shown(call, issue, _by_id(call, issue)))


def replace(call: Call) -> Response:
    """The same link, anew."""
    call.someone()
    _by_id(call, call.issue()).sent = _checked(call.body)
    return nothing()


def delete(call: Call) -> Response:
    """Remove one link by its id."""
    call.someone()
    issue = call.issue()
    issue.links.remove(_by_id(call, issue))
    return nothing()


def delete_by_global_id(call: Call) -> Response:
    """Remove one link by its global id."""
    call.someone()
    issue = call.issue()
    wanted = call.query.get("globalId")
    if not wanted:
        raise refused(400, "The query parameter globalId is required.")
    issue.links.remove(_by_global_id(issue, wanted))
    return nothing()


def _by_id(call: Call, issue: Issue) -> RemoteLink:
    number = int(call.path["link"])
    for link in issue.links:
        if link.id == number:
            return link
    raise refused(404, f"No remote issue link with id '{number}' exists for this issue.")


def _by_global_id(issue: Issue, wanted: str) -> RemoteLink:
    for link in issue.links:
        if link.global_id == wanted:
            return link
    raise refused(404, f"No remote issue link with global id '{wanted}' exists for this issue.")


def _checked(sent: Json) -> Json:
    linked = sent.get("object")
    missing = [name for name in ("url", "title") if not (isinstance(linked, dict) and linked.get(name))]
    if missing:
        raise invalid(**{name: f"'{name}' is required." for name in missing})
    return sent


def _shown(call: Call, issue: Issue, link: RemoteLink) -> Json:
    application = link.sent.get("application") or {}
    shown: Json = {"id": link.id, "self": _address(call, issue, link), "globalId": link.global_id}
    shown |= {"application": application, "object": {"icon": {}, "status": {"icon": {}}, **link.object}}
    if relationship := link.sent.get("relationship"):
        shown["relationship"] = relationship
    return shown


def _address(call: Call, issue: Issue, link: RemoteLink) -> str:
    return f"{call.jira.base_url}/rest/api/2/issue/{issue.key}/remotelink/{link.id}"
