"""The member's own account: an overview, its addresses and the browsers that are signed in."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.views import EmailView, PasswordResetView
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from handover.configuration.store import current
from handover.members import mail, second_factor
from handover.members.accounts import signed_in


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """What there is, with where to change it."""
    member = signed_in(request)
    about = {
        "addresses": EmailAddress.objects.filter(user=member).order_by("-primary", "email"),
        "second_factor": second_factor.has_one(member),
        "connected": SocialAccount.objects.filter(user=member).count(),
        "sessions": len(UserSession.objects.purge_and_list(member)),
        "providers": current().oidc,
    }
    return render(request, "account/overview.html", about)


class Addresses(EmailView):  # type: ignore[misc]  # allauth has no types
    """Addresses, each proven by a link that is mailed to it."""

    def post(self, request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        """Where the mail does not go out, nothing is lost: the address is there, and the link can be sent again."""
        try:
            answer: HttpResponse = super().post(request, *arguments, **named)
        except mail.MailNotSent as error:
            messages.error(request, f"{error} The address is kept; ask for the link again later.")
            return redirect("account_email")
        if "action_send" in request.POST and not self._did_send_verification_email:
            messages.error(request, "A link was sent a moment ago. Wait three minutes before you ask for another.")
        return answer

    def get_context_data(self, **named: Any) -> dict[str, Any]:
        """Whether mail can be sent at all."""
        return {**super().get_context_data(**named), "mail_is_set_up": mail.is_set_up()}


class ForgottenPassword(PasswordResetView):  # type: ignore[misc]
    """A link to choose a new password, mailed to an address of an account."""

    def form_valid(self, form: Any) -> HttpResponse:
        """The same page, whether the address has an account or not."""
        answer: HttpResponse
        try:
            answer = super().form_valid(form) if mail.is_set_up() else self.form_invalid(form)
        except mail.MailNotSent as error:
            form.add_error(None, f"{error} Try again in a moment, or ask an administrator.")
            answer = self.form_invalid(form)
        return answer

    def get_context_data(self, **named: Any) -> dict[str, Any]:
        """Whether mail can be sent at all."""
        return {**super().get_context_data(**named), "mail_is_set_up": mail.is_set_up()}


@require_GET
def sessions(request: HttpRequest) -> HttpResponse:
    """Where the member is signed in, the newest first."""
    found = sorted(UserSession.objects.purge_and_list(signed_in(request)), key=lambda one: one.created_at, reverse=True)
    present = request.session.session_key
    return render(request, "usersessions/usersession_list.html", {"sessions": found, "present": present})


@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Sign one browser out."""
    found = UserSession.objects.filter(user=signed_in(request), pk=session_id).first()
    if found is None:
        raise Http404
    here = found.session_key == request.session.session_key
    found.end()
    if here:
        return redirect("sign-in")
    messages.success(request, "That browser is signed out.")
    return redirect("usersessions_list")


@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Sign all other browsers out."""
    for session in UserSession.objects.filter(user=signed_in(request)).exclude(session_key=request.session.session_key):
        session.end()
    messages.success(request, "All other browsers are signed out.")
    return redirect("usersessions_list")
