"""The registered webhooks, and what became of their deliveries."""

import itertools
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from standins.jira.breaker import Breaker

EVENTS = (
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
)
MOST_KEPT = 10_000
Outcome = Literal["success", "failure", "error", "skipped"]


@dataclass(frozen=True)
class Delivery:
    """One attempt to deliver, the only one. `status` is None where no answer came; `skipped` was never sent."""

    webhook_id: int
    event: str
    url: str
    outcome: Outcome
    status: int | None
    seconds: float
    at: float
    request_id: str
    headers: Mapping[str, str]
    body: bytes
    error: str = ""


@dataclass
class Webhook:
    """A registration. The secret is `configuration["SECRET"]`, in upper case and nowhere else."""

    id: int
    name: str
    url: str
    events: list[str]
    created: float
    updated: float
    breaker: Breaker
    active: bool = True
    scope: str = "global"
    verifies_certificate: bool = True
    configuration: dict[str, str] = field(default_factory=dict)
    deliveries: deque[Delivery] = field(default_factory=lambda: deque(maxlen=MOST_KEPT))

    @property
    def secret(self) -> str:
        """What signs; empty is unsigned."""
        return self.configuration.get("SECRET", "")

    @property
    def without_body(self) -> bool:
        """Whether deliveries are empty. Jira keeps this as a string."""
        return self.configuration.get("EXCLUDE_BODY", "").lower() == "true"


class Hooks:
    """All webhooks."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._hooks: dict[int, Webhook] = {}
        self._ids = itertools.count(1)

    def add(self, *, name: str, url: str, events: list[str]) -> Webhook:
        """A further registration, even to the same URL."""
        now = self._clock()
        hook = Webhook(next(self._ids), name, url, events, now, now, Breaker(self._clock))
        self._hooks[hook.id] = hook
        return hook

    def find(self, hook_id: int) -> Webhook | None:
        """The webhook with this id."""
        return self._hooks.get(hook_id)

    def remove(self, hook: Webhook) -> None:
        """End a registration."""
        self._hooks.pop(hook.id, None)

    def all(self) -> list[Webhook]:
        """Every webhook, oldest first."""
        return list(self._hooks.values())

    def listening(self, event: str) -> list[Webhook]:
        """Who is told of an event."""
        return [hook for hook in self._hooks.values() if hook.active and event in hook.events]
