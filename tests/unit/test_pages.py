"""What the pages show, and to whom."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import connection as database
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext

from handover.connections.models import Connection
from handover.lib import clock
from handover.members.models import Member
from handover.runs.models import Cause, ModelCall, Run, RunEvent, State
from tests.configured import configured

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"
PASSWORD = "a good long one"

pytestmark = pytest.mark.usefixtures("django_db")


@pytest.fixture
def jira(django_db: Path) -> Connection:
    return Connection.objects.create(base_url="https://jira.acme.example/jira", bot_name="openhands", bot_key="b")


@pytest.fixture
def lina(django_db: Path) -> Member:
    return Member.objects.create_user("lina", password=PASSWORD)


@pytest.fixture
def ada(django_db: Path) -> Member:
    return Member.objects.create_user("ada", password=PASSWORD, is_superuser=True)


def a_run(jira: Connection, member: Member | None, **fields: object) -> Run:
    about = {
        "connection": jira,
        "member": member,
        "dedupe_key": str(uuid4()),
        "kind": Run.Kind.MENTION,
        "issue_id": "1",
    }
    return Run.objects.create(**{**about, "issue_key": "PAY-1", "asked_at": clock.now(), **fields})


def signed_in(member: Member) -> Client:
    client = Client()
    client.force_login(member)
    return client


def page_of(client: Client, address: str, *, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


SOME_RUN = "8f14e45f-ceea-4670-9bc9-0d6c3a4f2b11"
ADDRESSES = ["/", f"/runs/{SOME_RUN}", f"/runs/{SOME_RUN}/live", f"/runs/{SOME_RUN}/stop"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_who_is_not_signed_in_is_asked_to(address: str) -> None:
    response = Client().get(address)
    assert (response.status_code, response.headers["Location"]) == (302, f"/sign-in?next={address}")


def test_signing_in_leads_to_where_one_was_going_and_out_again(jira: Connection, lina: Member) -> None:
    client, run = Client(), a_run(jira, lina)
    sent = {"login": "lina", "password": PASSWORD, "next": f"/runs/{run.id}"}
    assert client.post("/sign-in", sent).headers["Location"] == f"/runs/{run.id}"
    assert client.post("/sign-out").headers["Location"] == "/sign-in"
    assert client.get("/").status_code == 302


def test_a_member_sees_the_runs_that_they_asked_for_and_an_administrator_all(
    jira: Connection, lina: Member, ada: Member
) -> None:
    a_run(jira, lina, summary="asked by lina")
    a_run(jira, ada, summary="asked by ada")
    a_run(jira, None, summary="asked by nobody known")
    hers, all_of_them = page_of(signed_in(lina), "/"), page_of(signed_in(ada), "/")
    assert ("asked by lina" in hers, "asked by ada" in hers, "nobody known" in hers) == (True, False, False)
    assert all(f"asked by {who}" in all_of_them for who in ("lina", "ada", "nobody known"))


def test_a_run_of_somebody_else_is_not_there(jira: Connection, lina: Member, ada: Member) -> None:
    run = a_run(jira, ada, summary="secret")
    client = signed_in(lina)
    page, missing = (page_of(client, f"/runs/{number}", status=404) for number in (run.id, uuid4()))
    assert page == missing or "secret" not in page
    assert client.get(f"/runs/{run.id}/live").status_code == 404
    assert client.post(f"/runs/{run.id}/stop").status_code == 404
    run.refresh_from_db()
    assert run.stop_asked_by == ""


def test_the_list_says_how_each_run_stands_in_words(jira: Connection, ada: Member) -> None:
    a_run(jira, ada, state=State.WAITING)
    a_run(jira, ada, state=State.ENDED, cause=Cause.MODEL_UNAVAILABLE)
    a_run(jira, ada, state=State.WORKING, stop_asked_by="lina")
    page = page_of(signed_in(ada), "/")
    assert all(f">{word}</span>" in page for word in ("Waiting for a free place", "Model unavailable", "Stopping"))


def test_an_empty_list_says_how_to_start(lina: Member) -> None:
    page = page_of(signed_in(lina), "/")
    assert all(
        words in page for words in ("You have no runs yet", "@openhands please fix this", "Repository: Owner/name")
    )


def test_the_list_is_paged_newest_first_and_costs_the_same_however_long(jira: Connection, ada: Member) -> None:
    client = signed_in(ada)
    counts = []
    for batch in (1, 29):
        for _ in range(batch):
            a_run(jira, ada, issue_key=f"PAY-{Run.objects.count()}", asked_at=clock.now())
        with CaptureQueriesContext(database) as queries:
            first = page_of(client, "/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 5
    assert first.index("PAY-29<") < first.index("PAY-28<")
    assert "PAY-5<" in first and "PAY-4<" not in first
    assert "PAY-4<" in page_of(client, "/?page=2")
    assert "Page 2 of 2" in page_of(client, "/?page=99")


def test_one_run_tells_what_is_known_of_it(jira: Connection, lina: Member) -> None:
    begun = clock.now() - timedelta(minutes=5)
    run = a_run(
        jira,
        lina,
        summary="Totals are off",
        instruction="please fix this",
        asker_display="Lina Linde",
        asked_at=begun,
        started_at=begun,
        ended_at=begun + timedelta(minutes=4, seconds=12),
        state=State.ENDED,
        cause=Cause.PULL_REQUEST,
        told="Done: [pull request #17](https://git.acme.example/Acme/web-app/pull/17)",
        forge_url="https://git.acme.example",
        repository="Acme/web-app",
        branch="feature/PAY-1-totals",
        pull_request_url="https://git.acme.example/Acme/web-app/pull/17",
        pull_request_number=17,
    )
    ModelCall.objects.create(run=run, at=begun, status=200, input_tokens=12000, output_tokens=345, cost="0.25")
    ModelCall.objects.create(run=run, at=begun, cost="4.00")
    RunEvent.objects.create(run=run, at=begun, kind=RunEvent.Kind.ACTS, title="Run a command", text="ls")
    page = unescape(page_of(signed_in(lina), f"/runs/{run.id}"))
    told = [
        "Totals are off",
        "please fix this",
        "Lina Linde",
        "4 min 12 s",
        "feature/PAY-1-totals",
        "12,000 in, 345 out",
    ]
    assert [
        words for words in [*told, "0.25", "and 1 under way", "Run a command", "The agent acts"] if words not in page
    ] == []
    assert 'href="https://jira.acme.example/jira/browse/PAY-1"' in page
    assert page.count('href="https://git.acme.example/Acme/web-app/pull/17"') == 2
    assert f"{begun:%H:%M} UTC</time>" in page
    assert "Stop this run" not in page


def test_text_from_outside_is_escaped_and_makes_no_links(jira: Connection, lina: Member) -> None:
    fields = ("issue_key", "summary", "instruction", "asker_display", "repository", "branch", "base_branch", "told")
    run = a_run(
        jira,
        lina,
        state=State.ENDED,
        cause=Cause.PULL_REQUEST,
        forge_url="https://git.acme.example",
        pull_request_url="javascript:alert(3)",
        **dict.fromkeys(fields, HOSTILE),
    )
    RunEvent.objects.create(run=run, at=clock.now(), kind="says", title=HOSTILE, text=f"{HOSTILE} https://evil.example")
    for address in ("/", f"/runs/{run.id}"):
        page = page_of(signed_in(lina), address)
        assert "alert(1)" in page
        assert re.search(r"<img src=x|alert\(\d\)</script>|href=.?(javascript|https://evil)", page) is None


def test_a_long_text_is_cut_and_opens(jira: Connection, lina: Member) -> None:
    run = a_run(jira, lina)
    RunEvent.objects.create(run=run, at=clock.now(), kind="sees", title="Output", text="\n".join(map(str, range(100))))
    page = page_of(signed_in(lina), f"/runs/{run.id}")
    assert "<summary>88 more lines</summary>" in page


def test_a_long_way_is_shown_in_parts(jira: Connection, lina: Member) -> None:
    run = a_run(jira, lina)
    RunEvent.objects.bulk_create(
        RunEvent(run=run, at=clock.now(), kind="move", title=f"event {number}.") for number in range(310)
    )
    client = signed_in(lina)
    page = page_of(client, f"/runs/{run.id}")
    assert ("event 9." in page, "event 10." in page, "event 309." in page) == (False, True, True)
    link = re.search(r'href="(\?before=\d+)"', page)
    assert link
    earlier = page_of(client, f"/runs/{run.id}{link[1]}")
    assert ("event 9." in earlier, "event 10." in earlier, "data-live" in earlier) == (True, False, False)


def test_stopping_names_who_asked_first(jira: Connection, lina: Member, ada: Member) -> None:
    run = a_run(jira, lina, state=State.WORKING)
    assert "Stop this run" in page_of(signed_in(lina), f"/runs/{run.id}")
    answer = signed_in(lina).post(f"/runs/{run.id}/stop")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/runs/{run.id}")
    assert "already stopped" in signed_in(ada).post(f"/runs/{run.id}/stop", follow=True).content.decode()
    run.refresh_from_db()
    assert run.stop_asked_by == "lina"
    page = page_of(signed_in(lina), f"/runs/{run.id}")
    assert "Asked to stop: lina" in page and "Stop this run" not in page


def test_an_ended_run_is_not_stopped_and_looking_stops_nothing(jira: Connection, lina: Member) -> None:
    ended, living = a_run(jira, lina, state=State.ENDED), a_run(jira, lina)
    assert "had ended" in signed_in(lina).post(f"/runs/{ended.id}/stop", follow=True).content.decode()
    assert signed_in(lina).get(f"/runs/{living.id}/stop").headers["Location"] == f"/runs/{living.id}"
    assert set(Run.objects.values_list("stop_asked_by", flat=True)) == {""}


def test_stopping_needs_a_token_of_the_page(jira: Connection, lina: Member) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(lina)
    answer = client.post(f"/runs/{a_run(jira, lina).id}/stop")
    assert answer.status_code == 403
    assert "load the page again" in answer.content.decode()


def test_without_a_sandbox_every_page_says_so(jira: Connection, lina: Member) -> None:
    run = a_run(jira, lina)
    warning = "Agents run without a sandbox on this machine."
    pages = [(Client(), "/sign-in", 200), (signed_in(lina), "/", 200), (signed_in(lina), f"/runs/{run.id}", 200)]
    pages.append((Client(), "/nothing/here", 404))
    for client, address, status in pages:
        assert warning not in page_of(client, address, status=status)
    configured(agents={"sandbox": "none"})
    for client, address, status in pages:
        assert warning in page_of(client, address, status=status)


@pytest.mark.parametrize("template", ["400.html", "403.html", "403_csrf.html", "404.html", "500.html"])
def test_each_page_of_trouble_has_a_sentence_and_a_way_back(template: str) -> None:
    page = render_to_string(template)
    assert re.search(r"<h1>[^<]+</h1>\s*<p>[^<]{30,}\.</p>", page)
    assert 'href="/">Go to the runs' in page


def test_pages_load_own_files_only_and_have_nothing_inline(jira: Connection, lina: Member) -> None:
    client, run = signed_in(lina), a_run(jira, lina)
    for address, status in (("/", 200), (f"/runs/{run.id}", 200), (f"/runs/{UUID(int=4)}", 404)):
        response = client.get(address)
        page = response.content.decode()
        assert response.status_code == status
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
        assert response.headers["Cache-Control"] == "private, no-store"
        assert re.search(r"<style|<script(?![^>]* src=\"/static/)|\sstyle=|\son\w+=", page) is None


def test_the_pages_files_are_answered_and_known_again() -> None:
    client = Client()
    for name, kind in (("handover.css", "text/css"), ("live.js", "text/javascript"), ("favicon.svg", "image/svg+xml")):
        found = client.get(f"/static/{name}")
        assert (found.status_code, found.headers["Content-Type"].split(";")[0]) == (200, kind)
        again = client.get(f"/static/{name}", headers={"If-Modified-Since": found.headers["Last-Modified"]})
        assert (again.status_code, again.content) == (304, b"")
