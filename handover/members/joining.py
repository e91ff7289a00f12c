"""Who comes in by a provider: to which account, whether to a new one, and whether as an administrator."""

import logging
from typing import Any, NoReturn

import requests
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import render

from handover.configuration.store import current
from handover.members import administrators, carrying, invitations
from handover.members.models import Invitation, Member
from handover.members.oidc import KIND, Provider, app_of, configured

log = logging.getLogger(__name__)
# In the session: which invitation was opened in this browser.
INVITED = "handover_invitation"


class Joining(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """The library's seam for providers."""

    def list_apps(self, request: HttpRequest, provider: str | None = None, client_id: str | None = None) -> Any:
        """The providers of the configuration as it is now."""
        return [
            app_of(one)
            for one in current().oidc
            if provider in (None, KIND, one.slug) and client_id in (None, one.client_id)
        ]

    def list_providers(self, request: HttpRequest) -> list[Provider]:
        """The same, ready to be asked."""
        return [Provider(request, app=app) for app in self.list_apps(request)]

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Provider:
        """The provider of this short name. Raises SocialApp.DoesNotExist."""
        one = configured(provider)
        if one is None:
            raise SocialApp.DoesNotExist
        return Provider(request, app=app_of(one))

    def get_requests_session(self) -> requests.Session:
        """Through the one door to the network."""
        return carrying.session()

    def authenticate_by_email(self, sociallogin: SocialLogin) -> tuple[Member, str] | None:
        """The account that a first sign-in joins: both the provider and we must have verified the address."""
        for address in sociallogin.email_addresses:
            held = (
                EmailAddress.objects.filter(email=address.email.lower(), verified=True).select_related("user").first()
            )
            if address.verified and held:
                return held.user, held.email
        return None

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """After the provider has said who it is, before anything is done."""
        # Nothing keeps the token, the session neither.
        sociallogin.token = None
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            return
        if sociallogin.is_existing:
            govern(sociallogin.user, sociallogin)
        elif self.is_open_for_signup(request, sociallogin):
            _refuse_taken(request, sociallogin)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Where the provider may bring new members, or this browser has opened an invitation."""
        one = configured(sociallogin.account.provider)
        return bool(one and one.sign_up) or _invitation(request) is not None

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> Member:
        """Make the account."""
        invitation = _invitation(request)
        request.session.pop(INVITED, None)
        try:
            with transaction.atomic():
                member: Member = super().save_user(request, sociallogin, form)
                if invitation:
                    invitations.accept(invitation, member)
        except invitations.InvitationEnded as error:
            raise ImmediateHttpResponse(_page(request, str(error), status=410)) from error
        govern(member, sociallogin)
        log.info("%s has a new account, by %s", member, sociallogin.account.provider)
        return member

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: Any = None,
    ) -> None:
        """A page with the cause, for whoever signs in; the rest is in the log, for administrators."""
        if error == AuthError.CANCELLED:
            return
        said = str(exception or request.GET.get("error", "no state of this browser"))[:500]
        log.warning("signing in with %s failed: %r", provider.app.provider_id, said)
        raise ImmediateHttpResponse(_page(request, _sentence(provider, exception, extra_context or {}), status=401))


def govern(member: Member, sociallogin: SocialLogin) -> None:
    """Let the provider's group decide who is an administrator, both ways, at each sign-in with it.

    A provider without an administrators' group changes nothing, and so who never signs in with one keeps what they
    have. The last administrator stays one.
    """
    one = configured(sociallogin.account.provider)
    if one is None or not one.administrators_group:
        return
    if sociallogin.account.extra_data.get("administrator"):
        administrators.make(member)
    elif member.is_superuser:
        try:
            administrators.unmake(member)
        except administrators.LastAdministrator as error:
            log.warning("%s is not in the group of administrators any more. %s", member, error)


def _invitation(request: HttpRequest) -> Invitation | None:
    found = request.session.get(INVITED)
    return invitations.waiting().filter(pk=found).first() if found else None


def _refuse_taken(request: HttpRequest, sociallogin: SocialLogin) -> None:
    for address in sociallogin.email_addresses:
        if _is_held(address.email):
            _refuse(request, sociallogin.provider.name, address.email)


def _is_held(email: str) -> bool:
    # Anybody may add an address to an account. Unless it is proven, or the account's own, that keeps nobody out.
    proven = EmailAddress.objects.filter(email=email.lower(), verified=True)
    return proven.exists() or Member.objects.filter(email__iexact=email).exists()


def _refuse(request: HttpRequest, provider: str, email: str) -> NoReturn:
    sentence = (
        f"{email} is in use by an account here, and it is not verified on both sides that it is yours. "
        f"Sign in to that account, and connect {provider} under Account > Connected sign-ins."
    )
    raise ImmediateHttpResponse(_page(request, sentence, status=403))


def _sentence(provider: Any, exception: Exception | None, context: dict[str, Any]) -> str:
    if isinstance(exception, requests.RequestException):
        return f"{provider.name} does not answer as it should. Try again in a moment."
    if "state_id" in context and exception is None:
        return "This sign-in was begun in another browser, or too long ago, or is over. Begin again."
    return f"{provider.name} did not confirm who you are. Begin again; if it happens again, tell an administrator."


def _page(request: HttpRequest, sentence: str, *, status: int) -> Any:
    return render(request, "socialaccount/authentication_error.html", {"sentence": sentence}, status=status)
