"""A served stand-in Jira, Handover's pages, and members with browsers of their own."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
from allauth.account.models import EmailAddress
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client

from handover import settings
from handover.connections.models import Connection, configured
from handover.members.jira_application import CALLBACK
from handover.members.models import JiraLink, Member
from standins.authority import Identity
from standins.jira import StandInJira
from standins.jira.cast import acme
from standins.jira.records import User
from standins.serving import Served
from tests.configured import add_jira
from tests.unit.test_standin_jira import Stage

PAGE = "/settings/integrations/jira-dc"
CONFIRM = f"{PAGE}/confirm"


class Played:
    """One connected Jira with an application link to this Handover."""

    def __init__(self, url: str, jira: StandInJira, **fields: Any) -> None:
        self.jira = jira
        self.base_url = jira.base_url = f"{url}/jira"
        self.people = acme(jira)
        self.application = jira.register_oauth_client([settings.PUBLIC_URL + CALLBACK])
        client = {"client_id": self.application.id, "client_secret": self.application.secret}
        pat = jira.token_for(self.people.bot)
        self.fields = {"linking": "oauth", "bot_email": self.people.bot.email, "pat": pat, **client, **fields}
        self.configure()
        self.connection = next(row for row in configured() if row.base_url == self.base_url)
        bot = {"bot_key": self.people.bot.key, "bot_name": self.people.bot.name}
        Connection.objects.filter(id=self.connection.id).update(**bot)

    def configure(self, **changes: Any) -> None:
        """Write what an administrator changes."""
        self.fields.update(changes)
        add_jira(self.base_url, **self.fields)

    def consented(self, url: str, *, by: User, decision: str = "allow") -> str:
        """What the browser is sent back to, when this person decides in Jira. As path and query of ours."""
        cookie = {"Cookie": f"you_are={by.key}"}
        with httpx.Client(headers=cookie, trust_env=False) as browser:
            consent = browser.get(url)
            assert consent.status_code == 302, consent.text
            origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
            asked = f"{origin}{consent.headers['location']}"
            back = browser.post(asked, data={"decision": decision}, headers={"Origin": origin})
        return ours(back.headers["location"])


def ours(location: str) -> str:
    """An address of Handover without its host."""
    assert location.startswith(settings.PUBLIC_URL), location
    return location.removeprefix(settings.PUBLIC_URL)


# Servers that start once and wait for the next test: starting and ending one takes longer than most tests.
_free: list[Stage] = []


@contextmanager
def connected(**fields: Any) -> Iterator[Played]:
    """A Jira, served and configured."""
    jira, stage = StandInJira(), _free.pop() if _free else Stage()
    stage.app = jira.app
    try:
        yield Played(stage.url, jira, **fields)
    finally:
        jira.close()
        _free.append(stage)


@contextmanager
def connected_by_tls(identity: Identity) -> Iterator[Played]:
    """The same, over TLS."""
    jira = StandInJira()
    with Served(jira.app, tls=identity) as served:
        yield Played(served.url, jira)
    jira.close()


class Browser:
    """A member's browser on Handover's pages."""

    def __init__(self, member: Member | None = None) -> None:
        self.client = Client()
        self.member = member
        if member:
            self.client.force_login(member)

    def begin(self, connection: Connection) -> str:
        """Press Connect. Returns the address in Jira that the page leads to."""
        answer = self.client.post(f"{PAGE}/{connection.id}/connect")
        assert answer.status_code == 200, answer.headers
        found = re.search(r'<meta http-equiv="refresh" content="0; url=([^"]+)">', answer.content.decode())
        assert found
        return unescape(found.group(1))

    def come_back(self, played: Played, *, by: User) -> HttpResponse:
        """Connect, allow it in Jira, and come back."""
        return self.get(played.consented(self.begin(played.connection), by=by))

    def link(self, played: Played, *, by: User) -> JiraLink:
        """The whole way, confirmed."""
        assert self.come_back(played, by=by).headers["Location"] == CONFIRM
        assert self.decide("link").headers["Location"] == PAGE
        return JiraLink.objects.get(member=self.member, connection=played.connection)

    def decide(self, decision: str, *, at: str = CONFIRM) -> HttpResponse:
        """Answer the page that names both accounts."""
        found = re.search(r'name="proposal" value="([^"]+)"', self.page(at))
        assert found
        return self.post(at, proposal=found.group(1), decision=decision)

    def get(self, address: str) -> HttpResponse:
        return cast(HttpResponse, self.client.get(address))

    def post(self, address: str, **form: str) -> HttpResponse:
        return cast(HttpResponse, self.client.post(address, form))

    def page(self, address: str = PAGE, *, status: int = 200) -> str:
        """What a page says, as people read it."""
        answer = self.get(address)
        assert answer.status_code == status, answer.headers
        return unescape(answer.content.decode())

    def told(self, answer: HttpResponse) -> str:
        """The sentences that an answer has left for the next page."""
        return " ".join(str(message) for message in get_messages(answer.wsgi_request))  # type: ignore[attr-defined]


def a_member(name: str, *, verified: str = "", **fields: Any) -> Member:
    """A member, with an address that is verified where one is named."""
    member = Member.objects.create_user(name, email=verified, **fields)
    if verified:
        EmailAddress.objects.create(user=member, email=verified, verified=True, primary=True)
    return member
