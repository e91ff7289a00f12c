"""The page of an invitation, and of the first administrator's link."""

from allauth.account.utils import perform_login
from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from handover.configuration.store import current
from handover.members import invitations
from handover.members.forms import Join
from handover.members.joining import INVITED
from handover.members.models import Invitation


@login_not_required
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a name and a password, or sign in with a provider."""
    try:
        invitation = invitations.opened(token)
        if request.user.is_authenticated:
            return render(request, "members/welcome_signed_in.html", status=409)
        with_password = _with_password(invitation)
        form = Join(request.POST if request.method == "POST" else None)
        if with_password and form.is_valid():
            return _joined(request, invitation, form)
    except invitations.InvitationEnded as error:
        return render(request, "members/welcome_ended.html", {"sentence": str(error)}, status=410)
    request.session[INVITED] = invitation.pk
    about = {"form": form, "invitation": invitation, "with_password": with_password, "providers": current().oidc}
    refused = form.is_bound and not with_password
    return render(request, "members/welcome.html", about, status=403 if refused else 200)


def _with_password(invitation: Invitation) -> bool:
    """Whether the account may have a password: administrators always come in, and where there is no other way."""
    held = current()
    return held.sign_in.local or invitation.administrator or not held.oidc


def _joined(request: HttpRequest, invitation: Invitation, form: Join) -> HttpResponse:
    given = form.cleaned_data
    try:
        member = invitations.join(invitation, name=given["username"], password=given["password1"])
    except IntegrityError as error:
        raise invitations.InvitationEnded("The name was taken meanwhile. Open the link again.") from error
    request.session.pop(INVITED, None)
    answer: HttpResponse = perform_login(request, member, email_verification="none", signup=True)
    return answer
