"""The record of a run's calls, in the real database."""

import asyncio
import threading
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.db import connections

from handover.gateway.ledger import Admitted, Reason, Refused, Usage
from handover.gateway.prices import Prices
from handover.runs.ledger import (
    AT_CEILING,
    RunLedger,
    Spent,
    ceiling_reached,
    last_trouble,
    settle_lost,
    spent,
    token_of,
)
from handover.runs.models import ModelCall, State
from tests.unit.gateway_world import PRICES, a_run

THOUSAND = Usage(input_tokens=1_000, output_tokens=1_000)
# A thousand in and a thousand out.
COST = Decimal("0.011")


def ledger(ceiling: str = "1") -> RunLedger:
    return RunLedger(prices=PRICES, ceiling=Decimal(ceiling))


async def admitted(record: RunLedger, token: str, most: Usage = THOUSAND) -> Admitted:
    match await record.admit(token, most):
        case Admitted() as call:
            return call
        case Refused(reason=reason):
            raise AssertionError(reason)


def test_a_token_is_made_anew_and_belongs_to_one_run(django_db: Path) -> None:
    one, other = uuid4(), uuid4()
    assert token_of(one) == token_of(str(one)) != token_of(other)
    record = ledger()
    assert record.recognises(token_of(one))
    forged = (f"{other}.{token_of(one).partition('.')[2]}", str(one), f"{one}.", "", "x.y", f"{token_of(one)} ", "é.é")
    assert not any(record.recognises(token) for token in forged)


def test_a_call_is_reserved_then_replaced_by_what_it_was(django_db: Path) -> None:
    run = a_run()

    async def story() -> None:
        record = ledger()
        call = await admitted(record, token_of(run.id))
        assert await spent(run.id) == Spent(1, 1_000, 1_000, COST)
        used = Usage(input_tokens=700, output_tokens=30)
        await record.settle(call.call_id, status=200, used=used, milliseconds=12)
        assert await spent(str(run.id)) == Spent(1, 700, 30, Decimal("0.001"))
        await record.settle(call.call_id, status=500, used=None, milliseconds=99)
        assert await spent(run.id) == Spent(1, 700, 30, Decimal("0.001")), "settled twice"

    asyncio.run(story())


@pytest.mark.parametrize("state", [State.ENDED, None], ids=["ended", "never there"])
def test_only_a_live_run_calls(django_db: Path, state: State | None) -> None:
    token = token_of(a_run(state=state).id if state else uuid4())
    assert asyncio.run(ledger().admit(token, THOUSAND)) == Refused(Reason.UNKNOWN)


def test_runs_do_not_share_a_ceiling(django_db: Path) -> None:
    one, other = a_run(key="1"), a_run(key="2")

    async def story() -> None:
        record = ledger("0.011")
        await admitted(record, token_of(one.id))
        assert await record.admit(token_of(one.id), THOUSAND) == Refused(Reason.CEILING)
        assert (await admitted(record, token_of(other.id))).most == THOUSAND

    asyncio.run(story())


def test_less_is_granted_where_less_is_left(django_db: Path) -> None:
    run = a_run()

    async def story() -> None:
        record = ledger("0.011")
        most = Usage(input_tokens=1_000, output_tokens=50_000)
        assert (await admitted(record, token_of(run.id), most)).most == THOUSAND

    asyncio.run(story())


def test_the_ceiling_is_recorded_once_however_often_it_is_met(django_db: Path) -> None:
    run = a_run()

    async def story() -> None:
        record = ledger("0")
        for _ in range(3):
            assert await record.admit(token_of(run.id), THOUSAND) == Refused(Reason.CEILING)
        assert await ModelCall.objects.filter(run=run, status=AT_CEILING).acount() == 1
        assert await ceiling_reached(str(run.id))
        assert await last_trouble(str(run.id)) is None
        assert await spent(run.id) == Spent(0, 0, 0, Decimal(0))

    asyncio.run(story())


def test_the_last_call_says_what_troubled_the_run(django_db: Path) -> None:
    run = a_run()

    async def story() -> None:
        record, seen = ledger(), []
        for status in (200, 429, 402, 200, 0):
            call = await admitted(record, token_of(run.id))
            await record.settle(call.call_id, status=status, used=None, milliseconds=1)
            seen.append(await last_trouble(run.id))
        await admitted(record, token_of(run.id))
        assert seen == [None, 429, 402, None, 0]
        assert await last_trouble(run.id) == 0, "a call under way says nothing yet"
        assert not await ceiling_reached(run.id), "an empty account at the provider is not our ceiling"

    asyncio.run(story())


def test_calls_that_a_crash_left_stay_paid(django_db: Path) -> None:
    run = a_run()

    async def story() -> None:
        record = ledger()
        lost = await admitted(record, token_of(run.id))
        assert await settle_lost(str(run.id)) == 1
        assert await settle_lost(run.id) == 0
        assert (await spent(run.id)).cost == COST
        assert await last_trouble(run.id) == 0
        await record.settle(lost.call_id, status=200, used=None, milliseconds=1)
        assert (await spent(run.id)).cost == COST

    asyncio.run(story())


def test_two_processes_cannot_reserve_the_same_money(django_db: Path) -> None:
    token, calls = token_of(a_run().id), 6
    begin, granted = threading.Barrier(calls), []

    async def one() -> None:
        # A thread and so a connection of its own: without it, all would wait for one thread.
        async with ThreadSensitiveContext():
            await sync_to_async(connections["default"].ensure_connection)()
            begin.wait(timeout=10)
            granted.append(await ledger("0.033").admit(token, THOUSAND))
            await sync_to_async(connections.close_all)()

    threads = [threading.Thread(target=asyncio.run, args=(one(),)) for _ in range(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(type(grant).__name__ for grant in granted) == ["Admitted"] * 3 + ["Refused"] * 3


@pytest.mark.parametrize(
    ("price", "usage", "cost"),
    [
        ("0.000003", Usage(input_tokens=1, output_tokens=0), "0.000003"),
        ("0.00000015", Usage(input_tokens=1, output_tokens=0), "0.000001"),
        ("0.00000015", Usage(input_tokens=1_000_000, output_tokens=0), "0.15"),
        ("0", Usage(input_tokens=10**8, output_tokens=10**8), "0"),
    ],
)
def test_a_cost_is_rounded_up(price: str, usage: Usage, cost: str) -> None:
    prices = Prices(input_token=Decimal(price), output_token=Decimal(price))
    assert prices.cost(usage) == Decimal(cost)


def test_what_costs_nothing_has_no_end() -> None:
    free = Prices(input_token=Decimal(0), output_token=Decimal(0))
    assert free.affordable(THOUSAND, left=Decimal(0)) == THOUSAND
