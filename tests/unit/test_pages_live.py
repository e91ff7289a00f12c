"""The stream that fills a run's page."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse
from django.test import AsyncClient

from handover.connections.models import Connection
from handover.lib import clock
from handover.members.models import Member
from handover.runs import live
from handover.runs.live import Pace, message_of, stream
from handover.runs.models import Cause, ModelCall, Run, RunEvent, State

QUICK = Pace(look=0.01, heartbeat=5, life=5)


class Message(NamedTuple):
    name: str
    data: str
    event_id: str


@pytest.fixture
def run(django_db: Path) -> Run:
    jira = Connection.objects.create(base_url="https://jira.acme.example/jira", bot_name="openhands", bot_key="b")
    lina = Member.objects.create_user("lina")
    about = {"member": lina, "dedupe_key": str(uuid4()), "kind": Run.Kind.MENTION, "issue_key": "PAY-1"}
    return Run.objects.create(connection=jira, asked_at=clock.now(), state=State.WORKING, **about)


@pytest.fixture
def streams_ending() -> Iterator[None]:
    live.streams_end.set()
    yield
    live.streams_end.clear()


def happens(run: Run, title: str, **fields: str) -> RunEvent:
    return RunEvent.objects.create(run=run, at=clock.now(), kind=RunEvent.Kind.SAYS, title=title, **fields)


def ends(run: Run) -> None:
    Run.objects.filter(id=run.id).update(state=State.ENDED, cause=Cause.NOTHING_TO_CHANGE, told="No change.")


def read(text: str) -> list[Message]:
    """The messages as a browser reads them: by lines, a blank one ends each."""
    messages = []
    for block in text.split("\n\n"):
        fields: dict[str, list[str]] = {}
        for line in block.splitlines():
            name, _, value = line.partition(": ")
            fields.setdefault(name, []).append(value)
        if "event" in fields:
            messages.append(Message(fields["event"][0], "\n".join(fields["data"]), fields.get("id", [""])[0]))
    return messages


async def all_of(parts: AsyncIterator[str]) -> list[Message]:
    async with asyncio.timeout(10):
        return read("".join([part async for part in parts]))


def test_an_ended_run_is_told_whole_and_the_stream_ends(run: Run) -> None:
    event = happens(run, "I looked")
    ends(run)
    messages = asyncio.run(all_of(stream(run.id, after=0, pace=QUICK)))
    assert [message.name for message in messages] == ["standing", "happened", "end"]
    assert "Nothing to change" in messages[0].data
    assert f'id="event-{event.id}"' in messages[1].data
    assert messages[1].event_id == str(event.id)


def test_only_what_is_new_is_sent(run: Run) -> None:
    known = happens(run, "known")
    happens(run, "new")
    ends(run)
    messages = asyncio.run(all_of(stream(run.id, after=known.id, pace=QUICK)))
    assert ["new" in message.data for message in messages if message.name == "happened"] == [True]


def test_what_happens_meanwhile_comes_and_what_stands_is_not_repeated(run: Run) -> None:
    async def story() -> list[Message]:
        messages = asyncio.create_task(all_of(stream(run.id, after=0, pace=QUICK)))
        await asyncio.sleep(0.1)
        await sync_to_async(happens)(run, "first")
        await asyncio.sleep(0.1)
        call = ModelCall(run=run, at=clock.now(), status=200, input_tokens=77)
        await call.asave()
        await asyncio.sleep(0.1)
        await sync_to_async(ends)(run)
        return await messages

    names = [message.name for message in asyncio.run(story())]
    assert names == ["standing", "happened", "standing", "standing", "end"]


def test_what_is_written_right_after_the_ending_still_comes(run: Run) -> None:
    async def story() -> list[Message]:
        ending = []
        async for part in stream(run.id, after=0, pace=QUICK):
            ending += read(part)
            if len(ending) == 1:
                await sync_to_async(happens)(run, "the last word")
        return ending

    ends(run)
    assert [message.name for message in asyncio.run(story())] == ["standing", "happened", "end"]


def test_more_events_than_fit_into_one_look_come_in_order(run: Run) -> None:
    RunEvent.objects.bulk_create(
        RunEvent(run=run, at=clock.now(), kind="move", title=f"event {number}.") for number in range(250)
    )
    ends(run)
    messages = [message for message in asyncio.run(all_of(stream(run.id, after=0, pace=QUICK))) if message.event_id]
    assert [f"event {number}." in message.data for number, message in enumerate(messages)] == [True] * 250


def test_a_quiet_stream_shows_signs_of_life_and_ends_for_the_browser_to_ask_anew(run: Run) -> None:
    async def story() -> str:
        return "".join([part async for part in stream(run.id, after=0, pace=Pace(look=0.01, heartbeat=0.05, life=0.4))])

    text = asyncio.run(story())
    assert text.count(": alive\n\n") >= 2
    assert [message.name for message in read(text)] == ["standing"]


def test_streams_end_when_the_server_does(run: Run, streams_ending: None) -> None:
    assert asyncio.run(all_of(stream(run.id, after=0))) == []


def test_the_stream_of_a_run_that_is_gone_ends(django_db: Path) -> None:
    assert asyncio.run(all_of(stream(uuid4(), after=0, pace=QUICK))) == []


@pytest.mark.parametrize("text", ["a\r\revent: end\r\rdata: b", "a\n\nevent: end\n\n", "a\r\n\r\nevent: end"])
def test_no_text_begins_an_event_of_its_own(text: str) -> None:
    lines = message_of("happened", text, event_id=3).removesuffix("\n\n").splitlines()
    assert [line.partition(":")[0] for line in lines] == ["event", *["data"] * (len(lines) - 2), "id"]


def test_text_in_the_stream_is_escaped(run: Run) -> None:
    happens(run, "<img src=x>", text="</li><script>alert(1)</script>\r\revent: end")
    ends(run)
    messages = asyncio.run(all_of(stream(run.id, after=0, pace=QUICK)))
    assert [message.name for message in messages] == ["standing", "happened", "end"]
    assert "<img" not in messages[1].data and "<script" not in messages[1].data


@pytest.mark.parametrize(
    ("address", "header", "titles"),
    [
        pytest.param("?after={first}", {}, ["second"], id="after the page's last event"),
        pytest.param("?after=0", {"Last-Event-ID": "{first}"}, ["second"], id="the browser's own last one goes before"),
        pytest.param("?after=x", {}, ["first", "second"], id="nonsense is nothing"),
    ],
)
def test_the_stream_goes_on_where_the_browser_was(
    run: Run, address: str, header: dict[str, str], titles: list[str]
) -> None:
    first = happens(run, "first").id
    happens(run, "second")
    ends(run)
    client = AsyncClient()
    client.force_login(Member.objects.get(username="lina"))

    async def story() -> list[Message]:
        headers = {name: value.format(first=first) for name, value in header.items()}
        response = await client.get(f"/runs/{run.id}/live" + address.format(first=first), headers=headers)
        assert (response.status_code, response.headers["Content-Type"]) == (200, "text/event-stream")
        assert isinstance(response, StreamingHttpResponse)
        return read("".join([part.decode() async for part in response.streaming_content]))

    told = [message.data for message in asyncio.run(story()) if message.name == "happened"]
    assert [title for title in ("first", "second") for data in told if title in data] == titles
