"""The agent's work on one issue, from trigger to ending."""

import uuid
from datetime import datetime
from decimal import Decimal

from django.db import models

from handover.connections.models import Connection
from handover.members.models import Member


class State(models.TextChoices):
    """How a run stands."""

    ACCEPTED = "accepted", "Accepted"
    WAITING = "waiting", "Waiting for a free place"
    STARTING = "starting", "Starting the agent"
    WORKING = "working", "Working"
    DELIVERING = "delivering", "Delivering"
    ENDED = "ended", "Ended"


class Cause(models.TextChoices):
    """Why a run ended: one for each sentence in replies.py."""

    PULL_REQUEST = "pull-request", "Pull request"
    NOTHING_TO_CHANGE = "nothing-to-change", "Nothing to change"
    ASKS = "asks", "The agent asks"
    REFUSED = "refused", "Could not start"
    WITHDRAWN = "withdrawn", "Withdrawn"
    STOPPED = "stopped", "Stopped"
    CEILING = "ceiling", "Ceiling reached"
    STEPS = "steps", "Out of steps"
    TIME = "time", "Out of time"
    STUCK = "stuck", "Agent stuck"
    AGENT_FAILED = "agent-failed", "Agent failed"
    MODEL_REFUSED = "model-refused", "Model refused the key"
    MODEL_UNAVAILABLE = "model-unavailable", "Model unavailable"
    MODEL_RATE_LIMITED = "model-rate-limited", "Model rate-limited"
    SANDBOX_FAILED = "sandbox-failed", "Sandbox failed"
    WORK_REFUSED = "work-refused", "Work not acceptable"
    PUSH_REFUSED = "push-refused", "Push refused"
    JIRA_REFUSED = "jira-refused", "Jira refused"
    JIRA_UNAVAILABLE = "jira-unavailable", "Jira unavailable"
    FORGE_UNAVAILABLE = "forge-unavailable", "Forge unavailable"
    FAULT = "fault", "Fault in Handover"


# From each state, the states that may follow. A run that is taken up again after a crash passes through them anew.
MOVES: dict[State, frozenset[State]] = {
    State.ACCEPTED: frozenset({State.WAITING, State.STARTING, State.ENDED}),
    State.WAITING: frozenset({State.STARTING, State.ENDED}),
    State.STARTING: frozenset({State.WAITING, State.WORKING, State.DELIVERING, State.ENDED}),
    State.WORKING: frozenset({State.WAITING, State.STARTING, State.DELIVERING, State.ENDED}),
    State.DELIVERING: frozenset({State.ENDED}),
    State.ENDED: frozenset(),
}


def next_number() -> int:
    """The number of the next run. Under a write transaction nobody else can take it."""
    last: int | None = Run.objects.aggregate(last=models.Max("number"))["last"]
    return (last or 0) + 1


class Run(models.Model):
    """One request for work and all that came of it. One row per trigger, for ever."""

    class Kind(models.TextChoices):
        """What asked."""

        MENTION = "mention"
        LABEL = "label"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(
        unique=True, default=next_number, editable=False, help_text="In the order of asking."
    )
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE)
    dedupe_key = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind)
    issue_id = models.CharField(max_length=40)
    issue_key = models.CharField(max_length=255, default="")
    comment_id = models.CharField(max_length=40, default="")
    asked_at = models.DateTimeField(help_text="When the request reached us.")

    asker_key = models.CharField(max_length=255, default="")
    asker_name = models.CharField(max_length=255, default="", help_text="The Jira user name, for a mention.")
    asker_display = models.CharField(max_length=255, default="")
    audience_type = models.CharField(
        max_length=10, default="", help_text="role or group, where the request is restricted."
    )
    audience_value = models.CharField(max_length=255, default="")
    member = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL)
    instruction = models.TextField(default="")
    summary = models.TextField(default="")

    forge_url = models.URLField(max_length=500, default="")
    repository = models.CharField(
        max_length=500, default="", help_text="Its path on the forge, as the forge writes it."
    )
    base_branch = models.CharField(max_length=255, default="")
    base_commit = models.CharField(max_length=64, default="")
    branch = models.CharField(max_length=255, default="")
    commit = models.CharField(max_length=64, default="")
    pull_request_url = models.URLField(max_length=500, default="")
    pull_request_number = models.PositiveIntegerField(null=True)

    state = models.CharField(max_length=12, choices=State, default=State.ACCEPTED)
    cause = models.CharField(max_length=30, choices=Cause, default="", blank=True)
    told = models.TextField(default="", help_text="The ending as it was told, in Markdown.")
    quiet = models.BooleanField(default=False, help_text="The same was said to the asker on this issue today.")
    status_comment_id = models.CharField(max_length=40, default="")
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    stop_asked_by = models.CharField(max_length=255, default="")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["connection", "dedupe_key"], name="one_run_per_trigger"),)
        indexes = (
            models.Index(fields=["state"], name="runs_by_state"),
            models.Index(fields=["-asked_at"], name="runs_newest"),
        )

    def __str__(self) -> str:
        return f"{self.issue_key or self.issue_id} ({self.state})"

    @property
    def live(self) -> bool:
        """Whether it may still change."""
        return self.state != State.ENDED


class RunEvent(models.Model):
    """Something that happened in a run, as its page shows it. All text in it is the agent's claim, cut to a limit."""

    class Kind(models.TextChoices):
        """Who it comes from, and so how it is shown."""

        MOVE = "move", "Handover"
        SAYS = "says", "The agent says"
        ACTS = "acts", "The agent acts"
        SEES = "sees", "What came of it"
        ERROR = "error", "Error"

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="events")
    agent_event_id = models.CharField(
        max_length=64, default="", help_text="The agent's id for it, so that it is kept once."
    )
    at = models.DateTimeField()
    kind = models.CharField(max_length=5, choices=Kind)
    title = models.CharField(max_length=200)
    text = models.TextField(default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["run", "agent_event_id"], condition=~models.Q(agent_event_id=""), name="agent_event_kept_once"
            ),
        )

    def __str__(self) -> str:
        return self.title


class ModelCall(models.Model):
    """One call to the model, as the gateway saw it. The gateway's record counts, not the agent's word."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="model_calls")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(
        null=True, help_text="HTTP status; null while it is under way; 0 where the model did not answer."
    )
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(
        max_digits=14, decimal_places=6, default=Decimal(0), help_text="Reserved while under way, then what it was."
    )
    milliseconds = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.status} at {self.at}"


def moved(run_id: uuid.UUID, to: State, *, at: datetime, **fields: object) -> bool:
    """Move the run by one conditional update. False where it does not stand in a state that may move there."""
    sources = [source for source, targets in MOVES.items() if to in targets]
    stamp: dict[str, object] = {"ended_at": at} if to is State.ENDED else {}
    return bool(Run.objects.filter(id=run_id, state__in=sources).update(state=to, **stamp, **fields))
