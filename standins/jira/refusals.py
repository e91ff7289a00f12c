"""Refusals in Jira's shapes."""

from collections.abc import Mapping

JsonObject = Mapping[str, object]


class Refused(Exception):
    """An answer of 4xx and its JSON body."""

    def __init__(self, status: int, body: JsonObject) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body


def refused(status: int, *messages: str) -> Refused:
    """What REST v2 says about a whole request."""
    return Refused(status, {"errorMessages": list(messages), "errors": {}})


def invalid(**fields: str) -> Refused:
    """What REST v2 says about fields."""
    return Refused(400, {"errorMessages": [], "errors": fields})


def seraph(status: int, message: str) -> Refused:
    """What the layers around REST v2 say: sign-in, routing, the webhooks' API."""
    return Refused(status, {"message": message, "status-code": status})


def unauthenticated() -> Refused:
    """The caller is nobody, and this is not for nobody."""
    return seraph(401, "Client must be authenticated to access this resource.")
