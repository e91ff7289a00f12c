"""The runs: the list, one of them, and stopping it."""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from handover.configuration.declared import JiraHost
from handover.configuration.store import current
from handover.members.models import Member
from handover.runs import stopping
from handover.runs.beforehand import steps_of
from handover.runs.models import Run, RunEvent
from handover.runs.standing import usage_of, way

RUNS_ON_A_PAGE = 25
EVENTS_ON_A_PAGE = 300


def visible_to(member: Member) -> QuerySet[Run]:
    """The runs that the member may see: an administrator all, everyone else those that they asked for."""
    return Run.objects.all() if member.is_superuser else Run.objects.filter(member=member)


def member_of(request: HttpRequest) -> Member:
    """Who asks. LoginRequiredMiddleware lets nobody else through."""
    return cast(Member, request.user)


@require_safe
def runs(request: HttpRequest) -> HttpResponse:
    """The runs, newest first."""
    member = member_of(request)
    newest_first = visible_to(member).order_by("-asked_at", "id").defer("told", "instruction")
    page = Paginator(newest_first, RUNS_ON_A_PAGE).get_page(request.GET.get("page"))
    beforehand = [] if page.paginator.count else steps_of(member)
    return render(request, "runs/list.html", {"page": page, "beforehand": beforehand, **_asked_by()})


@require_safe
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """One run, as it stands. What is new comes by `live`; without a script, by loading the page again."""
    shown = get_object_or_404(visible_to(member_of(request)).select_related("connection"), id=run_id)
    before = request.GET.get("before", "")
    events, earlier = _events(shown, before=int(before) if before.isdecimal() and len(before) < 19 else None)
    context = {**standing_context(shown), "events": events, "earlier": earlier, "before": before}
    return render(request, "runs/run.html", context)


def stop(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Ask for the run to be stopped; whoever asks first is named."""
    member = member_of(request)
    shown = Run.objects.filter(id=get_object_or_404(visible_to(member), id=run_id).id)
    if request.method == "POST" and not stopping.stop(shown, by=member.get_username()):
        messages.info(request, "Nothing to stop: the run had ended, or somebody had already stopped it.")
    return redirect("run", run_id)


def standing_context(shown: Run) -> dict[str, object]:
    """What the moving parts of a run's page are rendered from. Its connection must be there."""
    return {"run": shown, "way": way(shown), "usage": usage_of(shown.id), "ceiling": current().limits.ceiling}


def _asked_by() -> dict[str, str]:
    """The words that start an agent: the first Jira's, for most have one."""
    host = next(iter(current().jira), JiraHost())
    return {"mention": host.mention, "label": host.label}


def _events(shown: Run, *, before: int | None) -> tuple[Sequence[RunEvent], int | None]:
    """The newest events, oldest first, and the id before which there are earlier ones."""
    events = shown.events.order_by("-id")
    if before is not None:
        events = events.filter(id__lt=before)
    newest = list(events[: EVENTS_ON_A_PAGE + 1])
    kept = newest[:EVENTS_ON_A_PAGE][::-1]
    return kept, kept[0].id if len(newest) > EVENTS_ON_A_PAGE else None
