"""The webhook as Jira keeps it, and how its deliveries go by Jira's own count."""

from collections.abc import Sequence

import httpx

from handover.connections.models import Connection
from handover.doctor.checks import SEE_CONNECTION, Check, Symptom, fine, to_the_second, wrong
from handover.jira import webhook_check
from handover.jira.client import JiraError, JiraRefused
from handover.jira.webhooks import Attempt, NoSuchApi, Registered, Statistics, Wanted, Webhooks

SET_UP = "Settings › Integrations › Jira Data Center"
WEBHOOK, ONCE, COUNTS = "Webhook", "One webhook only", "Jira's own statistics"
REINSTALL = f"Correct it in Jira ({webhook_check.WHERE}), or install it automatically once more: {SET_UP}."
NOT_SHOWN = (
    "The service account is no Jira administrator, so Jira does not show it the webhook. A Jira administrator sees "
    f"there whether it is enabled, its URL, its events and its statistics: {webhook_check.WHERE}."
)
BREAKER = "After five failures in a row Jira's circuit breaker opens and skips deliveries, for 10 seconds to 2 hours."


async def checks_of(
    connection: Connection, wanted: Wanted, token: str, *, ours: str, http: httpx.AsyncClient
) -> list[Check]:
    """All about the webhook, as far as the service account may look. `ours` is what the door has counted."""
    name, jira = f"{WEBHOOK}: {connection.base_url}", Webhooks(connection.base_url, token, http=http)
    if connection.webhook_state == Connection.Webhook.NONE:
        step = f"Install it automatically, or generate its details: {SET_UP}."
        return [wrong(Symptom.ARRIVING, name, cause="No webhook is set up for this Jira yet.", next_step=step)]
    try:
        hooks = webhook_check.ours(await jira.listed(), wanted)
    except NoSuchApi:
        return [fine(Symptom.ARRIVING, name, "This Jira has no API for webhooks that tells of it.")]
    except JiraRefused:
        return [fine(Symptom.ARRIVING, name, NOT_SHOWN)]
    except JiraError as error:
        return [wrong(Symptom.ARRIVING, name, cause=str(error), next_step=SEE_CONNECTION)]
    checks = registered(hooks, wanted, connection.base_url)
    return [*checks, *[await _counted(jira, hook, connection.base_url, ours) for hook in hooks[:1]]]


def registered(hooks: Sequence[Registered], wanted: Wanted, base_url: str) -> list[Check]:
    """Whether the webhook is there, once, and as it must be. `hooks` are those that deliver to the connection."""
    name = f"{WEBHOOK}: {base_url}"
    if not hooks:
        cause = f"Jira has no webhook that delivers to {wanted.url}."
        step = f"Install it automatically, or create it in Jira ({webhook_check.WHERE}) with the details of {SET_UP}."
        return [wrong(Symptom.ARRIVING, name, cause=cause, next_step=step)]
    first = fine(Symptom.ARRIVING, name, f"“{hooks[0].name}” ({hooks[0].id}) is enabled, its URL and events are right.")
    if problems := webhook_check.wrong(hooks[0], wanted):
        first = wrong(Symptom.ARRIVING, name, cause=" ".join(problems), next_step=REINSTALL)
    if doubles := webhook_check.doubles(hooks[1:]):
        step = f"Delete all but one of them in Jira: {webhook_check.WHERE}."
        return [first, wrong(Symptom.ARRIVING, f"{ONCE}: {base_url}", cause=doubles, next_step=step)]
    return [first]


async def _counted(jira: Webhooks, hook: Registered, base_url: str, ours: str) -> Check:
    try:
        counted = await jira.statistics(hook.id)
    except JiraError as error:
        return fine(Symptom.ARRIVING, f"{COUNTS}: {base_url}", f"Jira does not show them: {error}")
    return counts(counted, base_url, ours=ours)


def counts(counted: Statistics, base_url: str, *, ours: str) -> Check:
    """How deliveries go: out of order where none has succeeded since the last failure."""
    name = f"{COUNTS}: {base_url}"
    last = _latest(counted.last_failure, counted.last_error)
    found = f"Jira: {counted.successes} succeeded, {counted.failures} refused, {counted.errors} without an answer."
    if last is None or not _since(last, counted.last_success):
        if last is not None:
            found += f" The last that failed: {told(last)}."
        return fine(Symptom.ARRIVING, name, f"{found} {ours}")
    cause = f"Jira's last delivery failed, and none has succeeded since: {told(last)}. {BREAKER}"
    return wrong(Symptom.ARRIVING, name, cause=cause, next_step=_step(last), found=f"{found} {ours}")


def told(attempt: Attempt) -> str:
    """An attempt in words."""
    at = f" on {to_the_second(attempt.at)}" if attempt.at else ""
    return f"{attempt.event or 'a delivery'}{at}, {attempt.description or attempt.outcome or 'without a reason'}"


def _latest(*attempts: Attempt | None) -> Attempt | None:
    known = [attempt for attempt in attempts if attempt is not None]
    return max(known, key=lambda attempt: attempt.at.timestamp() if attempt.at else 0.0, default=None)


def _since(failed: Attempt, succeeded: Attempt | None) -> bool:
    if succeeded is None or succeeded.at is None or failed.at is None:
        return succeeded is None
    return failed.at > succeeded.at


def _step(last: Attempt) -> str:
    again = "Then send a test, or wait until the breaker closes by itself."
    match last.description.strip()[:3]:
        case "401" | "403":
            return f"The signature is refused: enter the secret in Jira once more, or rotate it ({SET_UP}). {again}"
        case "404" | "405" | "301" | "302" | "307" | "308":
            return f"The URL leads elsewhere: correct it in Jira, or what stands before Handover. {again}"
        case "400" | "413" | "500" | "502" | "503" | "504":
            return f"Look into Handover's log and into that of what stands before it. {again}"
    return (
        "Jira's machine does not reach Handover's public URL: check from there its name, the firewall, and whether "
        f"Jira's Java trusts the certificate. {again}"
    )
