"""A member's own token by OAuth: from a GitHub App, whose tokens end and are refreshed, or from an OAuth App.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
"""

import base64
from collections.abc import Awaitable
from urllib.parse import quote, urlsplit

import httpx

from handover.forges.forge import ForgeCredential, ForgeError, ForgeMissing, ForgeRefused, ForgeUnavailable
from handover.forges.github import API_VERSION, api_address
from handover.forges.github_refusals import judged
from handover.lib import oauth
from handover.lib.http import bounded
from handover.lib.oauth import OAuthRefused, OAuthUnavailable, Tokens

MOST_BYTES = 64 * 1024
# Only OAuth Apps have scopes; a GitHub App's permissions are its own, and it leaves this out of account.
SCOPE = "repo"


class GitHubOAuth:
    """One GitHub and our client there. All calls raise ForgeError in one of its kinds."""

    def __init__(
        self, base_url: str, *, client_id: str, client_secret: str, callback: str, http: httpx.AsyncClient
    ) -> None:
        base = base_url.rstrip("/")
        self._host = urlsplit(base).netloc
        self._api = api_address(base)
        self._http = http
        self._client = oauth.Client(
            authorize_url=f"{base}/login/oauth/authorize",
            token_url=f"{base}/login/oauth/access_token",
            id=client_id,
            secret=client_secret,
            callback=callback,
            scope=SCOPE,
        )

    def authorization_url(self, *, state: str, verifier: str) -> str:
        """Where the member's browser goes to be asked."""
        return oauth.authorization_url(self._client, state=state, verifier=verifier)

    async def exchange(self, code: str, *, verifier: str) -> Tokens:
        """The tokens for the code that came back."""
        return await self._told(oauth.exchange(self._client, code, verifier=verifier, http=self._http))

    async def refresh(self, refresh_token: str) -> Tokens:
        """A new pair. The old one is dead at once, and the refresh token is good for this one time.

        Raises ForgeCredential where it no longer is. https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/refreshing-user-access-tokens
        """
        return await self._told(oauth.refresh(self._client, refresh_token, http=self._http))

    async def revoke(self, token: str) -> None:
        """Let GitHub forget the token. Raises ForgeMissing where it knew it no longer.

        https://docs.github.com/en/rest/apps/oauth-applications#delete-an-app-token
        """
        request = self._http.build_request(
            "DELETE",
            f"{self._api}/applications/{quote(self._client.id, safe='')}/token",
            json={"access_token": token},
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": _basic(self._client.id, self._client.secret),
                "X-GitHub-Api-Version": API_VERSION,
            },
        )
        try:
            response = await bounded(self._http, request, most_bytes=MOST_BYTES)
        except httpx.RequestError as error:
            raise ForgeUnavailable(f"{self._host} cannot be reached: {error or type(error).__name__}") from error
        if response.status_code in (404, 422):
            raise ForgeMissing(f"{self._host} no longer knew the token.", status=response.status_code)
        if response.status_code == 401:
            raise self._client_refused()
        judged(response, host=self._host, about="The token")

    async def _told(self, tokens: Awaitable[Tokens]) -> Tokens:
        try:
            return await tokens
        except OAuthUnavailable as error:
            raise ForgeUnavailable(str(error)) from error
        except OAuthRefused as refusal:
            raise self._meaning(refusal) from refusal

    def _meaning(self, refusal: OAuthRefused) -> ForgeError:
        """https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors"""
        match refusal.code:
            case "bad_verification_code":
                return ForgeRefused(f"What {self._host} sent back with you is no longer good. Begin again.")
            case "bad_refresh_token":
                return ForgeCredential(f"{self._host} no longer lets us in for you. Connect your account again.")
            # An unknown client ID is a plain `Not Found`.
            case "incorrect_client_credentials" | "Not Found":
                return self._client_refused()
            case "redirect_uri_mismatch":
                return ForgeRefused(
                    f"{self._host} has another callback address on file for us. An administrator registers "
                    f"{self._client.callback} there."
                )
            case "unverified_user_email":
                return ForgeRefused(f"Confirm your primary e-mail address on {self._host} first, then begin again.")
        return ForgeRefused(f"{self._host} refuses: {refusal}")

    def _client_refused(self) -> ForgeRefused:
        return ForgeRefused(
            f"{self._host} does not take our OAuth client ID or its secret. An administrator checks both in the "
            "Admin Console, under Forges."
        )


def _basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()
