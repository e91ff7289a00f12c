"""Everything that the doctor looks at, at once, each within its time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import httpx
from asgiref.sync import sync_to_async

from handover import settings
from handover.configuration import network
from handover.doctor import (
    answering,
    bot,
    card,
    certificates,
    elsewhere,
    facts,
    mail,
    oauth,
    public,
    refusals,
    standing,
    webhook,
)
from handover.doctor.answering import Answered
from handover.doctor.checks import Check, Symptom, in_time, late
from handover.doctor.facts import Facts, Subject
from handover.doctor.reaching import Walk, walk
from handover.lib import clock, http

TIME_LIMIT = httpx.Timeout(10.0, connect=5.0)
Done = Callable[[str], None]
Checks = Sequence[Check]


async def examine(*, done: Done = lambda _: None) -> list[Check]:
    """Every check, in the order of the symptoms. `done` is told of each part as it is over. Raises BadSetting."""
    known = await sync_to_async(facts.read)()
    async with network.client(timeout=TIME_LIMIT) as client:
        look = Look(known, client)
        parts = [_told(name, part, done) for name, part in look.parts()]
        found = [*at_rest(known), *[check for checks in await asyncio.gather(*parts) for check in checks]]
    order = list(Symptom)
    return sorted(found, key=lambda check: order.index(check.symptom))


def at_rest(known: Facts) -> list[Check]:
    """What needs no network."""
    configuration, now = known.configuration, known.now
    found = [*known.trouble, *card.of_hosts(configuration.jira)]
    found.append(card.of_processes(known.processes, version=configuration.number, saved_at=known.saved_at, now=now))
    found += certificates.of_uploaded(configuration.trust.certificates, now=now)
    for subject in known.subjects:
        if subject.enabled:
            found += oauth.of_host(subject.connection.host, public_url=settings.PUBLIC_URL)
            found += [standing.of_connection(subject.connection), public.for_jira(subject.base_url)]
            found += refusals.of_connection(subject.seen, subject.base_url, now=now)
    return [*found, known.strangers]


class Look:
    """What goes over the network."""

    def __init__(self, known: Facts, client: httpx.AsyncClient) -> None:
        self._known = known
        self._http = client
        self._ca_pem = known.configuration.trust.certificates

    def parts(self) -> list[tuple[str, Awaitable[Checks]]]:
        """All of it, with what it looks at."""
        configuration = self._known.configuration
        return [
            (f"Handover itself, at {settings.PUBLIC_URL}", self._public()),
            ("the mail server", self._mail()),
            *((f"Jira, at {one.base_url}", self._jira(one)) for one in self._known.subjects if one.enabled),
            (f"the model, at {configuration.model.base_url}", self._model()),
            *((f"the forge at {one.base_url}", self._forge(one.base_url)) for one in configuration.forges),
            *((f"the provider at {one.base_url}", self._provider(one.base_url)) for one in configuration.oidc),
        ]

    async def _public(self) -> Checks:
        name = f"{public.REACHABLE}: {settings.PUBLIC_URL}"
        # Every other client is kept from our own address.
        async with http.client(ca_pem=self._ca_pem, timeout=TIME_LIMIT) as client:
            way, checks = await in_time(
                public.checks_of(http=client, ca_pem=self._ca_pem), (Walk(""), [late(Symptom.ARRIVING, name)])
            )
        return [*checks, *certificates.of_chain(way.chain, settings.PUBLIC_URL, now=self._known.now)]

    async def _mail(self) -> Checks:
        looked = mail.checks_of(self._known.configuration.mail, ca_pem=self._ca_pem, now=self._known.now)
        return await in_time(looked, [late(Symptom.OTHERS, mail.MAIL)])

    async def _jira(self, subject: Subject) -> Checks:
        base_url = subject.base_url
        way = await self._way(base_url)
        if not all(check.ok for check in way):
            return way
        slow = Answered((late(Symptom.CONNECTION, f"{answering.ANSWER}: {base_url}"),))
        answered = await in_time(answering.ask(base_url, http=self._http), slow)
        if answered.said is None:
            return [*way, *answered.checks]
        account, hook = await asyncio.gather(self._account(subject), self._webhook(subject))
        return [*way, *answered.checks, *account, *hook]

    async def _account(self, subject: Subject) -> Checks:
        looked = bot.checks_of(subject.connection, subject.token, http=self._http)
        return await in_time(looked, [late(Symptom.SETUP, f"{bot.TOKEN}: {subject.base_url}")])

    async def _webhook(self, subject: Subject) -> Checks:
        ours = subject.seen.counted
        looked = webhook.checks_of(subject.connection, subject.wanted, subject.token, ours=ours, http=self._http)
        return await in_time(looked, [late(Symptom.ARRIVING, f"{webhook.WEBHOOK}: {subject.base_url}")])

    async def _model(self) -> Checks:
        model = self._known.configuration.model
        if not model.name:
            return [elsewhere.no_model()]
        key = self._known.model_key
        return await self._other(model.base_url, lambda: elsewhere.of_model(model, key, http=self._http))

    async def _forge(self, base_url: str) -> Checks:
        return await self._other(base_url, lambda: elsewhere.of_forge(base_url, http=self._http))

    async def _provider(self, base_url: str) -> Checks:
        return await self._other(base_url, lambda: elsewhere.of_provider(base_url, http=self._http))

    async def _other(self, base_url: str, asking: Callable[[], Awaitable[Check]]) -> Checks:
        way = await self._way(base_url)
        if not all(check.ok for check in way):
            return way
        return [*way, await in_time(asking(), late(Symptom.OTHERS, f"Answer: {base_url}"))]

    async def _way(self, base_url: str) -> list[Check]:
        slow = Walk(base_url, [late(Symptom.CONNECTION, f"Connection: {base_url}")])
        way = await in_time(walk(base_url, ca_pem=self._ca_pem, own=network.OWN, now=clock.now()), slow)
        return [*way.checks, *certificates.of_chain(way.chain, base_url, now=self._known.now)]


async def _told(name: str, part: Awaitable[Checks], done: Done) -> Checks:
    found = await part
    done(name)
    return found
