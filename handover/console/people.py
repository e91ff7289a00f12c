"""Console > People: members and invitations, for administrators."""

from collections.abc import Callable

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_POST

from handover import settings
from handover.configuration.store import current
from handover.console.again import asked_again
from handover.lib import clock
from handover.members import administrators, invitations, mail, second_factor
from handover.members.accounts import signed_in
from handover.members.administrators import administrators_only
from handover.members.forms import Invite
from handover.members.models import Invitation, Member
from handover.runs.models import Run
from handover.runs.stopping import stop

PAGE = 50


@administrators_only
@require_http_methods(["GET", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """The lists; and on a post, an invitation, whose link is shown this once."""
    form = Invite(request.POST or None)
    link = _invited(request, form) if request.method == "POST" and form.is_valid() else None
    words = request.GET.get("q", "").strip()[:100]
    about = {
        "form": Invite() if link else form,
        "link": link,
        "page": Paginator(_members(words), PAGE).get_page(request.GET.get("page")),
        "words": words,
        "invitations": invitations.waiting().select_related("invited_by"),
        "mail_is_set_up": mail.is_set_up(),
        "providers": {one.slug: one.name for one in current().oidc},
        "local": current().sign_in.local,
    }
    return render(request, "members/people.html", about)


@administrators_only
@require_POST
def withdraw(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """End an invitation. Its link opens nothing any more."""
    found = get_object_or_404(invitations.waiting(), pk=invitation_id)
    found.delete()
    messages.success(request, f"The invitation of {found.email} was withdrawn. Its link opens nothing any more.")
    return redirect("people")


@administrators_only
@require_POST
def change(request: HttpRequest, member_id: int, deed: str) -> HttpResponse:
    """Close or open an account, make or unmake an administrator, take a lost second factor away."""
    if deed not in DEEDS:
        raise Http404
    asked_again(request)
    act, sentence = DEEDS[deed]
    member = get_object_or_404(Member, pk=member_id)
    try:
        act(member, signed_in(request))
    except administrators.LastAdministrator as error:
        messages.error(request, str(error))
        return redirect("people")
    messages.success(request, sentence.format(member))
    return redirect("people" if request.user.pk != member.pk else "runs")


def _close(member: Member, by: Member) -> None:
    with transaction.atomic():
        administrators.close(member)
        stop(Run.objects.filter(member=member), by=by.get_username())
    for session in UserSession.objects.filter(user=member):
        session.end()


DEEDS: dict[str, tuple[Callable[[Member, Member], None], str]] = {
    "close": (_close, "The account of {} is closed. Its runs are stopped, and its browsers signed out."),
    "reopen": (lambda member, _: administrators.reopen(member), "{} may sign in again."),
    "make-administrator": (lambda member, _: administrators.make(member), "{} is an administrator."),
    "unmake-administrator": (lambda member, _: administrators.unmake(member), "{} is no administrator any more."),
    "remove-second-factor": (
        lambda member, _: second_factor.remove(member),
        "{} signs in without a second factor now.",
    ),
}


def _members(words: str) -> QuerySet[Member]:
    found = Member.objects.annotate(
        has_second_factor=Exists(Authenticator.objects.filter(user=OuterRef("pk"))),
        email_verified=Exists(EmailAddress.objects.filter(user=OuterRef("pk"), email=OuterRef("email"), verified=True)),
    ).prefetch_related("socialaccount_set")
    for word in words.split()[:5]:
        found = found.filter(
            Q(username__icontains=word)
            | Q(email__icontains=word)
            | Q(first_name__icontains=word)
            | Q(last_name__icontains=word)
        )
    return found.order_by("-is_active", "username")


def _invited(request: HttpRequest, form: Invite) -> invitations.Link | None:
    given = form.cleaned_data
    if given["administrator"]:
        asked_again(request)
    try:
        link = invitations.invite(given["email"], administrator=given["administrator"], by=signed_in(request))
    except invitations.CannotInvite as error:
        form.add_error("email", str(error))
        return None
    if mail.is_set_up():
        _mail(request, link)
    return link


def _mail(request: HttpRequest, link: invitations.Link) -> None:
    about = {"link": link, "by": request.user, "handover": settings.PUBLIC_URL}
    text = render_to_string("members/invitation_mail.txt", about)
    try:
        mail.send(to=link.invitation.email, subject="You are invited to Handover", text=text)
    except mail.MailNotSent as error:
        messages.error(request, f"{error} The invitation stands: hand the link over. The server said: {error.detail}")
    else:
        link.invitation.mailed_at = clock.now()
        Invitation.objects.filter(pk=link.invitation.pk).update(mailed_at=link.invitation.mailed_at)
