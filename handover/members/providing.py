"""The way to a provider and back."""

from http import HTTPStatus

import requests
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from handover.configuration.declared import Oidc
from handover.members.oidc import Exchange, Provider, app_of, configured, scope_of


@login_not_required
@require_http_methods(["GET", "POST"])
def begin(request: HttpRequest, slug: str) -> HttpResponse:
    """Go to the provider, on a click here: who follows a link from elsewhere is asked first."""
    one, provider = _provider(request, slug)
    connecting = request.user.is_authenticated and "connect" in (
        request.POST.get("process"),
        request.GET.get("process"),
    )
    if request.method == "GET":
        return render(request, "socialaccount/login.html", {"provider": provider, "connecting": connecting})
    if connecting:
        raise_if_reauthentication_required(request, app="allauth.socialaccount")
    try:
        answer = _redirected(request, one, provider, AuthProcess.CONNECT if connecting else AuthProcess.LOGIN)
    except (OAuth2Error, requests.RequestException) as error:
        return _failed(request, provider, error)
    if answer.status_code != HTTPStatus.FOUND:
        return answer
    # Not redirected: a form leads to our own addresses alone (form-action), redirects after it included.
    return render(request, "leaving.html", {"address": answer.headers["Location"], "site": provider.name})


@login_not_required
@require_http_methods(["GET"])
def callback(request: HttpRequest, slug: str) -> HttpResponse:
    """Back from the provider."""
    _, provider = _provider(request, slug)
    try:
        answer: HttpResponse = OAuth2CallbackView.adapter_view(Exchange(request, slug))(request)
    except (OAuth2Error, requests.RequestException) as error:
        return _failed(request, provider, error)
    return answer


def _provider(request: HttpRequest, slug: str) -> tuple[Oidc, Provider]:
    one = configured(slug)
    if one is None:
        raise Http404
    return one, Provider(request, app=app_of(one))


def _redirected(request: HttpRequest, one: Oidc, provider: Provider, process: str) -> HttpResponse:
    scope = scope_of(one, provider.get_oauth2_adapter(request).openid_config)
    answer: HttpResponse = provider.redirect(
        request, process=process, next_url=get_next_redirect_url(request), scope=scope, auth_params={}
    )
    return answer


def _failed(request: HttpRequest, provider: Provider, error: Exception) -> HttpResponse:
    answer: HttpResponse = render_authentication_error(request, provider, exception=error)
    return answer
