"""The webhooks of a Jira 10 or later, as an administrator's token may manage them.

https://developer.atlassian.com/server/jira/platform/webhooks/
"""

from collections.abc import Mapping
from typing import TypeVar

import httpx
import msgspec

from handover.jira import webhook_bodies as bodies
from handover.jira.errors import JiraMissing, JiraUnreadable
from handover.jira.exchange import Exchange, segment
from handover.jira.lenient import NotJson, decoded, decoded_list
from handover.jira.webhook_bodies import StatisticsBody, WebhookBody
from handover.jira.webhook_records import EVENTS, Attempt, Registered, Statistics, Wanted

__all__ = ["EVENTS", "Attempt", "NoSuchApi", "Registered", "Statistics", "Wanted", "Webhooks"]

API = "/rest/jira-webhook/1.0/webhooks"
PAGE = 100
# Nobody has 5,000 webhooks; a list that does not end is no list.
MOST_PAGES = 50

S = TypeVar("S", bound=msgspec.Struct)


class NoSuchApi(JiraMissing):
    """This Jira has no such API: it is older than 10, or something before it keeps the path back."""


class Webhooks:
    """The webhooks of one Jira. Every method raises JiraError; the token must be a Jira administrator's.

    What is written may be answered with anything, so it is read back by `read`.
    """

    def __init__(self, base_url: str, token: str, *, http: httpx.AsyncClient) -> None:
        self._exchange = Exchange(base_url, token, http)

    async def listed(self) -> list[Registered]:
        """All webhooks. Raises NoSuchApi."""
        found: dict[str, Registered] = {}
        start = 0
        for _ in range(MOST_PAGES):
            page = await self._page(start)
            fresh = {hook.id: hook for hook in page if hook.id not in found}
            if not fresh:
                # The end, or a Jira that heeds no `start` and lists the same once more.
                return list(found.values())
            found |= fresh
            # A page may be shorter than was asked for and yet not be the last.
            start += len(page)
        raise JiraUnreadable(f"The list of webhooks does not end: {len(found)} were read.")

    async def create(self, wanted: Wanted) -> str:
        """Register a webhook; its id, or "" where the answer does not name it."""
        answer = await self._exchange.send("POST", API, body=bodies.written(wanted, hook_id=None))
        return _id_in(answer)

    async def update(self, hook_id: str, wanted: Wanted) -> None:
        """Put all of `wanted` in the place of what the webhook was."""
        body = bodies.written(wanted, hook_id=hook_id)
        await self._exchange.send("PUT", f"{API}/{segment(hook_id)}", body=body)

    async def read(self, hook_id: str) -> Registered:
        """The webhook as Jira keeps it."""
        return bodies.registered(_read(await self._get(f"/{segment(hook_id)}"), WebhookBody))

    async def statistics(self, hook_id: str) -> Statistics:
        """How Jira's deliveries went, by its own count."""
        return bodies.statistics(_read(await self._get(f"/{segment(hook_id)}/statistics"), StatisticsBody))

    async def _page(self, start: int) -> list[Registered]:
        try:
            answer = await self._get("", {"start": start, "limit": PAGE})
        except JiraMissing as error:
            raise NoSuchApi(str(error), status=error.status) from error
        try:
            return [bodies.registered(body) for body in decoded_list(answer, WebhookBody)]
        except NotJson as error:
            raise JiraUnreadable(f"Jira's list of webhooks cannot be read: {error}") from error

    async def _get(self, path: str, query: Mapping[str, str | int] | None = None) -> bytes:
        return await self._exchange.send("GET", f"{API}{path}", query=query)


def _id_in(answer: bytes) -> str:
    try:
        return bodies.id_in(decoded(answer, WebhookBody)) if answer else ""
    except NotJson:
        return ""


def _read(answer: bytes, into: type[S]) -> S:
    try:
        return decoded(answer, into)
    except NotJson as error:
        raise JiraUnreadable(f"Jira's answer about a webhook cannot be read: {error}") from error
