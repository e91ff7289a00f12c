"""What is done for as long as a process runs ends it where it fails."""

import asyncio
import signal

import pytest

from handover.lib.forever import doing


def test_where_it_fails_the_process_is_told_to_end_and_why(caplog: pytest.LogCaptureFixture) -> None:
    async def fails() -> None:
        raise ValueError("a fault of ours")

    async def use() -> bool:
        told = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
        try:
            async with doing(fails()):
                await asyncio.wait_for(told.wait(), 5)
        except ValueError:
            return told.is_set()
        return False

    assert asyncio.run(use())
    [record] = caplog.records
    assert record.levelname == "ERROR"
    assert record.exc_info
    assert "fails failed" in record.getMessage()


def test_it_ends_with_the_block(caplog: pytest.LogCaptureFixture) -> None:
    async def use() -> list[str]:
        done = []

        async def work() -> None:
            try:
                await asyncio.sleep(60)
            finally:
                done.append("ended")

        async with doing(work()):
            await asyncio.sleep(0)
        return done

    assert asyncio.run(use()) == ["ended"]
    assert not caplog.records
