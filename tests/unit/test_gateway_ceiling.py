"""No run costs more than its ceiling, however it asks."""

import asyncio
from decimal import Decimal
from pathlib import Path

import httpx

from handover.runs.ledger import CALLS_AT_ONCE, ceiling_reached, last_trouble, spent
from standins.model import StandInModel
from tests.unit.gateway_world import KEY, World, error_of, with_model

SECONDS = 10


def model(script: str) -> StandInModel:
    made = StandInModel(key=KEY)
    made.script = script
    return made


async def held(stand_in: StandInModel, calls: int) -> None:
    for _ in range(SECONDS * 100):
        if stand_in.faults.waiting >= calls:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{stand_in.faults.waiting} of {calls} calls came")


def test_a_dear_answer_is_the_last_one(django_db: Path, tmp_path: Path) -> None:
    async def story() -> None:
        stand_in = model("expensive")
        async with with_model(tmp_path, stand_in) as made:
            assert (await made.ask()).status_code == 200
            assert not await ceiling_reached(made.run.id)
            refusal = await made.ask()
            assert refusal.status_code == 400
            assert error_of(refusal)["code"] == "handover_ceiling"
            assert await ceiling_reached(made.run.id)
            assert await last_trouble(made.run.id) is None
            assert (await spent(made.run.id)).calls == 1
        assert len(stand_in.calls) == 1

    asyncio.run(story())


def test_near_the_ceiling_the_answer_is_made_shorter(django_db: Path, tmp_path: Path) -> None:
    async def story() -> None:
        stand_in = model("ask")
        async with with_model(tmp_path, stand_in, ceiling="0.05") as made:
            assert (await made.ask()).status_code == 200
            (call,) = stand_in.calls
            granted = call.asked["max_tokens"]
            assert isinstance(granted, int)
            assert 4_900 < granted < 5_000

    asyncio.run(story())


def test_where_no_useful_answer_can_be_paid_none_is_asked_for(django_db: Path, tmp_path: Path) -> None:
    async def story() -> None:
        stand_in = model("ask")
        async with with_model(tmp_path, stand_in, ceiling="0.002") as made:
            assert error_of(await made.ask())["code"] == "handover_ceiling"
            small = await made.ask(max_tokens=10)
            assert small.status_code == 200
        assert len(stand_in.calls) == 1

    asyncio.run(story())


def test_calls_at_once_share_one_ceiling(django_db: Path, tmp_path: Path) -> None:
    async def story() -> None:
        stand_in = model("ask")
        stand_in.faults.add(path="completions", hold=True)
        # Each of them would reserve 0.05 and a little: three are paid, and the rest of a fourth.
        async with with_model(tmp_path, stand_in, ceiling="0.18") as made:
            asked = [asyncio.create_task(made.ask(max_tokens=5_000)) for _ in range(7)]
            await held(stand_in, 4)
            await refused(asked, 3)
            assert (await spent(made.run.id)).cost <= Decimal("0.18")
            stand_in.faults.release()
            answers = await asyncio.gather(*asked)
            assert sorted(answer.status_code for answer in answers) == [200] * 4 + [400] * 3
            assert {error_of(answer)["code"] for answer in answers if answer.status_code == 400} == {"handover_ceiling"}
            assert (await spent(made.run.id)).cost < Decimal("0.01")
            # What was reserved and not used is there again.
            assert (await made.ask(max_tokens=5_000)).status_code == 200

    asyncio.run(story())


async def refused(asked: list[asyncio.Task[httpx.Response]], count: int) -> None:
    for _ in range(SECONDS * 100):
        if sum(task.done() for task in asked) >= count:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("too few were refused")


def test_a_run_makes_only_so_many_calls_at_once(django_db: Path, tmp_path: Path) -> None:
    async def one_too_many(made: World) -> None:
        answer = await made.ask(max_tokens=10)
        assert answer.status_code == 429
        assert answer.headers["retry-after"] == "1"
        assert error_of(answer)["code"] == "handover_too_many"

    async def story() -> None:
        stand_in = model("ask")
        stand_in.faults.add(path="completions", hold=True)
        async with with_model(tmp_path, stand_in) as made:
            asked = [asyncio.create_task(made.ask(max_tokens=10)) for _ in range(CALLS_AT_ONCE)]
            await held(stand_in, CALLS_AT_ONCE)
            await one_too_many(made)
            stand_in.faults.release()
            assert {answer.status_code for answer in await asyncio.gather(*asked)} == {200}

    asyncio.run(story())
