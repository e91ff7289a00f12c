"""Why the Jira Data Center card would not be there: the integration, and who has taken the configuration up."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from handover.configuration.declared import JiraHost
from handover.configuration.models import Process
from handover.doctor.checks import Check, Symptom, fine, wrong

CONSOLE = "Console › Jira Data Center Integration"
ENABLED, COMPLETE, TAKEN_UP = "Integration enabled", "Configuration complete", "Configuration taken up"
# A new version is taken up within two seconds; a process tells of it then.
TAKING_UP = timedelta(seconds=5)


def of_hosts(hosts: Sequence[JiraHost]) -> list[Check]:
    """Whether the integration is enabled, for each Jira."""
    if not hosts:
        step = f"Enter its base URL and its service account, and enable it: {CONSOLE}."
        return [wrong(Symptom.CARD, ENABLED, cause="No Jira is configured.", next_step=step)]
    return [check for host in hosts for check in _of_host(host)]


def _of_host(host: JiraHost) -> list[Check]:
    enabled = f"{ENABLED}: {host.base_url}"
    if not host.enabled:
        cause = "The integration is switched off: the card is gone, and nothing that is delivered starts anything."
        return [wrong(Symptom.CARD, enabled, cause=cause, next_step=f"Switch it on: {CONSOLE}.")]
    complete = f"{COMPLETE}: {host.base_url}"
    problems = [sentence for _, sentence in host.problems()]
    if problems:
        step = f"Complete it: {CONSOLE}."
        return [fine(Symptom.CARD, enabled), wrong(Symptom.CARD, complete, cause=" ".join(problems), next_step=step)]
    return [fine(Symptom.CARD, enabled), fine(Symptom.CARD, complete)]


def of_processes(processes: Sequence[Process], *, version: int, saved_at: datetime | None, now: datetime) -> Check:
    """Whether every process works with the newest version."""
    if not processes:
        step = "Start it: handover serve."
        return wrong(Symptom.CARD, TAKEN_UP, cause="No process of Handover is running.", next_step=step)
    behind = [process for process in processes if process.version < version]
    fresh = saved_at is not None and now - saved_at < TAKING_UP
    if not behind or fresh:
        found = f"Version {version} holds in {len(processes) - len(behind)} of {len(processes)} processes."
        return fine(Symptom.CARD, TAKEN_UP, found)
    named = ", ".join(f"{process.pid} on {process.host} (version {process.version})" for process in behind)
    cause = f"These processes still work with an earlier configuration than version {version}: {named}."
    step = "Look into their log for why they cannot read it, and start them anew."
    return wrong(Symptom.CARD, TAKEN_UP, cause=cause, next_step=step)
