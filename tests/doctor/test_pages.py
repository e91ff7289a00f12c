"""The doctor's page: for administrators, with and without a script."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest
from django.test import Client
from django.urls import reverse

from handover import settings
from handover.connections.models import Connection
from handover.doctor.checks import Check, Symptom
from handover.doctor.public import proof_of
from handover.doctor.views import grouped
from handover.members.models import Member
from handover.templatetags.doctor import PLACES, linked
from tests.doctor.world import World, served

PAGE = "/console/doctor"
NONCE = "0123456789abcdef" * 2


@pytest.fixture
def world(django_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with served(World(tmp_path), monkeypatch) as world:
        yield world


@pytest.fixture
def ada(django_db: Path) -> Client:
    return signed_in(Member.objects.create_superuser("ada"))


def signed_in(member: Member, client: Client | None = None) -> Client:
    client = client or Client()
    client.force_login(member)
    return client


def text_of(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return plain(response.content.decode())


def plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


@pytest.mark.parametrize("address", [PAGE, f"{PAGE}/checks", f"{PAGE}/explanation?about-about=PAY-1", f"{PAGE}/test"])
def test_only_administrators_see_it(django_db: Path, address: str) -> None:
    lina = signed_in(Member.objects.create_user("lina"))
    answer = lina.post(address) if address.endswith("test") else lina.get(address)
    assert answer.status_code == 403
    stranger = Client().get(address)
    assert stranger.status_code == 302
    assert "sign-in" in stranger["Location"]


def test_the_page_stands_at_once_and_its_script_asks_for_the_checks(world: World, ada: Client) -> None:
    page = ada.get(PAGE).content.decode()
    assert f'data-checks="{PAGE}/checks"' in page
    assert "doctor.js" in page
    assert len(world.jira.requests) == 0


def test_the_checks(world: World, ada: Client) -> None:
    shown = text_of(ada, f"{PAGE}/checks")
    assert "checks are well." in shown
    assert "Jira 10.3.6" in shown


def test_without_a_script_the_checks_come_with_the_page(world: World, ada: Client) -> None:
    Connection.objects.update(webhook_state=Connection.Webhook.PAUSED)
    shown = text_of(ada, f"{PAGE}?look")
    assert "1 of " in shown
    assert "The connection is paused" in shown
    assert "Next step Resume it" in shown
    assert "Explain an issue or a delivery" in shown


def test_a_next_step_links_to_its_place(world: World, ada: Client) -> None:
    Connection.objects.update(webhook_state=Connection.Webhook.PAUSED)
    page = ada.get(f"{PAGE}/checks").content.decode()
    assert '<a href="/settings/integrations/jira-dc">Settings › Integrations › Jira Data Center</a>' in page


@pytest.mark.parametrize("place", PLACES)
def test_every_place_is_a_page(world: World, ada: Client, place: str) -> None:
    assert f">{place}</a>" in linked(f"See {place}.")
    name, arguments = PLACES[place]
    assert ada.get(reverse(name, args=arguments)).status_code == 200


def test_a_sentence_with_a_link_is_escaped() -> None:
    assert linked("<b>Console › Mail</b>") == '&lt;b&gt;<a href="/console/mail">Console › Mail</a>&lt;/b&gt;'


def test_an_issue_is_explained(world: World, ada: Client) -> None:
    shown = text_of(ada, f"{PAGE}/explanation?about-about=pay-1")
    assert "PAY-1, step by step" in shown or "pay-1, step by step" in shown
    assert "No comment mentions @openhands" in shown


def test_a_delivery_is_explained(world: World, ada: Client) -> None:
    assert "There is no delivery 17." in text_of(ada, f"{PAGE}/explanation?about-about=%2317")


@pytest.mark.parametrize("about", ["", "PAY", "PAY-1 or so", "<script>", "'; DROP TABLE", "9" * 200])
def test_what_is_neither_is_refused_next_to_the_field(world: World, ada: Client, about: str) -> None:
    response = ada.get(f"{PAGE}/explanation", {"about-about": about})
    assert response.status_code == 400
    page = response.content.decode()
    assert 'class="error" id="id_about-about_error"' in page
    assert "<script>" not in page.partition("<main")[2]


def test_a_test_is_sent(world: World, ada: Client) -> None:
    shown = plain(ada.post(f"{PAGE}/test", {"test-issue": "PAY-1"}).content.decode())
    assert "Jira delivered it after" in shown
    assert world.jira.comments("PAY-1") == []


def test_a_test_is_sent_by_our_own_form_alone(world: World) -> None:
    ada = signed_in(Member.objects.create_superuser("ada"), Client(enforce_csrf_checks=True))
    assert ada.post(f"{PAGE}/test", {"test-issue": "PAY-1"}).status_code == 403
    assert ada.get(f"{PAGE}/test").status_code == 405
    assert not [request for request in world.jira.requests if request.method == "POST"]


def test_a_test_wants_an_issue(world: World, ada: Client) -> None:
    response = ada.post(f"{PAGE}/test", {"test-issue": "17"})
    assert response.status_code == 400
    assert "such as PAY-1" in response.content.decode()


def test_without_a_jira_the_forms_say_so(django_db: Path, ada: Client) -> None:
    response = ada.post(f"{PAGE}/test", {"test-issue": "PAY-1"})
    assert response.status_code == 400
    assert "No Jira is configured yet." in response.content.decode()


def test_what_a_jira_says_is_escaped(world: World, ada: Client) -> None:
    page = b"<title>Log in <script>alert(1)</script></title>"
    world.jira.faults.add(path="serverInfo", status=200, headers={"content-type": "text/html"}, body=page)
    assert "<script>alert" not in ada.get(f"{PAGE}/checks").content.decode()


def test_how_a_request_arrives(world: World) -> None:
    answer = httpx.get(f"{settings.PUBLIC_URL}/doctor/seen", params={"nonce": NONCE}, trust_env=False)
    assert answer.json() == {
        "scheme": "http",
        "host": settings.PUBLIC_URL.removeprefix("http://"),
        "proof": proof_of(NONCE),
    }
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("nonce", ["", "x" * 32, "a" * 33, NONCE.upper(), f"{NONCE}\n"])
def test_no_other_nonce_is_answered(django_db: Path, nonce: str) -> None:
    assert Client().get("/doctor/seen", {"nonce": nonce}).status_code == 400


def test_checks_are_grouped_by_symptom() -> None:
    checks = [
        Check("a", Symptom.TLS, ok=True),
        Check("b", Symptom.TLS, ok=False),
        Check("c", Symptom.CONNECTION, ok=True),
    ]
    groups = grouped(checks)
    assert [(group.title, names(group.wrong), names(group.well)) for group in groups] == [
        ("Connection errors", [], ["c"]),
        ("TLS errors", ["b"], ["a"]),
    ]


def names(checks: list[Check]) -> list[str]:
    return [check.name for check in checks]
