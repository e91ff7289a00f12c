"""Webhooks, as Jira 10 and later register them. Unknown keys, a top-level secret too, are taken and forgotten.

https://developer.atlassian.com/server/jira/platform/webhooks/
"""

from collections import Counter
from collections.abc import Iterable
from typing import cast

from starlette.responses import Response

from standins.jira.hooks import Delivery, Outcome, Webhook
from standins.jira.refusals import refused, seraph
from standins.jira.rest.call import Call, answered, nothing
from standins.jira.shapes import Json

USUAL = 100
COUNTED: dict[Outcome, str] = {"error": "errors", "failure": "failures", "success": "successes"}


def listed(call: Call) -> Response:
    """A bare array, a page of it."""
    call.administrator()
    event, traits = call.query.get("event"), call.jira.settings.webhooks
    hooks = [hook for hook in call.jira.hooks.all() if event is None or event in hook.events]
    if traits.pages:
        start, most = max(0, call.number("start", 0)), call.number("limit", USUAL)
        hooks = hooks[start : start + max(0, min(most, traits.most_listed))]
    return answered([_shown(call, hook) for hook in hooks])


def create(call: Call) -> Response:
    """A further webhook, even to an address that has one."""
    call.administrator()
    name, url, events = _checked(call)
    hook = call.jira.hooks.add(name=name, url=url, events=events)
    _configure(call, hook)
    return _written(call, hook, 201)


def read(call: Call) -> Response:
    """One webhook."""
    return answered(_shown(call, _hook(call)))


def edit(call: Call) -> Response:
    """The webhook anew: what is not sent is not kept."""
    hook = _hook(call)
    hook.name, hook.url, hook.events = _checked(call)
    hook.updated = call.jira.clock()
    _configure(call, hook)
    return _written(call, hook, 200)


def delete(call: Call) -> Response:
    """Tell it nothing more."""
    call.jira.hooks.remove(_hook(call))
    return nothing()


def latest(call: Call) -> Response:
    """The last attempt; 204 until the first."""
    sent = _sent(_hook(call), call.query.get("event"))
    return answered(_attempt(sent[-1])) if sent else nothing()


def statistics(call: Call) -> Response:
    """Counts, and the last attempt of each outcome."""
    hook = _hook(call)
    return answered(_statistics(call, hook, _sent(hook, call.query.get("event"))))


def summary(call: Call) -> Response:
    """The same for each event."""
    hook = _hook(call)
    return answered({event: _statistics(call, hook, _sent(hook, event)) for event in hook.events})


def _hook(call: Call) -> Webhook:
    call.administrator()
    hook = call.jira.hooks.find(int(call.path["webhook"]))
    if hook is None:
        raise seraph(404, f"Webhook with id {call.path['webhook']} does not exist.")
    return hook


def _checked(call: Call) -> tuple[str, str, list[str]]:
    name, url, events = call.body.get("name"), call.body.get("url"), call.body.get("events")
    if not isinstance(name, str) or not name:
        raise refused(400, "The webhook name is required.")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise refused(400, "The webhook URL is not valid.")
    if not isinstance(events, list) or not events:
        raise refused(400, "At least one event is required.")
    return name, url, list(dict.fromkeys(str(event) for event in events))


def _configure(call: Call, hook: Webhook) -> None:
    sent, body = call.body.get("configuration"), call.body
    traits = call.jira.settings.webhooks
    hook.configuration = {str(key): str(value) for key, value in sent.items()} if isinstance(sent, dict) else {}
    if not traits.keeps_secret:
        hook.configuration.pop("SECRET", None)
    if not traits.keeps_body:
        hook.configuration["EXCLUDE_BODY"] = "true"
    hook.active = body.get("active") is not False
    hook.scope = str(body.get("scopeType") or "global")
    hook.verifies_certificate = body.get("sslVerificationRequired") is not False


def _written(call: Call, hook: Webhook, status: int) -> Response:
    return nothing() if call.jira.settings.webhooks.bare_writes else answered(_shown(call, hook), status)


def _shown_configuration(call: Call, hook: Webhook) -> dict[str, str]:
    shown = dict(hook.configuration)
    secret, how = shown.pop("SECRET", ""), call.jira.settings.webhooks.secret_shown
    if secret and how != "hidden":
        shown["SECRET"] = secret if how == "clear" else "*" * 8
    return shown


def _shown(call: Call, hook: Webhook) -> Json:
    shown: Json = {
        "id": hook.id,
        "name": hook.name,
        "url": hook.url,
        "events": list(hook.events),
        "createdDate": round(hook.created * 1000),
        "updatedDate": round(hook.updated * 1000),
        "configuration": _shown_configuration(call, hook),
        "active": hook.active,
        "scopeType": hook.scope,
        "sslVerificationRequired": hook.verifies_certificate,
    }
    if call.flag("statistics"):
        shown["statistics"] = _statistics(call, hook, _sent(hook, None))
    return shown


def _sent(hook: Webhook, event: str | None) -> list[Delivery]:
    """The attempts: what an open breaker drops was never one."""
    return [one for one in hook.deliveries.copy() if one.outcome != "skipped" and event in (None, one.event)]


def _statistics(call: Call, hook: Webhook, sent: Iterable[Delivery]) -> Json:
    kept = list(sent)
    counted = Counter(one.outcome for one in kept)
    start = round(hook.created * 1000)
    window = {"start": start, "duration": round(call.jira.clock() * 1000) - start}
    found: Json = {"counts": {**{word: counted[outcome] for outcome, word in COUNTED.items()}, "window": window}}
    for outcome in COUNTED:
        of_this = [one for one in kept if one.outcome == outcome]
        if of_this:
            found[f"last{outcome.capitalize()}"] = _attempt(of_this[-1])
    return found


def _attempt(delivery: Delivery) -> Json:
    start, took = round(delivery.at * 1000), round(delivery.seconds * 1000)
    result: Json = {"outcome": cast(str, delivery.outcome).upper()}
    result["description"] = delivery.error if delivery.status is None else str(delivery.status)
    return {
        "id": delivery.request_id,
        "event": delivery.event,
        "start": start,
        "finish": start + took,
        "duration": took,
        "request": {"method": "POST", "url": delivery.url},
        "result": result,
    }
