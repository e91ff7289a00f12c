"""What a form's address says to a browser that opens it like a page."""

import re
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client

from handover.members.models import Member
from tests.configured import add_jira
from tests.doctor.world import Handover

PASSWORD = "a good long one"
JIRA = f"/settings/integrations/jira-dc/{uuid.UUID(int=7)}"

pytestmark = pytest.mark.usefixtures("django_db")


@pytest.fixture
def ada() -> Member:
    return Member.objects.create_user("ada", password=PASSWORD, is_superuser=True)


@pytest.fixture
def browser(ada: Member) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


ABOVE = {
    "/console/history/1/back": "/console/history",
    "/console/people/1/close": "/console/people",
    "/console/invitations/1/withdraw": "/console",
    "/console/limits/1/remove": "/console",
    "/console/doctor/test": "/console/doctor",
    "/account/sessions/end-others": "/account/sessions",
    f"{JIRA}/webhook/install": "/settings/integrations/jira-dc",
    f"{JIRA}/connect": "/settings/integrations/jira-dc",
    "/settings/integrations/forge-accounts/1/remove": "/settings",
}


@pytest.mark.parametrize(("address", "above"), ABOVE.items(), ids=ABOVE)
def test_a_browser_is_told_and_led_back(browser: Client, address: str, above: str) -> None:
    add_jira("https://jira.acme.example")
    answer = browser.get(address)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    page = text_of(answer)
    assert "Nothing was done" in page and "default-src" in answer.headers["Content-Security-Policy"]
    assert re.findall(r'class="button" href="([^"]+)"', page) == [above]
    assert browser.get(above).status_code == 200


def test_signing_in_anew_on_the_way_to_a_form_ends_on_the_page(ada: Member) -> None:
    address = "/console/history/1/back"
    answer = Client().post(f"/sign-in?next={address}", {"login": "ada", "password": PASSWORD}, follow=True)
    assert answer.redirect_chain == [(address, 302)]
    assert answer.status_code == 405 and "press its button once more" in text_of(answer)


def test_a_script_is_told_by_the_status_alone(browser: Client) -> None:
    answer = browser.put("/console/history/1/back")
    assert (answer.status_code, answer.content) == (405, b"")


def test_as_it_is_served(browser: Client, django_db: Path) -> None:
    cookies = {"handover_session": browser.cookies["handover_session"].value}
    with Handover() as handover, httpx.Client(base_url=handover.url, trust_env=False, cookies=cookies) as client:
        answer = client.get("/console/people/1/close")
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert "Nothing was done" in answer.text and "Sign out" in answer.text
