"""Codes, tokens and their rules, as Jira's OAuth 2.0 provider has them.

https://confluence.atlassian.com/adminjiraserver/jira-oauth-2-0-provider-api-1115659070.html
"""

import base64
import hashlib
import hmac
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from standins.jira.oauth.records import (
    SCOPES,
    Application,
    Asked,
    Grant,
    NotForApplications,
    TokenRefused,
    ToldToApplication,
    covers,
)
from standins.jira.people import DAY_SECONDS, People
from standins.jira.records import User

Form = Mapping[str, str]


@dataclass
class Traits:
    """What an administrator decides, or no document settles.

    `https_only` refuses where Jira's base URL or the redirect goes without TLS. `refresh_compares_redirect`: a refresh
    without the `redirect_uri` of before is refused.
    """

    code_seconds: float = 10.0
    access_seconds: float = 3600.0
    refresh_days: float = 90.0
    https_only: bool = False
    refresh_compares_redirect: bool = True


class Provider:
    """The applications that are linked, and what people have allowed them. `answered` counts (grant type, outcome)."""

    def __init__(self, people: People, clock: Callable[[], float], base_url: Callable[[], str]) -> None:
        self._people = people
        self._clock = clock
        self._base_url = base_url
        self.traits = Traits()
        self.applications: dict[str, Application] = {}
        self.grants: list[Grant] = []
        self.answered: Counter[tuple[str, str]] = Counter()

    def register(self, redirect_uris: Iterable[str], *, scope: str, name: str) -> Application:
        """Link an application."""
        made = Application(secrets.token_hex(16), secrets.token_hex(32), name, tuple(redirect_uris), scope)
        self.applications[made.id] = made
        return made

    def asked(self, query: Form) -> Asked:
        """What the query of an authorisation request asks. Raises NotForApplications, ToldToApplication."""
        application = self.applications.get(query.get("client_id", ""))
        redirect_uri, state = query.get("redirect_uri", ""), query.get("state", "")
        if application is None or redirect_uri not in application.redirect_uris:
            raise NotForApplications("The client or its redirect URL is not known here.")
        if self.traits.https_only and not all(url.startswith("https:") for url in (self._base_url(), redirect_uri)):
            raise NotForApplications("OAuth 2.0 needs HTTPS, for Jira's base URL and for the redirect URL.")
        scope = query.get("scope", "") or application.scope
        method = query.get("code_challenge_method", "") or "plain"
        for wrong, error, description in (
            (query.get("response_type") != "code", "unsupported_response_type", "Only code is supported"),
            (not _is_allowed(scope, application), "invalid_scope", f"Invalid scope: {scope}"),
            (method not in ("plain", "S256"), "invalid_request", "Unknown code_challenge_method"),
        ):
            if wrong:
                raise ToldToApplication(redirect_uri, state, error, description)
        widest = max(scope.split(), key=SCOPES.index)
        return Asked(application, redirect_uri, widest, state, query.get("code_challenge", ""), method)

    def allow(self, asked: Asked, user: User) -> Grant:
        """The person agrees. The grant's code goes back with them."""
        grant = Grant(asked, user.key, secrets.token_urlsafe(32), self._clock() + self.traits.code_seconds)
        self.grants.append(grant)
        return grant

    def answer(self, form: Form) -> dict[str, object]:
        """What the token endpoint gives for this form. Raises TokenRefused."""
        kind = form.get("grant_type", "")
        try:
            answer = self._answer(kind, form)
        except TokenRefused as refusal:
            self.answered[kind, refusal.body["error"]] += 1
            raise
        self.answered[kind, "ok"] += 1
        return answer

    def _answer(self, kind: str, form: Form) -> dict[str, object]:
        application = self._client(form)
        match kind:
            case "authorization_code":
                return self._issue(self._exchanged(application, form))
            case "refresh_token":
                return self._issue(self._refreshed(application, form))
        raise TokenRefused("unsupported_grant_type", f"Unsupported grant_type: {kind}")

    def issue(self, grant: Grant) -> None:
        """New tokens; those of before hold no longer."""
        now = self._clock()
        grant.used = True
        grant.access, grant.refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        grant.access_until = now + self.traits.access_seconds
        grant.refresh_until = now + self.traits.refresh_days * DAY_SECONDS

    def revoke(self, form: Form) -> None:
        """End the tokens of the grant that this token belongs to. An unknown one is no error. Raises TokenRefused."""
        application, token = self._client(form), form.get("token", "")
        if not token:
            raise TokenRefused("invalid_request", "The token is missing")
        for grant in self.grants:
            if grant.asked.application == application and token in (grant.access, grant.refresh):
                grant.revoke()

    def with_access_token(self, raw: str) -> tuple[User, str] | None:
        """Who is behind an access token, and its scope."""
        for grant in self.grants:
            if raw and grant.access == raw and grant.access_until > self._clock():
                user = self._people.active(grant.user_key)
                return (user, grant.asked.scope) if user else None
        return None

    def _client(self, form: Form) -> Application:
        application = self.applications.get(form.get("client_id", ""))
        secret = form.get("client_secret", "")
        if application is None or not hmac.compare_digest(application.secret.encode(), secret.encode()):
            raise TokenRefused("invalid_client", "Invalid client credentials")
        return application

    def _exchanged(self, application: Application, form: Form) -> Grant:
        code = form.get("code", "")
        grant = next((grant for grant in self.grants if code and grant.code == code), None)
        if grant is None or (not grant.used and grant.code_until <= self._clock()):
            raise TokenRefused("invalid_request", "The authorization code is invalid")
        if grant.used:
            grant.revoke()
            raise TokenRefused("invalid_grant", "The authorization code has already been used")
        if grant.asked.application != application or form.get("redirect_uri") != grant.asked.redirect_uri:
            raise TokenRefused("invalid_grant", "The client or the redirect_uri is another")
        if grant.asked.challenge and not _proves(grant.asked, form.get("code_verifier", "")):
            raise TokenRefused("invalid_grant", "The code_verifier does not fit")
        return grant

    def _refreshed(self, application: Application, form: Form) -> Grant:
        token = form.get("refresh_token", "")
        for grant in self.grants:
            if token and grant.refresh == token and grant.asked.application == application:
                compared = form.get("redirect_uri") == grant.asked.redirect_uri
                if grant.refresh_until > self._clock() and (compared or not self.traits.refresh_compares_redirect):
                    return grant
        raise TokenRefused("invalid_grant", "The refresh token is invalid")

    def _issue(self, grant: Grant) -> dict[str, object]:
        self.issue(grant)
        return {
            "access_token": grant.access,
            "refresh_token": grant.refresh,
            "expires_in": int(self.traits.access_seconds),
            "created_at": int(self._clock()),
            "scope": grant.asked.scope,
            "token_type": "bearer",
        }


def _is_allowed(scope: str, application: Application) -> bool:
    return all(word in SCOPES and covers(application.scope, word) for word in scope.split())


def _proves(asked: Asked, verifier: str) -> bool:
    """https://www.rfc-editor.org/rfc/rfc7636#section-4.6"""
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return hmac.compare_digest(asked.challenge.encode(), (digest if asked.method == "S256" else verifier).encode())
