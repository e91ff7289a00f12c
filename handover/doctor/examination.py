"""Everything that the doctor looks at, at once, each within its time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass

import httpx
from asgiref.sync import sync_to_async
from django.db import DatabaseError

from handover import settings
from handover.configuration import network
from handover.doctor import (
    answering,
    application,
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
    starting,
    webhook,
)
from handover.doctor.answering import Answered
from handover.doctor.checks import Check, Symptom, in_time, late, whole
from handover.doctor.facts import Facts, Subject
from handover.doctor.reaching import Walk, walk
from handover.lib import clock, http
from handover.lib.environment import BadSetting

TIME_LIMIT = httpx.Timeout(10.0, connect=5.0)
Done = Callable[[str], None]
Checks = Sequence[Check]


@dataclass(frozen=True)
class Part:
    """What is looked at by itself: where it fails, the others are told all the same."""

    name: str
    symptom: Symptom
    work: Awaitable[Checks]


async def examine(*, done: Done = lambda _: None) -> list[Check]:
    """Every check, in the order of the symptoms. `done` is told of each part as it is over."""
    try:
        known = await sync_to_async(facts.read)()
    except (BadSetting, DatabaseError) as error:
        return [starting.failed(error)]
    found = await asyncio.gather(*(_looked(part, done) for part in Look(known).parts()))
    order = list(Symptom)
    return sorted((check for checks in found for check in checks), key=lambda check: order.index(check.symptom))


async def _looked(part: Part, done: Done) -> Checks:
    found = await whole(part.work, part.symptom, part.name)
    done(part.name)
    return found


class Look:
    """All that is looked at, by what is known."""

    def __init__(self, known: Facts) -> None:
        self._known = known
        self._ca_pem = known.configuration.trust.certificates

    def parts(self) -> Iterator[Part]:
        """All of it."""
        configuration = self._known.configuration
        yield Part("the configuration", Symptom.CARD, self._configuration())
        yield Part(f"Handover itself, at {settings.PUBLIC_URL}", Symptom.ARRIVING, self._public())
        yield Part("the mail server", Symptom.OTHERS, self._mail())
        for one in (subject for subject in self._known.subjects if subject.enabled):
            yield Part(f"what came from {one.base_url}", Symptom.NOTHING, self._at_rest(one))
            yield Part(f"Jira, at {one.base_url}", Symptom.CONNECTION, self._jira(one))
        yield Part(f"the model, at {configuration.model.base_url}", Symptom.OTHERS, self._model())
        for forge in configuration.forges:
            yield Part(f"the forge at {forge.base_url}", Symptom.OTHERS, self._forge(forge.base_url))
        for provider in configuration.oidc:
            yield Part(f"the provider at {provider.base_url}", Symptom.OTHERS, self._provider(provider.base_url))

    async def _configuration(self) -> Checks:
        known, configuration = self._known, self._known.configuration
        taken_up = card.of_processes(
            known.processes, version=configuration.number, saved_at=known.saved_at, now=known.now
        )
        uploaded = certificates.of_uploaded(configuration.trust.certificates, now=known.now)
        return [*known.secrets, *card.of_hosts(configuration.jira), taken_up, *uploaded, known.strangers]

    async def _at_rest(self, subject: Subject) -> Checks:
        """What needs no network."""
        return [
            *oauth.of_host(subject.connection.host, public_url=settings.PUBLIC_URL),
            standing.of_connection(subject.connection),
            public.for_jira(subject.base_url),
            *refusals.of_connection(subject.seen, subject.base_url, now=self._known.now),
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
        arrived, way = await self._way(base_url)
        if not arrived:
            return way
        slow = Answered((late(Symptom.CONNECTION, f"{answering.ANSWER}: {base_url}"),))
        async with network.client(timeout=TIME_LIMIT) as client:
            answered = await in_time(answering.ask(base_url, http=client), slow)
            if answered.said is None:
                return [*way, *answered.checks]
            asked = await asyncio.gather(*(_asked(part) for part in _of_jira(subject, client)))
        return [*way, *answered.checks, *(check for checks in asked for check in checks)]

    async def _model(self) -> Checks:
        model, key = self._known.configuration.model, self._known.model_key
        if not model.name:
            return [elsewhere.no_model()]
        if key is None:
            # Without its key the model would tell of a fault that is none of its own.
            return (await self._way(model.base_url))[1]
        return await self._other(model.base_url, lambda client: elsewhere.of_model(model, key, http=client))

    async def _forge(self, base_url: str) -> Checks:
        return await self._other(base_url, lambda client: elsewhere.of_forge(base_url, http=client))

    async def _provider(self, base_url: str) -> Checks:
        return await self._other(base_url, lambda client: elsewhere.of_provider(base_url, http=client))

    async def _other(self, base_url: str, asking: Callable[[httpx.AsyncClient], Awaitable[Check]]) -> Checks:
        arrived, way = await self._way(base_url)
        if not arrived:
            return way
        async with network.client(timeout=TIME_LIMIT) as client:
            return [*way, await in_time(asking(client), late(Symptom.OTHERS, f"Answer: {base_url}"))]

    async def _way(self, base_url: str) -> tuple[bool, list[Check]]:
        """Whether a request can be made, and the checks: a certificate that ends soon holds nothing up."""
        slow = Walk(base_url, [late(Symptom.CONNECTION, f"Connection: {base_url}")])
        way = await in_time(walk(base_url, ca_pem=self._ca_pem, own=network.OWN, now=clock.now()), slow)
        return way.arrived, [*way.checks, *certificates.of_chain(way.chain, base_url, now=self._known.now)]


def _of_jira(subject: Subject, client: httpx.AsyncClient) -> Iterator[Part]:
    """What a Jira that answers is asked."""
    connection, base_url, ours = subject.connection, subject.base_url, subject.seen.counted
    account = bot.checks_of(connection, subject.token, http=client)
    yield Part(f"{bot.TOKEN}: {base_url}", Symptom.SETUP, account)
    hook = webhook.checks_of(connection, subject.wanted, subject.token, ours=ours, http=client)
    yield Part(f"{webhook.WEBHOOK}: {base_url}", Symptom.ARRIVING, hook)
    yield Part(f"{application.CLIENT}: {base_url}", Symptom.OAUTH, application.checks_of(connection, http=client))


async def _asked(part: Part) -> Checks:
    return await in_time(whole(part.work, part.symptom, part.name), [late(part.symptom, part.name)])
