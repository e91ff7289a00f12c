"""The calls of Jira's REST v2 that Handover makes. Retries are the caller's: the errors say whether they may help.

https://docs.atlassian.com/software/jira/docs/api/REST/9.12.0/
"""

from collections.abc import Mapping
from typing import TypeVar

import httpx
import msgspec

from handover.jira import records
from handover.jira.bodies import (
    AccountBody,
    CommentBody,
    CommentPage,
    IssueBody,
    PermissionsBody,
    ServerInfoBody,
    TokenBody,
    UserBody,
)
from handover.jira.errors import (
    JiraAnonymous,
    JiraError,
    JiraMissing,
    JiraRefused,
    JiraUnavailable,
    JiraUnreadable,
)
from handover.jira.exchange import Exchange, segment
from handover.jira.lenient import NotJson, decoded, decoded_list, parsed_object
from handover.jira.records import (
    Absent,
    Comment,
    Identity,
    Issue,
    LabelAdded,
    PersonalToken,
    ServerInfo,
    User,
    Visibility,
)

__all__ = [
    "Absent",
    "Comment",
    "Identity",
    "Issue",
    "Jira",
    "JiraAnonymous",
    "JiraError",
    "JiraMissing",
    "JiraRefused",
    "JiraUnavailable",
    "JiraUnreadable",
    "LabelAdded",
    "PersonalToken",
    "ServerInfo",
    "User",
    "Visibility",
]

API = "/rest/api/2"
PAGE = 100
# A longer thread says nothing more that an agent could keep in mind.
MOST_PAGES = 10

S = TypeVar("S", bound=msgspec.Struct)


