"""The gateway's record of every call to the model, and each run's ceiling."""

import hmac
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum
from django.utils.crypto import salted_hmac

from handover import settings
from handover.configuration.store import current
from handover.gateway.ledger import Admitted, Reason, Refused, Usage
from handover.gateway.prices import Prices
from handover.lib import clock
from handover.runs.models import ModelCall, Run, State

# No HTTP status: a provider's own 402, say for an empty account, must not pass for our refusal.
AT_CEILING = 999
# An answer shorter than this is of no use to an agent.
LEAST_ANSWER = 256
# An agent makes one call at a time, and some beside it that sum up; more is none of its work.
CALLS_AT_ONCE = 8


@dataclass(frozen=True)
class Spent:
    """What a run has taken of the model: calls that were made, those under way with what is reserved for them."""

    calls: int
    input_tokens: int
    output_tokens: int
    cost: Decimal


class RunLedger:
    """The gateway's Ledger, kept in the database."""

    def __init__(self, *, prices: Prices | None = None, ceiling: Decimal | None = None) -> None:
        self._fixed_prices = prices
        self._fixed_ceiling = ceiling

    @property
    def _prices(self) -> Prices:
        model = current().model
        return self._fixed_prices or Prices(input_token=model.input_price, output_token=model.output_price)

    @property
    def _ceiling(self) -> Decimal:
        return current().limits.ceiling if self._fixed_ceiling is None else self._fixed_ceiling

    def recognises(self, token: str) -> bool:
        """Whether we made this token."""
        return _run_of(token) is not None

    async def admit(self, token: str, most: Usage) -> Admitted | Refused:
        """Reserve the call's cost against the run's ceiling, all in one transaction."""
        run_id = _run_of(token)
        return await sync_to_async(self._admit)(run_id, most) if run_id else Refused(Reason.UNKNOWN)

    def _admit(self, run_id: UUID, most: Usage) -> Admitted | Refused:
        # IMMEDIATE: whoever reads the sum holds the only right to write, so two calls never reserve the same money.
        with transaction.atomic():
            if not Run.objects.filter(id=run_id).exclude(state=State.ENDED).exists():
                return Refused(Reason.UNKNOWN)
            under_way, cost = _taken(run_id)
            if under_way >= CALLS_AT_ONCE:
                return Refused(Reason.TOO_MANY)
            granted = self._prices.affordable(most, left=self._ceiling - cost)
            if granted.output_tokens < min(LEAST_ANSWER, most.output_tokens):
                return _refused_at_ceiling(run_id)
            return self._reserved(run_id, granted)

    def _reserved(self, run_id: UUID, granted: Usage) -> Admitted:
        call = ModelCall.objects.create(
            run_id=run_id,
            at=clock.now(),
            input_tokens=granted.input_tokens,
            output_tokens=granted.output_tokens,
            cost=self._prices.cost(granted),
        )
        return Admitted(str(call.id), granted)

    async def settle(self, call_id: str, *, status: int, used: Usage | None, milliseconds: int) -> None:
        """Put what the call used in the place of its reservation, once."""
        usage = used or Usage(input_tokens=0, output_tokens=0)
        await ModelCall.objects.filter(id=UUID(call_id), status=None).aupdate(
            status=status,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost=self._prices.cost(usage),
            milliseconds=milliseconds,
        )


def token_of(run_id: UUID | str) -> str:
    """The token with which the run's agent reaches the model. It is computed anew each time and stored nowhere."""
    run_id = UUID(str(run_id))
    seal = salted_hmac("handover.gateway.token", str(run_id), secret=settings.SECRET_KEY, algorithm="sha256")
    return f"{run_id}.{seal.hexdigest()}"


def _run_of(token: str) -> UUID | None:
    try:
        run_id = UUID(token.partition(".")[0])
    except ValueError:
        return None
    return run_id if hmac.compare_digest(token_of(run_id).encode(), token.encode()) else None


async def spent(run_id: UUID | str) -> Spent:
    """What the run has taken of the model until now."""
    sums = await _made(run_id).aaggregate(
        calls=Count("id"),
        input_tokens=Sum("input_tokens", default=0),
        output_tokens=Sum("output_tokens", default=0),
        cost=Sum("cost", default=Decimal(0)),
    )
    return Spent(**sums)


async def last_trouble(run_id: UUID | str) -> int | None:
    """The status of the last call that came to an end, where it was not 200; 0 where the model did not answer."""
    last = await _made(run_id).filter(status__isnull=False).order_by("-at").afirst()
    return last.status if last and last.status != 200 else None


async def ceiling_reached(run_id: UUID | str) -> bool:
    """Whether a call was refused because the run had cost what it may."""
    return await ModelCall.objects.filter(run_id=_id(run_id), status=AT_CEILING).aexists()


async def settle_lost(run_id: UUID | str) -> int:
    """Close the calls that a crash left under way, and say how many. What was reserved for them counts as spent."""
    return await _made(run_id).filter(status=None).aupdate(status=0)


def _refused_at_ceiling(run_id: UUID) -> Refused:
    # One row, however often the agent asks again.
    ModelCall.objects.update_or_create(run_id=run_id, status=AT_CEILING, defaults={"at": clock.now()})
    return Refused(Reason.CEILING)


def _made(run_id: UUID | str) -> QuerySet[ModelCall]:
    return ModelCall.objects.filter(~Q(status=AT_CEILING) | Q(status=None), run_id=_id(run_id))


def _taken(run_id: UUID) -> tuple[int, Decimal]:
    """How many calls are under way, and what all calls cost with what is reserved."""
    sums = _made(run_id).aggregate(under_way=Count("id", filter=Q(status=None)), cost=Sum("cost", default=Decimal(0)))
    return sums["under_way"], sums["cost"]


def _id(run_id: UUID | str) -> UUID:
    return run_id if isinstance(run_id, UUID) else UUID(run_id)
