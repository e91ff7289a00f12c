"""Asking for runs to be stopped. The workflow sees it where it stands, and ends the run."""

from django.db.models import QuerySet

from handover.runs.models import Run, State


def stop(runs: QuerySet[Run], *, by: str) -> int:
    """Ask for those that still live to be stopped, and say how many. Whoever asks first is named."""
    return runs.filter(stop_asked_by="").exclude(state=State.ENDED).update(stop_asked_by=by)
