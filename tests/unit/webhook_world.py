"""A connected stand-in Jira, served, and members who look at its webhook in the settings."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any

from django.http import HttpResponse
from django.test import Client

from handover import settings
from handover.connections.models import Connection, configured
from handover.members.models import Member
from standins.jira import StandInJira
from standins.jira.cast import People, acme
from standins.jira.hooks import Webhook
from standins.serving import Served
from tests.configured import add_jira

PASSWORD = "a good long one"


@dataclass(frozen=True)
class World:
    """A Jira, its connection here, and an administrator who is signed in."""

    jira: StandInJira
    people: People
    base_url: str
    ada: Client

    @property
    def connection(self) -> Connection:
        return next(row for row in configured() if row.base_url == self.base_url)

    @property
    def url(self) -> str:
        return f"{settings.PUBLIC_URL}{self.connection.events_path}"

    @property
    def hook(self) -> Webhook:
        [hook] = [hook for hook in self.jira.hooks.all() if hook.url == self.url]
        return hook

    @property
    def page(self) -> str:
        return f"/settings/integrations/jira-dc/{self.connection.id}/webhook"

    def token(self) -> str:
        return self.jira.token_for(self.people.administrator, days=1)

    def ask(self, deed: str, *, by: Client | None = None, **fields: str) -> HttpResponse:
        answer: Any = (by or self.ada).post(f"{self.page}/{deed}", fields)
        return answer  # type: ignore[no-any-return]

    def install(self, token: str | None = None) -> HttpResponse:
        return self.ask("install", token=self.token() if token is None else token)

    def told(self) -> list[str]:
        """The notices on the next page."""
        return notices(self.ada.get(self.page))

    def look(self) -> str:
        return text_of(self.ada.get(self.page))


@contextmanager
def connected(line: str = "10.3", base_path: str = "/jira") -> Iterator[World]:
    """A connected Jira of a line."""
    jira = StandInJira(base_path, line)
    people = acme(jira)
    with Served(jira.app) as served:
        base_url = jira.base_url = f"{served.url}{base_path}"
        add_jira(base_url, pat=jira.token_for(people.bot))
        world = World(jira, people, base_url, administrator())
        Connection.objects.filter(id=world.connection.id).update(bot_name="openhands", bot_key="JIRAUSER10001")
        yield world
    jira.close()


def administrator() -> Client:
    found = Member.objects.filter(username="ada").first()
    return signed_in(found or Member.objects.create_user("ada", password=PASSWORD, is_superuser=True))


def signed_in(member: Member, *, enforce_csrf_checks: bool = False) -> Client:
    client = Client(enforce_csrf_checks=enforce_csrf_checks)
    client.force_login(member)
    return client


def text_of(response: Any) -> str:
    """What a page says, without its tags."""
    page = response.content.decode()
    main = re.sub(r"(?s)^.*<main[^>]*>|</main>.*$", "", page)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", main)))


def notices(response: Any) -> list[str]:
    found = re.findall(r'(?s)<p class="notice[^>]*>(.*?)</p>', response.content.decode())
    return [unescape(one) for one in found]
