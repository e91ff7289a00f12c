"""Whether Jira takes Handover's OAuth client: one request for a token with a code that Jira never gave, and one as a
browser makes it that comes to link. Neither signs anybody in, and no token can come of them.

https://confluence.atlassian.com/adminjiraserver/jira-oauth-2-0-provider-api-1115659070.html
"""

from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

from handover.connections.models import Connection
from handover.doctor import oauth as rules
from handover.doctor.checks import SEE_CONNECTION, Check, Symptom, fine, wrong
from handover.jira.oauth import DEAD, NOT_KNOWN, JiraOAuthRefused
from handover.lib import oauth
from handover.lib.http import bounded
from handover.lib.oauth import Client, OAuthRefused, OAuthUnavailable
from handover.members.jira_application import application_of

CLIENT, CALLBACK = "OAuth client", "OAuth callback known to Jira"
# Jira's codes are random; whoever finds this one in a log knows what it was.
NO_CODE = "handover-doctor-looks"
MOST_BYTES = 1024 * 1024
WHERE = "Administration › Applications › Application links"
CONSOLE, JIRA_PAGE = "Console › Jira Data Center Integration", "Settings › Integrations › Jira Data Center"
UNKNOWN = "Whether the link works to its end shows only when somebody signed in to Jira links: "


async def checks_of(connection: Connection, *, http: httpx.AsyncClient) -> list[Check]:
    """Both requests; nothing where members are linked otherwise, or what is missing is told elsewhere."""
    if connection.host.linking != "oauth" or not rules.fit(connection.base_url):
        return []
    try:
        client = application_of(connection)
    except JiraOAuthRefused:
        # The card tells that it is incomplete, and the stored secrets that one cannot be opened.
        return []
    taken = await _client(client, connection.base_url, http)
    # Without a client that Jira knows, the callback tells nothing.
    return [taken, await _callback(client, connection.base_url, http)] if taken.ok else [taken]


async def _client(client: Client, base_url: str, http: httpx.AsyncClient) -> Check:
    name = f"{CLIENT}: {base_url}"
    try:
        await oauth.exchange(client, NO_CODE, verifier=oauth.new_verifier(), http=http)
    except OAuthRefused as refused:
        return refusal_judged(refused, client, base_url)
    except OAuthUnavailable as error:
        step = (
            "OAuth 2.0 takes Jira 8.22 or later. If this one is, let what stands before it pass /rest/oauth2/ on, "
            "and look into Jira's log."
        )
        return wrong(Symptom.OAUTH, name, cause=f"Jira's OAuth does not answer. {error}", next_step=step)
    cause = "It gave a token for a code that no Jira ever gave."
    return wrong(Symptom.OAUTH, name, cause=cause, next_step="See what answers at the base URL: it is no Jira.")


def refusal_judged(refused: OAuthRefused, client: Client, base_url: str) -> Check:
    """What the refusal tells: a Jira that minds the code alone has taken the client."""
    name = f"{CLIENT}: {base_url}"
    if refused.code in DEAD:
        found = "Jira takes the client ID and the client secret: it refuses only the code, which it never gave."
        return fine(Symptom.OAUTH, name, found)
    if refused.code in NOT_KNOWN:
        cause = f"Jira does not accept the client ID or the client secret ({refused.code})."
        step = (
            f"Copy both anew from Jira's application link ({WHERE}): {CONSOLE}. Its redirect URL must be "
            f"{client.callback}, to the letter."
        )
        return wrong(Symptom.OAUTH, name, cause=cause, next_step=step)
    cause = f"Jira refuses Handover's request for a token with {refused.code}: {refused}"
    step = f"Hold Jira's application link ({WHERE}) against what is entered here: {CONSOLE}."
    return wrong(Symptom.OAUTH, name, cause=f"{cause.rstrip('.')}.", next_step=step)


async def _callback(client: Client, base_url: str, http: httpx.AsyncClient) -> Check:
    url = oauth.authorization_url(client, state=oauth.new_state(), verifier=oauth.new_verifier())
    request = http.build_request("GET", url, headers={"Accept": "text/html"})
    try:
        answer = await bounded(http, request, most_bytes=MOST_BYTES)
    except httpx.RequestError as error:
        cause = f"Jira does not answer browsers that come to link: {str(error) or type(error).__name__}."
        return wrong(Symptom.OAUTH, f"{CALLBACK}: {base_url}", cause=cause, next_step=SEE_CONNECTION)
    return callback_judged(answer, client, base_url)


def callback_judged(answer: httpx.Response, client: Client, base_url: str) -> Check:
    """What Jira answers a browser that nobody has signed in with: it refuses, sends back to us, or lets it go on."""
    name, status = f"{CALLBACK}: {base_url}", answer.status_code
    if status == 400:
        cause = (
            f"Jira refuses whoever comes to link (400): {client.callback} is no redirect URL of its application link."
        )
        step = f"Enter it there, to the letter: {WHERE}."
        return wrong(Symptom.OAUTH, name, cause=cause, next_step=step)
    to = urljoin(str(answer.request.url), answer.headers.get("Location", "")) if answer.has_redirect_location else ""
    if to.partition("?")[0] == client.callback:
        return _sent_back(name, parse_qs(urlsplit(to).query), client)
    how = "sends whoever comes to link on" if to else f"answers whoever comes to link with a page of its own ({status})"
    hold = f"hold its redirect URL against {client.callback}"
    found = f"Jira {how}. {UNKNOWN}{JIRA_PAGE}. If it refuses then, {hold}."
    return fine(Symptom.OAUTH, name, found)


def _sent_back(name: str, query: dict[str, list[str]], client: Client) -> Check:
    error = query.get("error", ["no error"])[0][:100]
    told = query.get("error_description", [""])[0][:200]
    cause = f"Jira knows the callback, and refuses what is asked for there, the scope {client.scope}: {error}"
    step = f"Let the application link allow the scope {client.scope} ({WHERE}), or ask for another: {CONSOLE}."
    return wrong(Symptom.OAUTH, name, cause=f"{cause} ({told})." if told else f"{cause}.", next_step=step)
