"""Faults that tests put into stand-ins: refusals, slowness, requests held, answers lost, before or after the deed."""

import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.unit.test_standin_jira import Play, eventually, playing

COMMENTS = "/rest/api/2/issue/PAY-1/comment"
SAID = {"body": "x"}


@pytest.fixture
def play() -> Iterator[Play]:
    with playing() as play:
        yield play
        play.jira.faults.clear()


@pytest.fixture
def bot(play: Play) -> httpx.Client:
    return play.client(play.people.bot)


class Caller:
    """Sends a comment from a thread of its own."""

    def __init__(self, client: httpx.Client, *, seconds: float = 10.0) -> None:
        self.status: int | None = None
        self.lost = False
        self._client, self._seconds = client, seconds
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.status = self._client.post(COMMENTS, json=SAID, timeout=self._seconds).status_code
        except httpx.TransportError:
            self.lost = True

    def wait(self) -> None:
        self._thread.join(timeout=10)


def test_so_many_times(play: Play, bot: httpx.Client) -> None:
    play.jira.faults.add(method="post", path=r"/comment$", status=503, times=2, headers={"Retry-After": "1"})
    answers = [bot.post(COMMENTS, json=SAID) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 201]
    assert answers[0].headers["retry-after"] == "1"
    assert len(play.jira.comments("PAY-1")) == 1


def test_without_a_number_always(play: Play, bot: httpx.Client) -> None:
    play.jira.faults.add(path=r"/myself$", status=500, body=b"<html>")
    assert [bot.get("/rest/api/2/myself").text for _ in range(3)] == ["<html>"] * 3
    assert bot.get("/rest/api/2/serverInfo").status_code == 200
    play.jira.faults.clear()
    assert bot.get("/rest/api/2/myself").status_code == 200


def test_slowness(play: Play, bot: httpx.Client) -> None:
    play.jira.faults.add(path=r"/myself$", seconds=0.2, times=1)
    started = time.monotonic()
    assert bot.get("/rest/api/2/myself").status_code == 200
    assert time.monotonic() - started >= 0.2


def test_held_until_released(play: Play, bot: httpx.Client) -> None:
    play.jira.faults.add(method="POST", path=r"/comment$", hold=True)
    caller = Caller(bot)
    eventually(lambda: play.jira.faults.waiting == 1, "the request is held")
    assert play.jira.comments("PAY-1") == []
    assert play.client().get("/rest/api/2/serverInfo").status_code == 200
    play.jira.faults.release()
    caller.wait()
    assert caller.status == 201
    assert play.jira.faults.waiting == 0
    assert bot.post(COMMENTS, json=SAID).status_code == 201


def test_held_after_the_deed(play: Play, bot: httpx.Client) -> None:
    play.jira.faults.add(method="POST", path=r"/comment$", hold=True, after=True)
    caller = Caller(bot)
    eventually(lambda: play.jira.faults.waiting, "the answer is held")
    assert len(play.jira.comments("PAY-1")) == 1
    assert caller.status is None
    play.jira.faults.release()
    caller.wait()
    assert caller.status == 201


def test_who_goes_away_while_held_has_asked_for_nothing(play: Play, bot: httpx.Client) -> None:
    play.jira.faults.add(method="POST", path=r"/comment$", hold=True)
    caller = Caller(bot, seconds=0.2)
    caller.wait()
    assert caller.lost
    eventually(lambda: play.jira.faults.waiting == 0, "the stand-in notices")
    play.jira.faults.release()
    assert bot.get("/rest/api/2/serverInfo").status_code == 200
    assert play.jira.comments("PAY-1") == []


@pytest.mark.parametrize(("after", "done"), [(False, 0), (True, 1)])
def test_a_lost_answer(play: Play, bot: httpx.Client, after: bool, done: int) -> None:
    play.jira.faults.add(method="POST", path=r"/comment$", lose=True, after=after, times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        bot.post(COMMENTS, json=SAID)
    assert len(play.jira.comments("PAY-1")) == done
    assert bot.post(COMMENTS, json=SAID).status_code == 201


def test_another_answer_after_the_deed(play: Play, bot: httpx.Client) -> None:
    play.jira.faults.add(method="POST", path=r"/comment$", status=502, after=True, times=1)
    assert bot.post(COMMENTS, json=SAID).status_code == 502
    assert len(play.jira.comments("PAY-1")) == 1
