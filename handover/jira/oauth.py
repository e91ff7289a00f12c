"""OAuth 2.0 with Jira Data Center, for a member's own token: where it is, and what its refusals mean.

https://confluence.atlassian.com/adminjiraserver/jira-oauth-2-0-provider-api-1115659070.html
"""

import httpx
from authlib.oauth2.auth import ClientAuth  # type: ignore[import-untyped]
from authlib.oauth2.rfc7009 import prepare_revoke_token_request  # type: ignore[import-untyped]

from handover.jira.errors import JiraError, JiraUnavailable
from handover.lib import oauth
from handover.lib.http import bounded
from handover.lib.oauth import Client, OAuthRefused, OAuthUnavailable, Tokens

BELOW = "/rest/oauth2/latest"
# Jira says invalid_request where a code is unknown or too old, and invalid_grant where it was used.
DEAD = ("invalid_grant", "invalid_request")
NOT_KNOWN = ("invalid_client", "unauthorized_client")
CLIENT_REFUSED = (
    "Jira does not accept Handover's OAuth client. An administrator of Handover holds the client ID and the client "
    "secret in the Admin Console against Jira's application link."
)


class JiraOAuthRefused(JiraError):
    """Jira gives no token. The message is a sentence for people."""


class JiraLinkLost(JiraOAuthRefused):
    """The tokens of this link hold no longer: the member links anew."""


def client_of(base_url: str, *, client_id: str, secret: str, callback: str, scope: str) -> Client:
    """This installation as the Jira at `base_url` knows it."""
    return Client(
        authorize_url=f"{base_url}{BELOW}/authorize",
        token_url=f"{base_url}{BELOW}/token",
        id=client_id,
        secret=secret,
        callback=callback,
        scope=scope,
    )


async def exchange(client: Client, code: str, *, verifier: str, http: httpx.AsyncClient) -> Tokens:
    """The tokens for a code, which lives for some seconds. Raises JiraOAuthRefused, JiraUnavailable."""
    try:
        return await oauth.exchange(client, code, verifier=verifier, http=http)
    except OAuthRefused as refused:
        raise JiraOAuthRefused(_refused_code(refused)) from refused
    except OAuthUnavailable as error:
        raise JiraUnavailable(str(error)) from error


async def renewed(client: Client, refresh_token: str, *, http: httpx.AsyncClient) -> Tokens:
    """A new pair of tokens; the old one holds no longer from this moment.

    Raises JiraLinkLost, JiraOAuthRefused, JiraUnavailable.
    """
    try:
        return await oauth.refresh(client, refresh_token, http=http)
    except OAuthRefused as refused:
        if refused.code in DEAD:
            raise JiraLinkLost("Jira no longer takes the token of this link. Link again.") from refused
        raise JiraOAuthRefused(_refused_client(refused)) from refused
    except OAuthUnavailable as error:
        raise JiraUnavailable(str(error)) from error


async def revoke(client: Client, token: str, *, http: httpx.AsyncClient) -> None:
    """End the token, and with it its pair. Raises JiraOAuthRefused, JiraUnavailable."""
    form, headers = prepare_revoke_token_request(token)
    address = f"{client.token_url.removesuffix('/token')}/revoke"
    address, headers, form = ClientAuth(client.id, client.secret, "client_secret_post").prepare(
        "POST", address, headers, form
    )
    request = http.build_request("POST", address, content=form, headers=headers)
    try:
        response = await bounded(http, request, most_bytes=oauth.MOST_BYTES)
    except httpx.RequestError as error:
        raise JiraUnavailable(f"{request.url.host} cannot be reached: {error or type(error).__name__}") from error
    if response.status_code == 401:
        raise JiraOAuthRefused(CLIENT_REFUSED)
    if not response.is_success:
        raise JiraUnavailable(f"{request.url.host} did not end the token (status {response.status_code}).")


def _refused_code(refused: OAuthRefused) -> str:
    if refused.code in DEAD:
        return "Jira no longer takes the code that it gave: it lives for seconds, and holds once. Connect again."
    return _refused_client(refused)


def _refused_client(refused: OAuthRefused) -> str:
    if refused.code in NOT_KNOWN:
        return CLIENT_REFUSED
    return f"Jira gives no token: {refused}. Where that stays so, an administrator looks at Jira's application link."