class Jira:
    """A Jira Data Center as one token sees it. Every method raises JiraError."""

    def __init__(self, base_url: str, token: str, *, http: httpx.AsyncClient) -> None:
        self._exchange = Exchange(base_url, token, http)

    async def server_info(self) -> ServerInfo:
        """Jira's version and base URL."""
        return records.server_info(await self._get("/serverInfo", ServerInfoBody))

    async def myself(self) -> User:
        """Whose token it is."""
        return (await self.identity()).user

    async def identity(self) -> Identity:
        """Whose token it is, by the answer and by its header. Raises JiraAnonymous where the token is nobody's."""
        answer = await self._exchange.ask("GET", f"{API}/myself")
        return Identity(records.known_user(_read(answer.content, UserBody)), answer.signed_in_as)

    async def user(self, name: str) -> User:
        """The user of this name."""
        return records.known_user(await self._get("/user", UserBody, {"username": name}))

    async def search_users(self, text: str) -> list[User]:
        """The active users whose name or address begins so, where Jira lets the caller search addresses."""
        query: dict[str, str | int] = {"username": text, "maxResults": PAGE}
        found = [records.user(body) for body in await self._list(f"{API}/user/search", UserBody, query)]
        return [user for user in found if user.key and user.active]

    async def groups_of(self, user_name: str) -> frozenset[str]:
        """The names of the groups that the user is in."""
        query = {"username": user_name, "expand": "groups"}
        return records.groups(await self._get("/user", AccountBody, query))

    async def permissions(self, *names: str) -> frozenset[str]:
        """Which of these permissions the caller has, such as ADMINISTER."""
        return records.held(await self._get("/mypermissions", PermissionsBody), names)

    async def own_tokens(self) -> list[PersonalToken]:
        """The caller's personal access tokens. JiraMissing where this Jira has none, or has them switched off."""
        bodies = await self._list("/rest/pat/latest/tokens", TokenBody)
        return [records.personal_token(body) for body in bodies]

    async def issue(self, id_or_key: str) -> Issue:
        """The issue; for the old key of a moved one, it has the new key."""
        query = {"fields": "summary,description,labels,project,issuetype"}
        return records.issue(await self._get(f"/issue/{segment(id_or_key)}", IssueBody, query))

    async def comment(self, issue_id: str, comment_id: str) -> Comment:
        """One comment."""
        return records.comment(await self._get(_comment(issue_id, comment_id), CommentBody))

    async def comments(self, issue_id: str) -> list[Comment]:
        """The comments, newest first; of a thread longer than a thousand, a thousand."""
        found: list[Comment] = []
        for _ in range(MOST_PAGES):
            query: dict[str, str | int] = {"startAt": len(found), "maxResults": PAGE, "orderBy": "-created"}
            page = await self._get(f"/issue/{segment(issue_id)}/comment", CommentPage, query)
            found += [records.comment(body) for body in page.comments]
            if not page.comments or len(found) >= (page.total or 0):
                break
        # Jira 8 answers all of them at once, oldest first.
        return sorted(found, key=lambda comment: (comment.created, int(comment.id)), reverse=True)

    async def add_comment(
        self,
        issue_id: str,
        text: str,
        *,
        visible_to: Visibility | None = None,
        properties: Mapping[str, object] | None = None,
    ) -> Comment:
        """Comment on the issue, with properties that people do not see."""
        body = _written(text, visible_to)
        if properties:
            body["properties"] = [{"key": key, "value": value} for key, value in properties.items()]
        answer = await self._exchange.send("POST", f"{API}/issue/{segment(issue_id)}/comment", body=body)
        return records.comment(_read(answer, CommentBody))

    async def edit_comment(
        self, issue_id: str, comment_id: str, text: str, *, visible_to: Visibility | None = None
    ) -> Comment:
        """Put another text in the comment's place. Without `visible_to` it becomes visible to all who see the issue."""
        body = _written(text, visible_to)
        answer = await self._exchange.send("PUT", f"{API}{_comment(issue_id, comment_id)}", body=body)
        return records.comment(_read(answer, CommentBody))

    async def delete_comment(self, issue_id: str, comment_id: str) -> None:
        """Delete the comment. JiraMissing where it is gone."""
        await self._exchange.send("DELETE", f"{API}{_comment(issue_id, comment_id)}")

    async def comment_property(self, comment_id: str, key: str) -> object | Absent:
        """The property's value, any JSON."""
        try:
            path = f"{API}/comment/{segment(comment_id)}/properties/{segment(key)}"
            return _parsed(await self._exchange.send("GET", path)).get("value")
        except JiraMissing:
            return Absent()

    async def react(self, comment_id: str, emoji: str) -> bool:
        """Add a reaction, a code point such as 1f44d. False where this Jira, or its palette, has none.

        The call is internal to Jira and in no document: only what may pass by itself is worth another try.
        """
        body = {"commentId": int(comment_id), "emojiId": emoji}
        try:
            await self._exchange.send("POST", "/rest/internal/2/reactions", body=body)
        except (JiraRefused, JiraUnreadable):
            return False
        except JiraUnavailable as error:
            if error.status in (500, 501):
                return False
            raise
        return True

    async def link(self, issue_id: str, *, global_id: str, url: str, title: str, summary: str, resolved: bool) -> None:
        """Link the issue to an address; a link with the same `global_id` is renewed."""
        shown = {"url": url, "title": title, "summary": summary, "status": {"resolved": resolved}}
        body = {"globalId": global_id, "application": {"type": "handover", "name": "Handover"}, "object": shown}
        await self._exchange.send("POST", f"{API}/issue/{segment(issue_id)}/remotelink", body=body)

    async def label_added(self, issue_id: str, label: str) -> LabelAdded | None:
        """Who gave the issue the label that it has now; None where it has none."""
        query = {"fields": "labels,creator,reporter", "expand": "changelog"}
        return records.label_added(await self._get(f"/issue/{segment(issue_id)}", IssueBody, query), label)

    async def _get(self, path: str, into: type[S], query: Mapping[str, str | int] | None = None) -> S:
        return _read(await self._exchange.send("GET", f"{API}{path}", query=query), into)

    async def _list(self, path: str, into: type[S], query: Mapping[str, str | int] | None = None) -> list[S]:
        answer = await self._exchange.send("GET", path, query=query)
        try:
            return decoded_list(answer, into)
        except NotJson as error:
            raise JiraUnreadable(f"Jira's answer cannot be read: {error}") from error


def _comment(issue_id: str, comment_id: str) -> str:
    return f"/issue/{segment(issue_id)}/comment/{segment(comment_id)}"


def _written(text: str, visible_to: Visibility | None) -> dict[str, object]:
    if visible_to is None:
        return {"body": text}
    return {"body": text, "visibility": {"type": visible_to.type, "value": visible_to.value}}


def _read(answer: bytes, into: type[S]) -> S:
    try:
        return decoded(answer, into)
    except NotJson as error:
        raise JiraUnreadable(f"Jira's answer cannot be read: {error}") from error


def _parsed(answer: bytes) -> dict[str, object]:
    try:
        return parsed_object(answer)
    except NotJson as error:
        raise JiraUnreadable(f"Jira's answer cannot be read: {error}") from error
