"""Keys are rotated and configurations are saved while Handover works, and no request fails."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx

from handover.jira.signature import signed
from tests.stories.world import World

PAUSE_SECONDS = 0.02


def test_no_request_fails_while_keys_and_configurations_change(world: World) -> None:
    ended = threading.Event()
    with ThreadPoolExecutor(2) as threads:
        deliveries = threads.submit(_deliver_until, ended, world)
        pages = threads.submit(_open_until, ended, world)
        try:
            world.ask("@openhands [script:nothing] look")
            said = [world.rehearsal.command("keys", "rotate")]
            before = world.configuration()
            for number in range(3):
                world.configure({**before, "start": {"denied_projects": [f"X{number}"]}})
            world.configure(before)
            said.append(world.rehearsal.command("keys", "rotate"))
            run = world.ended()
        finally:
            ended.set()
        assert all("are sealed with the new key" in line for line in said)
        assert run.cause == "nothing-to-change", run.told
        assert set(deliveries.result(timeout=30)) == {200}
        assert set(pages.result(timeout=30)) == {200}
        assert sum(deliveries.result().values()) > 50
    world.ask("@openhands [script:nothing] look again")
    assert world.ended(count=2).cause == "nothing-to-change"


def _deliver_until(ended: threading.Event, world: World) -> Counter[int]:
    rehearsal = world.rehearsal
    address = rehearsal.at.handover + rehearsal.connection["events_path"]
    body = b'{"webhookEvent": "user_created", "timestamp": 1}'
    headers = {"X-Hub-Signature": signed(rehearsal.credentials["webhook"], body)}
    found: Counter[int] = Counter()
    with httpx.Client() as client:
        while not ended.wait(PAUSE_SECONDS):
            found[client.post(address, content=body, headers=headers).status_code] += 1
    return found


def _open_until(ended: threading.Event, world: World) -> Counter[int]:
    found: Counter[int] = Counter()
    with httpx.Client() as client:
        while not ended.wait(PAUSE_SECONDS):
            found[client.get(f"{world.rehearsal.at.handover}/sign-in").status_code] += 1
    return found
