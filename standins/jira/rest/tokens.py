"""Personal access tokens: each their own, even for administrators."""

from starlette.responses import Response

from standins.jira.records import Token
from standins.jira.refusals import refused
from standins.jira.rest.call import Call, answered, nothing, number
from standins.jira.shapes import Json, moment


def listed(call: Call) -> Response:
    """The caller's tokens."""
    return answered([_shown(token) for token in call.jira.people.tokens_of(call.someone())])


def create(call: Call) -> Response:
    """A new token; `rawToken` is told this once."""
    user = call.someone()
    name = call.body.get("name")
    if not isinstance(name, str) or not name.strip():
        raise refused(400, "The token name is required.")
    sent = call.body.get("expirationDuration")
    days = None if sent is None else number(sent, 0)
    if days is not None and days < 1:
        raise refused(400, "The expiration duration is a number of days, at least 1.")
    token = call.jira.people.new_token(user, name=name, days=days)
    return answered({**_shown(token), "rawToken": token.raw}, 201)


def revoke(call: Call) -> Response:
    """End one token."""
    wanted = str(call.path["token"])
    for token in call.jira.people.tokens_of(call.someone()):
        if token.id == wanted:
            call.jira.people.revoke(token.raw)
            return nothing()
    raise refused(404, f"The token with id {wanted} does not exist.")


def _shown(token: Token) -> Json:
    shown: Json = {"id": int(token.id), "name": token.name, "createdAt": moment(token.created)}
    return shown if token.expires is None else {**shown, "expiringAt": moment(token.expires)}
