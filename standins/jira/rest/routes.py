"""Every REST address."""

from typing import TYPE_CHECKING

from starlette.routing import Route

from standins.jira.rest import (
    comments,
    issues,
    links,
    people,
    projects,
    properties,
    reactions,
    search,
    server,
    tokens,
    webhooks,
)
from standins.jira.rest.call import Answer, route

if TYPE_CHECKING:
    from standins.jira.jira import StandInJira

Table = list[tuple[str, str, Answer]]

V2: Table = [
    ("GET", "/serverInfo", server.server_info),
    ("GET", "/field", server.fields),
    ("GET", "/mypermissions", server.permissions),
    ("GET", "/myself", people.myself),
    ("GET", "/user", people.user),
    ("GET", "/user/search", people.search),
    ("GET", "/project", projects.all_projects),
    ("GET", "/project/{project}", projects.project),
    ("GET", "/issuetype", projects.issue_types),
    ("GET", "/issue/createmeta/{project}/issuetypes", projects.createable),
    ("GET", "/search", search.by_query),
    ("POST", "/search", search.by_body),
    ("POST", "/issue", issues.create),
    ("GET", "/issue/{issue}", issues.read),
    ("PUT", "/issue/{issue}", issues.edit),
    ("DELETE", "/issue/{issue}", issues.delete),
    ("GET", "/issue/{issue}/comment", comments.page),
    ("POST", "/issue/{issue}/comment", comments.create),
    ("GET", "/issue/{issue}/comment/{comment}", comments.read),
    ("PUT", "/issue/{issue}/comment/{comment}", comments.edit),
    ("DELETE", "/issue/{issue}/comment/{comment}", comments.delete),
    ("GET", "/issue/{issue}/properties", properties.of_issue),
    ("GET", "/issue/{issue}/properties/{property}", properties.one_of_issue),
    ("PUT", "/issue/{issue}/properties/{property}", properties.put_on_issue),
    ("DELETE", "/issue/{issue}/properties/{property}", properties.drop_from_issue),
    ("GET", "/comment/{comment}/properties", properties.of_comment),
    ("GET", "/comment/{comment}/properties/{property}", properties.one_of_comment),
    ("PUT", "/comment/{comment}/properties/{property}", properties.put_on_comment),
    ("DELETE", "/comment/{comment}/properties/{property}", properties.drop_from_comment),
    ("GET", "/issue/{issue}/remotelink", links.listed),
    ("POST", "/issue/{issue}/remotelink", links.put),
    ("DELETE", "/issue/{issue}/remotelink", links.delete_by_global_id),
    ("GET", "/issue/{issue}/remotelink/{link:int}", links.read),
    ("PUT", "/issue/{issue}/remotelink/{link:int}", links.replace),
    ("DELETE", "/issue/{issue}/remotelink/{link:int}", links.delete),
]
TOKENS: Table = [
    ("GET", "", tokens.listed),
    ("POST", "", tokens.create),
    ("DELETE", "/{token:int}", tokens.revoke),
]
WEBHOOKS: Table = [
    ("GET", "", webhooks.listed),
    ("POST", "", webhooks.create),
    ("GET", "/{webhook:int}", webhooks.read),
    ("PUT", "/{webhook:int}", webhooks.edit),
    ("DELETE", "/{webhook:int}", webhooks.delete),
    ("GET", "/{webhook:int}/latest", webhooks.latest),
    ("GET", "/{webhook:int}/statistics", webhooks.statistics),
    ("GET", "/{webhook:int}/statistics/summary", webhooks.summary),
]
REACTIONS: Table = [
    ("POST", "", reactions.add),
    ("DELETE", "", reactions.remove),
    ("POST", "/view", reactions.view),
]


def routes(jira: "StandInJira") -> list[Route]:
    """The addresses that this Jira's line has."""
    line = jira.settings.line
    bases = [("/api/2", V2), ("/api/latest", V2)]
    if line.tokens:
        bases += [("/pat/latest/tokens", TOKENS), ("/pat/1.0/tokens", TOKENS)]
    if line.webhooks:
        bases += [("/jira-webhook/1.0/webhooks", WEBHOOKS), ("/jira-webhook/latest/webhooks", WEBHOOKS)]
    if line.reactions:
        bases.append(("/internal/2/reactions", REACTIONS))
    found = [route(jira, method, base + path, answer) for base, table in bases for method, path, answer in table]
    links = "/applinks/latest/listApplicationlinks"
    return [*found, route(jira, "GET", links, server.application_links)]
