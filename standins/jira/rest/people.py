"""Accounts."""

from starlette.responses import Response

from standins.jira.records import User
from standins.jira.refusals import refused
from standins.jira.rest.call import Call, answered


def myself(call: Call) -> Response:
    """The caller."""
    return answered(call.shapes.account(call.someone(), expand=call.listed("expand")))


def user(call: Call) -> Response:
    """Somebody, by name or by key."""
    call.someone()
    name, key = call.query.get("username", ""), call.query.get("key", "")
    if not name and not key:
        raise refused(400, "Either the 'username' or the 'key' query parameters need to be provided")
    found = call.jira.people.by_key(key) if key else call.jira.people.by_name(name)
    if found is None:
        what = f"key '{key}'" if key else f"name '{name}'"
        raise refused(404, f"The user with the {what} does not exist")
    return answered(call.shapes.account(found, expand=call.listed("expand")))


def search(call: Call) -> Response:
    """People whose name, display name or address begins so; `.` finds everyone.

    Addresses count only for who may see them, and who is not active only where asked for.
    """
    call.someone()
    if "username" not in call.query:
        raise refused(400, "The username query parameter was not provided")
    start, most = call.number("startAt", 0), min(call.number("maxResults", 50), 1000)
    wanted = call.query["username"].lower()
    found = [person for person in call.jira.people.all() if _is_asked_for(call, person) and _fits(call, person, wanted)]
    return answered([call.shapes.user(person) for person in found[start : start + most]])


def _is_asked_for(call: Call, person: User) -> bool:
    return call.flag("includeActive", otherwise=True) if person.active else call.flag("includeInactive")


def _fits(call: Call, person: User, wanted: str) -> bool:
    by_email = call.shapes.shows_emails() or call.jira.settings.search_finds_hidden_emails
    texts = (person.name, person.display_name, *([person.email] if by_email else []))
    return wanted in (".", "%", "") or _begins(wanted, *texts)


def _begins(wanted: str, *texts: str) -> bool:
    return any(word.startswith(wanted) for text in texts for word in (text.lower(), *text.lower().split()))
