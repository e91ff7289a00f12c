"""What Jira's OAuth wants of both addresses. Pure.

https://confluence.atlassian.com/adminjiraserver/jira-oauth-2-0-provider-api-1115659070.html
"""

from urllib.parse import urlsplit

from handover.configuration.declared import JiraHost
from handover.doctor.checks import Check, Symptom, fine, wrong
from handover.lib import addresses
from handover.members.jira_application import CALLBACK as PATH

CALLBACK, JIRA = "OAuth callback", "Jira over https"
REHEARSED = "It is on this machine and without https, as in a rehearsal: Jira takes that only where its system property"
SKIPS_BASE_URL = "atlassian.oauth2.provider.skip.base.url.https.requirement"
SKIPS_REDIRECT = "atlassian.oauth2.provider.skip.redirect.url.https.requirement"


def of_host(host: JiraHost, *, public_url: str) -> list[Check]:
    """The two addresses of OAuth with this Jira; nothing where members are linked otherwise."""
    if host.linking != "oauth" or not host.enabled:
        return []
    return [_callback(host, public_url), _jira(host)]


def fit(url: str) -> bool:
    """Whether OAuth may go there: by https, or on this machine, where rehearsals are."""
    return is_https(url) or _is_here(url)


def is_https(url: str) -> bool:
    """Whether nobody on the way reads along."""
    return urlsplit(url).scheme == "https"


def _callback(host: JiraHost, public_url: str) -> Check:
    name, callback = f"{CALLBACK}: {host.base_url}", f"{public_url}{PATH}"
    if fit(public_url):
        found = f"Jira must have it to the letter as the redirect URL: {callback}"
        return fine(
            Symptom.OAUTH, name, found if is_https(public_url) else f"{found}. {REHEARSED} {SKIPS_REDIRECT} is set."
        )
    cause = f"The callback is {callback}, and Jira sends nobody to an address without https."
    step = "Put Handover behind https, set HANDOVER_PUBLIC_URL to that address, and enter the new callback in Jira."
    return wrong(Symptom.OAUTH, name, cause=cause, next_step=step)


def _jira(host: JiraHost) -> Check:
    name = f"{JIRA}: {host.base_url}"
    if fit(host.base_url):
        found = "OAuth 2.0 is offered by a Jira at https alone, and this one is."
        return fine(Symptom.OAUTH, name, found if is_https(host.base_url) else f"{REHEARSED} {SKIPS_BASE_URL} is set.")
    cause = f"{host.base_url} is without https, and Jira then offers no OAuth 2.0."
    step = "Put Jira behind https, correct its base URL there and here, or choose the e-mail match."
    return wrong(Symptom.OAUTH, name, cause=cause, next_step=step)


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    literal = addresses.literal_of(host)
    return host == "localhost" or (literal is not None and literal.is_loopback)
