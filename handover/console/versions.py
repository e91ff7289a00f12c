"""The configuration's history, and going back."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from handover.configuration import history as past
from handover.configuration import store
from handover.configuration.models import Version
from handover.console.again import DOORS, asked_again
from handover.console.asked import name_of, version_of
from handover.console.views import taken_up
from handover.members.administrators import administrators_only

VERSIONS_ON_A_PAGE = 20


@require_safe
@administrators_only
def history(request: HttpRequest) -> HttpResponse:
    """The versions, newest first."""
    page = Paginator(Version.objects.order_by("-number"), VERSIONS_ON_A_PAGE).get_page(request.GET.get("page"))
    versions = [(version, past.changes_of(version.number)) for version in page]
    context = {"page": page, "versions": versions, "newest": store.refresh().number}
    return render(request, "console/history.html", context)


@require_POST
@administrators_only
def back(request: HttpRequest, number: int) -> HttpResponse:
    """Make an older version the newest one. Where it changes who comes in, the password is asked for again."""
    if past.changes_groups(number, DOORS):
        asked_again(request)
    try:
        past.back_to(number, by=name_of(request), after=version_of(request))
    except Version.DoesNotExist as error:
        raise Http404 from error
    except store.Conflict as conflict:
        messages.error(
            request, f"{conflict.by} has saved meanwhile. Look at what changed, and go back again if need be."
        )
    else:
        messages.success(request, f"What version {number} said holds again. {taken_up()}")
    return redirect("console-history")
