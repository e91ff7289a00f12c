"""Jira's JSON of webhooks: only the fields that we use, each of which may be absent."""

import json
from datetime import UTC, datetime

import msgspec

from handover.jira.bodies import Id, id_of
from handover.jira.errors import JiraUnreadable
from handover.jira.webhook_records import EVENTS, Attempt, Registered, Statistics, Wanted

# What is kept of texts that are shown and compared, so that none fills a page.
MOST_TEXT = 2000


class WebhookBody(msgspec.Struct, rename="camel", frozen=True):
    """A webhook. `filters` is a key of Jira 9 that Jira 10 takes and forgets."""

    id: Id = None
    link: str | None = msgspec.field(default=None, name="self")
    name: str | None = None
    url: str | None = None
    events: tuple[str, ...] | None = None
    active: bool | None = None
    scope_type: str | None = None
    configuration: dict[str, object] | None = None


class ResultBody(msgspec.Struct, frozen=True):
    """How an attempt ended."""

    outcome: str | None = None
    description: str | None = None


class AttemptBody(msgspec.Struct, frozen=True):
    """An attempt; times are milliseconds since the epoch."""

    event: str | None = None
    start: int | None = None
    finish: int | None = None
    result: ResultBody | None = None


class CountsBody(msgspec.Struct, frozen=True):
    """How many attempts ended in which way."""

    errors: int | None = None
    failures: int | None = None
    successes: int | None = None


class StatisticsBody(msgspec.Struct, rename="camel", frozen=True):
    """Counts, and the last attempt of each outcome."""

    counts: CountsBody | None = None
    last_success: AttemptBody | None = None
    last_failure: AttemptBody | None = None
    last_error: AttemptBody | None = None


def written(wanted: Wanted, *, hook_id: str | None) -> dict[str, object]:
    """The body that registers or replaces a webhook.

    The secret is `configuration.SECRET`, in upper case: at the top, or in lower case, Jira takes and forgets it, and
    its deliveries are unsigned. EXCLUDE_BODY is a text.
    """
    return {
        "id": None if hook_id is None else int(hook_id),
        "name": wanted.name,
        "url": wanted.url,
        "events": list(EVENTS),
        "active": True,
        "scopeType": "global",
        "configuration": {"SECRET": wanted.secret, "EXCLUDE_BODY": "false"},
    }


def registered(body: WebhookBody) -> Registered:
    """The webhook. Raises JiraUnreadable where there is none."""
    hook_id = id_in(body)
    if not hook_id:
        raise JiraUnreadable("Jira lists a webhook without an id.")
    kept = body.configuration or {}
    return Registered(
        id=hook_id,
        name=(body.name or "")[:MOST_TEXT],
        url=(body.url or "")[:MOST_TEXT],
        events=None if body.events is None else frozenset(body.events),
        active=body.active,
        scope=body.scope_type,
        excludes_body=_flag(kept.get("EXCLUDE_BODY")),
        secret=_text(kept.get("SECRET")),
        filters=_filters(kept),
    )


def id_in(body: WebhookBody) -> str:
    """The webhook's id, or "". An answer without one ends its own address with it."""
    return id_of(body.id) or id_of((body.link or "").rstrip("/").rpartition("/")[2]) or ""


def statistics(body: StatisticsBody) -> Statistics:
    """The counts; what Jira does not count is 0."""
    counts = body.counts or CountsBody()
    return Statistics(
        successes=counts.successes or 0,
        failures=counts.failures or 0,
        errors=counts.errors or 0,
        last_success=attempt(body.last_success),
        last_failure=attempt(body.last_failure),
        last_error=attempt(body.last_error),
    )


def attempt(body: AttemptBody | None) -> Attempt | None:
    """The attempt; None where the answer tells of none."""
    if body is None:
        return None
    result = body.result or ResultBody()
    return Attempt(
        event=(body.event or "")[:MOST_TEXT],
        at=_moment(body.finish if body.finish is not None else body.start),
        outcome=(result.outcome or "")[:MOST_TEXT],
        description=(result.description or "")[:MOST_TEXT],
    )


def _moment(milliseconds: int | None) -> datetime | None:
    try:
        return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _flag(value: object) -> bool | None:
    return None if value is None else str(value).strip().lower() == "true"


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _filters(configuration: dict[str, object]) -> str:
    """What narrows the webhook down, in one text. Its key is documented nowhere: any that speaks of a filter counts."""
    found = {name: value for name, value in configuration.items() if "FILTER" in name.upper() and _narrows(value)}
    return json.dumps(found, ensure_ascii=False)[:MOST_TEXT] if found else ""


def _narrows(value: object) -> bool:
    """Whether anything is in it: `{}` and `{"issue-related-events-section": ""}`, as a text or as JSON, are nothing."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return bool(str(value).strip())
    return any(value.values()) if isinstance(value, dict) else bool(value)
