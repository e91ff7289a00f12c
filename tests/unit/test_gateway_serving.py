"""The gateway's socket."""

import asyncio
import signal
import stat
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from handover.gateway.app import Gateway, upstream_of
from handover.gateway.ledger import Admitted, Reason, Refused, Usage
from handover.gateway.serving import GatewayServer, SocketUnusable, listen


class Nobody:
    """A ledger that knows no run."""

    def recognises(self, token: str) -> bool:
        return False

    async def admit(self, token: str, most: Usage) -> Admitted | Refused:
        return Refused(Reason.UNKNOWN)

    async def settle(self, call_id: str, *, status: int, used: Usage | None, milliseconds: int) -> None:
        raise AssertionError("no call was admitted")


def server(path: Path, http: httpx.AsyncClient) -> GatewayServer:
    upstream = replace(upstream_of("openai/x", base_url="http://127.0.0.1:1", key=""), seconds=1.0)
    return GatewayServer(Gateway(Nobody(), lambda: upstream, lambda: http), path)


async def status(path: Path) -> int:
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(path))) as agent:
        return (await agent.post("http://gateway/v1/chat/completions", json={})).status_code


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_every_account_may_connect_and_none_may_look_around(tmp_path: Path) -> None:
    path = tmp_path / "gateway" / "model.sock"

    async def story() -> None:
        before = signal.getsignal(signal.SIGTERM)
        async with httpx.AsyncClient() as http:
            async with server(path, http):
                assert (mode(path.parent), mode(path)) == (0o711, 0o666)
                assert signal.getsignal(signal.SIGTERM) is before
                assert await status(path) == 401
            assert not path.exists()

    asyncio.run(story())


def test_it_takes_the_place_of_one_that_a_crash_left(tmp_path: Path) -> None:
    path = tmp_path / "gateway" / "model.sock"
    listen(path).close()
    assert path.is_socket()

    async def story() -> None:
        async with httpx.AsyncClient() as http:
            for _ in range(2):
                async with server(path, http):
                    assert await status(path) == 401

    asyncio.run(story())


def test_a_path_that_is_no_address_is_told(tmp_path: Path) -> None:
    with pytest.raises(SocketUnusable, match="HANDOVER_DATA"):
        listen(tmp_path / uuid4().hex / ("x" * 100))
    (tmp_path / "file").write_text("")
    with pytest.raises(SocketUnusable, match="cannot be listened on"):
        listen(tmp_path / "file" / "model.sock")
