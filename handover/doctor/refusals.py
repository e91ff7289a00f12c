"""What the door refused or dropped, and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from handover.connections import reasons
from handover.connections.models import Connection, DoorTally
from handover.doctor.checks import Check, Symptom, fine, to_the_second, wrong
from handover.door.app import ANOTHER_JIRA
from handover.triggers.models import Delivery

REFUSED, ELSEWHERE, ADDRESSES = "Signatures", "Deliveries of this Jira", "Addresses that are delivered to"
SET_UP = "Settings › Integrations › Jira Data Center"
NOBODY = UUID(int=0)
# Strangers knock at every door; what is older has no part in what fails now.
RECENT = timedelta(days=1)
SECRET_STEP = f"Copy the secret from {SET_UP} into Jira's webhook, or rotate it there and enter the new one in Jira."
STEPS = {
    reasons.UNSIGNED: f"Enter the secret in Jira's webhook; Jira before 10 cannot sign at all. {SECRET_STEP}",
    reasons.EMPTY: "Untick “Exclude body” in Jira's webhook: an empty delivery can be neither signed nor read.",
    reasons.SEVERAL: "Let what stands before Handover pass the header X-Hub-Signature on once, as it came.",
    reasons.ANOTHER_SECRET: SECRET_STEP,
    reasons.FORMER_SECRET: f"The secret was rotated: enter the new one in Jira's webhook. {SECRET_STEP}",
    reasons.NOT_JSON: "Let what stands before Handover pass bodies on as they came.",
}


@dataclass(frozen=True)
class Seen:
    """What one connection's deliveries met: the counts, and when the last was taken, or even journaled."""

    tallies: Sequence[DoorTally]
    taken_at: datetime | None
    journaled_at: datetime | None
    journaled: int = 0

    @classmethod
    def of(cls, connection: Connection) -> "Seen":
        """What the database has."""
        tallies = list(DoorTally.objects.filter(connection_id=connection.id).order_by("-last_at"))
        kept = Delivery.objects.filter(connection=connection).order_by("-id").values_list("received_at", flat=True)
        journaled = list(kept[:1])
        taken = [row.last_at for row in tallies if row.outcome != DoorTally.Outcome.REFUSED and not _strange(row)]
        newest = journaled[0] if journaled else None
        return cls(tallies, max([*taken, *journaled], default=None), newest, kept.count())

    @property
    def counted(self) -> str:
        """What the door has counted, in words."""
        dropped, refused = (
            [row for row in self.tallies if row.outcome == outcome]
            for outcome in (DoorTally.Outcome.IGNORED, DoorTally.Outcome.REFUSED)
        )
        last = f", the last on {to_the_second(refused[0].last_at)}: {refused[0].reason}" if refused else ""
        asked = f"{self.journaled} asked for something, {_sum(dropped)} for nothing"
        return f"Here: {asked}, {_sum(refused)} refused{last}."

    def only_since(self, moment: datetime) -> "Seen":
        """The same, of what was refused after the moment."""
        return Seen([row for row in self.tallies if row.last_at > moment], None, None)

    def refused(self, now: datetime) -> list[DoorTally]:
        """What was refused lately and since the last delivery that was taken, newest first."""
        refused = (row for row in self.tallies if row.outcome == DoorTally.Outcome.REFUSED)
        return [row for row in refused if _matters(row, now, since=self.taken_at)]

    def strange(self, now: datetime) -> list[DoorTally]:
        """What was taken for another Jira's. Only what is journaled was held against the base URL."""
        return [row for row in self.tallies if _strange(row) and _matters(row, now, since=self.journaled_at)]


def of_connection(seen: Seen, base_url: str, *, now: datetime) -> list[Check]:
    """The checks of one connection's deliveries."""
    return [_signatures(seen, base_url, now), _links(seen, base_url, now)]


def _signatures(seen: Seen, base_url: str, now: datetime) -> Check:
    name = f"{REFUSED}: {base_url}"
    if refused := seen.refused(now):
        cause = f"The last deliveries were refused: {told(refused)}."
        return wrong(Symptom.REFUSED, name, cause=cause, next_step=STEPS.get(refused[0].reason, SECRET_STEP))
    earlier = [row for row in seen.tallies if row.outcome == DoorTally.Outcome.REFUSED]
    since = f"the last one was taken on {to_the_second(seen.taken_at)}" if seen.taken_at else "no delivery has come yet"
    before = f" Refused earlier: {told(earlier[:3])}." if earlier else ""
    return fine(Symptom.REFUSED, name, f"None is refused; {since}.{before}")


def _links(seen: Seen, base_url: str, now: datetime) -> Check:
    name = f"{ELSEWHERE}: {base_url}"
    strange = seen.strange(now)
    if not strange:
        return fine(Symptom.NOTHING, name, "None is taken for another Jira's.")
    cause = f"What was delivered links to another base URL than {base_url}: {_summed(strange)}."
    step = "Make Jira's own base URL (Administration › System › General configuration) and the one here the same."
    return wrong(Symptom.NOTHING, name, cause=cause, next_step=step)


def strangers(taken_at: Iterable[datetime | None], *, now: datetime, since: datetime | None = None) -> Check:
    """Deliveries to addresses that belong to no connection: a mistyped URL, or somebody who knocks at every door."""
    first = since or now - RECENT
    rows = DoorTally.objects.filter(outcome=DoorTally.Outcome.REFUSED, last_at__gt=first).order_by("-last_at")
    found = [row for row in rows if row.connection_id in (None, NOBODY)]
    if not found:
        return fine(Symptom.REFUSED, ADDRESSES, "All belong to a connection.")
    cause = f"What was delivered to an address that is no connection's was refused: {_summed(found)}."
    if any(at is not None and now - at < RECENT for at in taken_at):
        return fine(Symptom.REFUSED, ADDRESSES, f"{cause} Others arrived well.")
    step = f"Copy the URL from {SET_UP} into Jira's webhook, to the letter."
    return wrong(Symptom.REFUSED, ADDRESSES, cause=cause, next_step=step)


def told(rows: Sequence[DoorTally]) -> str:
    """Counts in words."""
    return "; ".join(f"{row.count} × {row.reason}, the last on {to_the_second(row.last_at)}" for row in rows[:5])


def _summed(rows: Sequence[DoorTally]) -> str:
    """How many, newest first."""
    return f"{_sum(rows)} ×, the last on {to_the_second(rows[0].last_at)}"


def _sum(rows: Iterable[DoorTally]) -> int:
    return sum(row.count for row in rows)


def _matters(row: DoorTally, now: datetime, *, since: datetime | None) -> bool:
    return now - row.last_at < RECENT and (since is None or row.last_at > since)


def _strange(row: DoorTally) -> bool:
    return row.reason == ANOTHER_JIRA
