"""Which webhook is ours, and whether it is as it must be. Pure."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from handover.jira.webhook_records import EVENTS, Registered, Wanted

WHERE = "Administration › System › Webhooks"


def ours(hooks: Iterable[Registered], wanted: Wanted) -> list[Registered]:
    """The webhooks that deliver to this connection, the one at the very address first.

    The path names the connection and is nobody else's: one that is left from an earlier public URL is ours as well.
    """
    path = urlsplit(wanted.url).path
    found = [hook for hook in hooks if _path(hook.url) == path]
    return sorted(found, key=lambda hook: (hook.url != wanted.url, int(hook.id)))


def wrong(hook: Registered, wanted: Wanted) -> list[str]:
    """What is wrong with the webhook as Jira keeps it, a sentence each; empty where all is well."""
    return [
        sentence
        for sentence in (
            _url(hook, wanted),
            _active(hook),
            _events(hook),
            _body(hook),
            _secret(hook, wanted),
            _scope(hook),
        )
        if sentence
    ]


def secret_is_proven(hook: Registered, wanted: Wanted) -> bool:
    """Whether Jira has shown that it signs with our secret. Where it hides secrets, only a delivery proves it."""
    return hook.secret == wanted.secret


def doubles(further: Iterable[Registered]) -> str:
    """What to do about further webhooks that deliver here; "" where there are none."""
    named = ", ".join(f"“{hook.name}” ({hook.id})" for hook in further)
    if not named:
        return ""
    return f"Further webhooks deliver here: {named}. Each delivers everything once more. Delete them in Jira: {WHERE}."


def _url(hook: Registered, wanted: Wanted) -> str:
    if hook.url == wanted.url:
        return ""
    return f"Jira delivers to {hook.url or 'nowhere'} instead of {wanted.url}. Correct the URL in Jira: {WHERE}."


def _active(hook: Registered) -> str:
    return "" if hook.active is not False else f"The webhook is switched off in Jira. Switch it on: {WHERE}."


def _events(hook: Registered) -> str:
    missing = [event for event in EVENTS if event not in (hook.events if hook.events is not None else EVENTS)]
    if not missing:
        return ""
    return f"The webhook does not tell of {', '.join(missing)}. Tick these events in Jira: {WHERE}."


def _body(hook: Registered) -> str:
    if not hook.excludes_body:
        return ""
    return (
        f"The webhook leaves out the body, and an empty delivery says nothing. Untick “Exclude body” in Jira: {WHERE}."
    )


def _secret(hook: Registered, wanted: Wanted) -> str:
    if hook.secret is None or hook.secret == wanted.secret or _masked(hook.secret):
        return ""
    if not hook.secret:
        return f"The secret did not take: Jira would deliver without a signature. Enter the secret in Jira: {WHERE}."
    return f"Jira shows another secret than ours: its deliveries would be refused. Enter ours in Jira: {WHERE}."


def _scope(hook: Registered) -> str:
    if hook.scope is not None and hook.scope.lower() != "global":
        return f"The webhook is not global but of scope {hook.scope}: other issues are not told of. Install it anew."
    if hook.filters:
        return f"The webhook has a filter, {hook.filters}: other issues are not told of. Take it out in Jira: {WHERE}."
    return ""


def _masked(secret: str) -> bool:
    """Whether it is a mask, such as ******** or ••••."""
    return len(set(secret)) == 1 and not secret.isalnum()


def _path(url: str) -> str:
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""
