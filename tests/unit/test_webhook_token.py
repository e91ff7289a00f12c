"""A Jira administrator's token is held by one call and forgotten: it stands in no file, no report and no live object.

The support bundle is not there yet; what goes into it is what is looked at here: database, log and reports.
"""

import json
import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import httpx
import pytest
from django.test import Client
from django.views.debug import ExceptionReporter

from handover.connections import install
from handover.members.models import Member
from standins.jira import StandInJira
from standins.jira.cast import People, acme
from standins.serving import Served
from tests.unit.holding import KEPT
from tests.unit.webhook_world import World, connected


@dataclass
class Apart:
    """A Handover in a process of its own, connected to a Jira in this one."""

    jira: StandInJira
    people: People
    data: Path
    process: "subprocess.Popen[str]"
    url: str
    connection: str
    cookies: dict[str, str]

    def post(self, deed: str, token: str) -> httpx.Response:
        """Post a form with the token, as a browser does."""
        page = f"{self.url}/settings/integrations/jira-dc/{self.connection}/webhook"
        with httpx.Client(cookies=self.cookies, trust_env=False) as browser:
            found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(page).text)
            assert found
            fields = {"csrfmiddlewaretoken": found.group(1), "token": token}
            return browser.post(f"{page}/{deed}", data=fields, timeout=30)

    def still_holds(self, text: str) -> list[str]:
        """What holds the text when the answer's own thread has ended, which may be a moment after the answer."""
        deadline = time.monotonic() + 5
        while (found := self.holders(text)) and time.monotonic() < deadline:
            time.sleep(0.1)
        return found

    def holders(self, text: str) -> list[str]:
        """Which live objects hold the text now."""
        talk = cast(IO[str], self.process.stdin)
        talk.write(f"{text[::-1]}\n")
        talk.flush()
        return self._said()

    def files_with(self, text: str) -> list[str]:
        """In which files of its data folder the text stands: database, WAL, log, sessions."""
        files = [file for file in self.data.rglob("*") if file.is_file()]
        assert {"handover.sqlite3", "handover.sqlite3-wal", "log"} <= {file.name for file in files}
        return [file.name for file in files if text.encode() in file.read_bytes()]

    def _said(self) -> list[str]:
        line = cast(IO[str], self.process.stdout).readline()
        assert line, (self.data / "errors").read_text()
        said: list[str] = json.loads(line)
        return said


@contextmanager
def apart(data: Path, *, broken: bool = False) -> Iterator[Apart]:
    """One, until the end; `broken` fails where it looks for the webhook."""
    jira = StandInJira()
    people = acme(jira)
    data.mkdir()
    environment = {**os.environ, "HANDOVER_DATA": str(data)}
    with Served(jira.app) as served, (data / "errors").open("w") as errors:
        plan = {"base_url": f"{served.url}/jira", "bot_token": jira.token_for(people.bot), "broken": broken}
        with subprocess.Popen(
            [sys.executable, "-m", "tests.unit.holding"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process:
            assert process.stdin and process.stdout
            process.stdin.write(json.dumps({**plan, "log": str(data / "log")}) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            assert line, (data / "errors").read_text()
            yield Apart(jira, people, data, process, **json.loads(line))
            process.stdin.close()
    jira.close()


def test_no_live_object_and_no_file_holds_it_afterwards(tmp_path: Path) -> None:
    with apart(tmp_path / "data") as handover:
        assert handover.holders(KEPT["an attribute"]), "what is held is found"
        mine = handover.jira.token_for(handover.people.administrator)
        tokens = [mine, handover.jira.token_for(handover.people.linked), "bm9ib2R5J3MgdG9rZW4gYXQgYWxsIHRydXN0IG1l"]
        assert [handover.post("install", token).status_code for token in tokens] == [302, 422, 422]
        assert handover.post("rotate-in-jira", mine).status_code == 302
        handover.jira.faults.add(path="/webhooks", lose=True, after=True, times=1)
        assert handover.post("install", mine).status_code == 422
        assert handover.post("rotate", mine).status_code == 302
        for token in tokens:
            assert handover.still_holds(token) == []
            assert handover.files_with(token) == []


def test_neither_where_it_fails_by_a_fault_of_ours(tmp_path: Path) -> None:
    with apart(tmp_path / "data", broken=True) as handover:
        token = handover.jira.token_for(handover.people.administrator)
        answer = handover.post("install", token)
        assert answer.status_code == 500
        assert token not in answer.text
        assert handover.still_holds(token) == []
        assert handover.files_with(token) == []
        assert "InstallFailed" in (handover.data / "log").read_text()


class Reports(logging.Handler):
    """Makes the report that would be mailed of each error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.reports: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Both forms of it."""
        assert record.exc_info
        kind, error, trace = record.exc_info
        reporter = ExceptionReporter(getattr(record, "request", None), kind, error, trace, is_email=True)
        self.reports += [reporter.get_traceback_text(), reporter.get_traceback_html()]


@pytest.fixture
def reports() -> Iterator[list[str]]:
    handler, logger = Reports(), logging.getLogger("django.request")
    logger.addHandler(handler)
    yield handler.reports
    logger.removeHandler(handler)


@pytest.fixture
def world(django_db: Path) -> Iterator[World]:
    with connected() as world:
        yield world


def failing(*_: object, **__: object) -> None:
    raise RuntimeError("a fault of ours")


# Where it fails: before the token is opened, in the middle, below in the client, and after the call.
FAULTS = {
    "in our own reading": "handover.connections.install.ours",
    "in the one call": "handover.connections.install.network.client",
    "in the edge": "handover.jira.exchange.bounded",
    "in the network's library": "httpcore._async.http11.AsyncHTTP11Connection._send_request_headers",
    "in the protocol's library": "h11._connection.Connection.send_with_data_passthrough",
    "in the database": "handover.connections.webhook.installed",
    "in the view": "handover.connections.views.async_to_sync",
}


@pytest.mark.parametrize("deed", ["install", "rotate-in-jira"])
@pytest.mark.parametrize("place", FAULTS.values(), ids=FAULTS.keys())
def test_no_report_of_an_error_tells_it(
    world: World, reports: list[str], monkeypatch: pytest.MonkeyPatch, place: str, deed: str
) -> None:
    world.install()
    token = world.token()
    ada = Client(raise_request_exception=False)
    ada.force_login(Member.objects.get(username="ada"))
    monkeypatch.setattr(place, failing)
    answer = world.ask(deed, by=ada, token=token)
    assert answer.status_code == 500
    assert len(reports) == 2
    told = [answer.content.decode(), *reports]
    assert not [report for report in told if token in report or token.replace("+", "%2B") in report]
    assert all("RuntimeError" in report for report in reports)


def test_jira_may_repeat_it_and_we_do_not(world: World) -> None:
    token = world.token()
    for body in (f'{{"message": "No: Bearer {token}"}}', f'{{"errorMessages": ["{token} is no good"]}}'):
        world.jira.faults.add(path="/myself", status=403, body=body.encode(), times=1)
        answer = world.install(token)
        assert answer.status_code == 422
        assert token not in answer.content.decode()
        assert "Jira refused" in answer.content.decode()


def test_an_error_says_where_and_carries_nothing() -> None:
    def fails(needle: str) -> None:
        raise ValueError(f"{needle} is wrong")

    with pytest.raises(ValueError, match="wrong") as raised:
        fails("a token")
    place = install._place(raised.value)
    assert re.fullmatch(r"ValueError < test_webhook_token\.py:\d+ < test_webhook_token\.py:\d+", place)
