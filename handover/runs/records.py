"""Reads and moves a run's row from asynchronous code."""

from uuid import UUID

from asgiref.sync import sync_to_async

from handover import settings
from handover.lib import clock
from handover.runs.models import Run, RunEvent, State, moved


async def run_of(run_id: str) -> Run:
    """The run as it stands now, with its connection and member."""
    return await Run.objects.select_related("connection", "member").aget(id=UUID(run_id))


async def note(run_id: str, **fields: object) -> None:
    """Keep what was found out."""
    await Run.objects.filter(id=UUID(run_id)).aupdate(**fields)


async def move(run_id: str, to: State, *, saying: str, **fields: object) -> bool:
    """Move the run and say so on its page. False where it stands elsewhere: losing the race is normal."""
    return await sync_to_async(_move)(UUID(run_id), to, saying, fields)


def _move(run_id: UUID, to: State, saying: str, fields: dict[str, object]) -> bool:
    now = clock.now()
    if not moved(run_id, to, at=now, **fields):
        return False
    RunEvent.objects.create(run_id=run_id, at=now, kind=RunEvent.Kind.MOVE, title=saying[:200])
    return True


async def say(run_id: str, title: str, *, text: str = "", kind: str = RunEvent.Kind.MOVE) -> None:
    """Show something on the run's page."""
    await RunEvent.objects.acreate(run_id=UUID(run_id), at=clock.now(), kind=kind, title=title[:200], text=text)


def mention_of(run: Run) -> str:
    """The word that starts the agent in the run's Jira."""
    return run.connection.host.mention


def page_of(run_id: str) -> str:
    """The run's page, as people reach it."""
    return f"{settings.PUBLIC_URL}/runs/{run_id}"
