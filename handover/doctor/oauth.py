"""What Jira's OAuth wants of both addresses. Pure."""

from urllib.parse import urlsplit

from handover.configuration.declared import JiraHost
from handover.doctor.checks import Check, Symptom, fine, wrong
from handover.lib import addresses

CALLBACK, JIRA = "OAuth callback", "Jira over https"
PATH = "/integration/jira-dc/callback"


def of_host(host: JiraHost, *, public_url: str) -> list[Check]:
    """The two addresses of OAuth with this Jira; nothing where members are linked otherwise."""
    if host.linking != "oauth" or not host.enabled:
        return []
    return [_callback(host, public_url), _jira(host)]


def _callback(host: JiraHost, public_url: str) -> Check:
    name, callback = f"{CALLBACK}: {host.base_url}", f"{public_url}{PATH}"
    if _secure(public_url):
        return fine(Symptom.OAUTH, name, f"Jira must have it to the letter as the redirect URL: {callback}")
    cause = f"The callback is {callback}, and Jira sends nobody to an address without https."
    step = "Put Handover behind https, set HANDOVER_PUBLIC_URL to that address, and enter the new callback in Jira."
    return wrong(Symptom.OAUTH, name, cause=cause, next_step=step)


def _jira(host: JiraHost) -> Check:
    name = f"{JIRA}: {host.base_url}"
    if _secure(host.base_url):
        return fine(Symptom.OAUTH, name, "OAuth 2.0 is offered by a Jira at https alone.")
    cause = f"{host.base_url} is without https, and Jira then offers no OAuth 2.0."
    step = "Put Jira behind https, correct its base URL there and here, or choose the e-mail match."
    return wrong(Symptom.OAUTH, name, cause=cause, next_step=step)


def _secure(url: str) -> bool:
    """Whether it is https, or on this machine, where rehearsals are."""
    parts = urlsplit(url)
    literal = addresses.literal_of(parts.hostname or "")
    return parts.scheme == "https" or parts.hostname == "localhost" or (literal is not None and literal.is_loopback)
