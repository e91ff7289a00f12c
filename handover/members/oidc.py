"""OpenID Connect: the providers of the configuration, and what is believed of what they say.

https://openid.net/specs/openid-connect-core-1_0.html
"""

import hashlib
from typing import Any
from urllib.parse import urlsplit

import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialApp, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest
from django.urls import reverse

from handover.configuration.declared import Oidc
from handover.configuration.store import current
from handover.lib.secrets import SecretUnreadable
from handover.members.accounts import public

Claims = dict[str, Any]
KIND = "openid_connect"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderWrong(OAuth2Error):  # type: ignore[misc]  # allauth has no types
    """The provider is not as it must be. The message is a sentence for administrators."""


def callback_of(slug: str) -> str:
    """The address that the provider has to know as its client's redirect URI."""
    return public(reverse("openid_connect_callback", args=[slug]))


def configured(slug: str) -> Oidc | None:
    """The provider of this short name."""
    return next((one for one in current().oidc if one.slug == slug), None)


def app_of(one: Oidc) -> SocialApp:
    """The provider as the library knows providers. It is kept nowhere, and its secret is opened when it is sent."""
    return SocialApp(
        provider=KIND,
        provider_id=one.slug,
        name=one.name,
        client_id=one.client_id,
        settings={"server_url": one.base_url},
    )


class Exchange(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """What goes to and fro between us and a provider."""

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Under our public address, whatever host the request named."""
        return callback_of(self.provider_id)

    @property
    def openid_config(self) -> Claims:
        """The provider's description of itself. Raises ProviderWrong, requests.RequestException."""
        if not hasattr(self, "_openid_config"):
            self._openid_config = _described(self.get_provider().server_url, issuer=self._issuer)
        return self._openid_config

    def get_client(self, request: HttpRequest, app: SocialApp) -> Any:
        """The client, with its secret in clear."""
        one = configured(self.provider_id)
        try:
            app.secret = one.client_secret.clear() if one else ""
        except SecretUnreadable as error:
            raise ProviderWrong(str(error)) from error
        return super().get_client(request, app)

    def get_access_token_data(self, *arguments: Any, **named: Any) -> Claims:
        """The provider's answer to the code. Raises ProviderWrong."""
        try:
            answer = super().get_access_token_data(*arguments, **named)
        except (KeyError, TypeError, AttributeError) as error:
            raise ProviderWrong("The provider's answer to the code cannot be read.") from error
        if not isinstance(answer.get("access_token"), str) or not isinstance(answer.get("id_token"), str):
            raise ProviderWrong("The provider's answer to the code holds no ID token.")
        return dict(answer)

    def parse_token(self, data: Claims) -> SocialToken:
        """For asking who it is, once. It is not kept."""
        return SocialToken(token=data["access_token"])

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **named: Any) -> Any:
        """Who it is: what the ID token and the userinfo endpoint say. Raises ProviderWrong."""
        try:
            claims = self._decode_id_token(app, named["response"]["id_token"])
            if self.openid_config.get("userinfo_endpoint"):
                further = self._fetch_user_info(token.token)
                if further.get("sub") != claims.get("sub"):
                    raise ProviderWrong("The ID token and the userinfo endpoint speak of different people.")
                claims = {**claims, **further}
            return self.get_provider().sociallogin_from_response(request, claims)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ProviderWrong("What the provider says of the person cannot be read.") from error

    @property
    def _issuer(self) -> str:
        one = configured(self.provider_id)
        return one.base_url if one else ""


class Provider(OpenIDConnectProvider):  # type: ignore[misc]
    """One provider."""

    oauth2_adapter_class = Exchange
    pkce_enabled_default = True

    def serialize(self) -> dict[str, Any]:
        """Known by its short name: two providers may have given us the same client ID."""
        return {"id": self.app.provider_id}

    def get_oauth2_adapter(self, request: HttpRequest) -> Exchange:
        """One for each request: the description is fetched once."""
        if not hasattr(self, "_exchange"):
            self._exchange = Exchange(request, self.app.provider_id)
        return self._exchange

    def extract_uid(self, data: Claims) -> str:
        """`sub` is unique at its issuer alone: another provider under this short name speaks of other people."""
        if not isinstance(data["sub"], str) or not data["sub"]:
            raise ProviderWrong("The provider does not say who it is: there is no `sub`.")
        return hashlib.sha256(f"{self.app.settings['server_url']}\n{data['sub']}".encode()).hexdigest()

    def extract_extra_data(self, data: Claims) -> dict[str, Any]:
        """What is kept: no more than the page of connected sign-ins shows, and what the group says."""
        one = configured(self.app.provider_id)
        kept = {name: str(data.get(name) or "")[:254] for name in ("name", "email", "preferred_username")}
        return {**kept, "administrator": in_group(data, one.administrators_group if one else "")}

    def extract_common_fields(self, data: Claims) -> dict[str, Any]:
        """Suggestions for a new account."""
        named = {"username": "preferred_username", "first_name": "given_name", "last_name": "family_name"}
        fields = {ours: data.get(theirs) for ours, theirs in {**named, "name": "name", "email": "email"}.items()}
        return {name: value for name, value in fields.items() if isinstance(value, str)}

    def extract_email_addresses(self, data: Claims) -> list[EmailAddress]:
        """The address, verified where the provider says so in one of the two ways that are in use."""
        email, verified = data.get("email"), data.get("email_verified") in (True, "true")
        return [EmailAddress(email=email, verified=verified, primary=True)] if isinstance(email, str) else []


def in_group(claims: Claims, group: str) -> bool:
    """Whether the claim `groups` holds the group."""
    groups = claims.get("groups")
    held = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    return bool(group) and group in held


def scope_of(one: Oidc, description: Claims) -> list[str]:
    """What is asked for. `groups` is a scope at some providers, and unknown to others."""
    offered = description.get("scopes_supported")
    wanted = ["groups"] if one.administrators_group and isinstance(offered, list) and "groups" in offered else []
    return ["openid", "profile", "email", *wanted]


def _described(address: str, *, issuer: str) -> Claims:
    from handover.members import carrying

    with carrying.session() as session:
        answer = session.get(address)
    if answer.status_code != requests.codes.ok:
        raise ProviderWrong(f"{address} answers {answer.status_code}, where the provider's description should be.")
    found = answer.json()
    if not isinstance(found, dict) or not all(isinstance(found.get(name), str) for name in ENDPOINTS):
        raise ProviderWrong(f"{address} is no description of an OpenID Connect provider.")
    if str(found.get("issuer")).rstrip("/") != issuer.rstrip("/"):
        raise ProviderWrong(f"{address} speaks for {found.get('issuer')!r}, and {issuer} is configured.")
    _look_at_endpoints(address, found)
    return found


def _look_at_endpoints(address: str, found: Claims) -> None:
    """Another host is legitimate; from TLS to clear text is no way for a client secret, a code or a key."""
    for name in (*ENDPOINTS, "userinfo_endpoint"):
        endpoint = str(found.get(name) or address)
        try:
            scheme = urlsplit(endpoint).scheme
        except ValueError as error:
            raise ProviderWrong(f"{address} names {endpoint} as its {name}, which is no address.") from error
        if address.startswith("https://") and scheme != "https":
            raise ProviderWrong(f"{address} names {endpoint} as its {name}, which is not https.")
