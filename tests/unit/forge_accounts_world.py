"""A member with a browser, Handover's pages, and the stand-in forge behind them over real HTTP."""

import re
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

import httpx
from django.test import Client

from handover import settings
from handover.members.models import ForgeAccount, Member
from standins.forge import StandInForge
from standins.forge.applications import Application
from standins.forge.cast import LINKED, acme
from tests.configured import configured
from tests.unit.forge_stage import on_stage

CALLBACK = "/integration/forge/callback"


@dataclass
class AccountsWorld:
    """`browser` is Lina's; `other` is a member too, with a browser of his own."""

    forge: StandInForge
    url: str
    application: Application
    lina: Member
    otto: Member
    browser: Client = field(default_factory=Client)
    other: Client = field(default_factory=Client)

    @classmethod
    def begin(cls, folder: Path) -> "AccountsWorld":
        forge = StandInForge(folder)
        acme(forge)
        url = on_stage(forge)
        application = forge.applications.register("Handover", settings.PUBLIC_URL + CALLBACK, kind="github app")
        lina = Member.objects.create(username="lina", email="lina@handover.example")
        otto = Member.objects.create(username="otto", email="otto@handover.example")
        world = cls(forge, url, application, lina, otto)
        world.configure()
        world.browser.force_login(lina)
        world.other.force_login(otto)
        return world

    def configure(self, **fields: str) -> None:
        """The forge as the administrator has set it up, with an OAuth client where nothing else is said."""
        client = {"client_id": self.application.client_id, "client_secret": self.application.client_secret}
        configured(forges=[{"kind": "github", "base_url": self.url, **client, **fields}])

    @property
    def page(self) -> str:
        """The address of the page of the forge."""
        scheme, _, place = self.url.partition("://")
        name = place.replace("/", "~")
        return f"/settings/integrations/forges/{name if scheme == 'https' else f'http~{name}'}"

    @property
    def account(self) -> ForgeAccount:
        """Lina's account."""
        return ForgeAccount.objects.get(member=self.lina)

    def send_token(self, token: str, browser: Client | None = None) -> str:
        """Type a token and send it; the text of the page that comes of it."""
        return text_of((browser or self.browser).post(self.page, {"token": token}, follow=True))

    def leave(self, browser: Client | None = None) -> str:
        """Begin by OAuth; the address on the forge that the browser goes to."""
        page = (browser or self.browser).post(f"{self.page}/connect").content.decode()
        found = re.search(r'url=([^"]+)"', page)
        assert found, page
        return unescape(found[1])

    def decide(self, address: str, decision: str = "allow", login: str = LINKED) -> str:
        """Answer the forge's question; the address that it sends the browser back to."""
        answer = httpx.post(address, data={"login": login, "decision": decision})
        back = str(answer.headers["location"])
        assert back.startswith(settings.PUBLIC_URL)
        return back.removeprefix(settings.PUBLIC_URL)

    def come_back(self, address: str, browser: Client | None = None) -> str:
        """The text of the page that the way back ends on."""
        return text_of((browser or self.browser).get(address, follow=True))

    def confirm(self, decision: str = "keep", browser: Client | None = None) -> str:
        """Read the page that names both accounts, and answer it."""
        browser = browser or self.browser
        page = browser.get(f"{self.page}/confirm").content.decode()
        offered = re.search(r'name="offered" value="([^"]+)"', page)
        assert offered, page
        answer = browser.post(f"{self.page}/confirm", {"offered": offered[1], "decision": decision}, follow=True)
        return text_of(answer)

    def connect(self, login: str = LINKED) -> str:
        """The whole way by OAuth; the text of the page at its end."""
        self.come_back(self.decide(self.leave(), login=login))
        return self.confirm()

    @property
    def revocations(self) -> int:
        """How many tokens the forge was told to forget."""
        return self.asked(f"/api/v3/applications/{self.application.client_id}/token")

    def asked(self, path: str) -> int:
        """How many requests the forge has had for this path."""
        return sum(request.path == path for request in self.forge.requests)


class Answer(Protocol):
    """A page that came."""

    content: bytes


def text_of(response: Answer) -> str:
    """What a reader reads, in one line."""
    plain = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(unescape(plain).split())


def query_of(address: str) -> dict[str, str]:
    """The parameters of an address."""
    return dict(parse_qsl(urlsplit(address).query))


def removal_of(account: ForgeAccount) -> str:
    """Where the account's button leads."""
    return f"/settings/integrations/forge-accounts/{account.id}/remove"
