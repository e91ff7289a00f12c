"""Signed deliveries of a realistic size for the door's bench: a comment with its issue, 9.4 KB."""

import hashlib
import hmac
import json

JIRA = "https://jira.acme.example/jira"
SIZE = 9_400
CHATTER = (
    "I had a look at the totals of last month: for orders with a voucher the tax is taken from the sum before the "
    "discount, so it comes out too high. The export for März shows it in three places, the invoice in one. "
    "Ask kai@acme.example for the sheet.\r\n\r\n{code:python}\ntotal = sum(line.price for line in lines)\n{code}\r\n"
    'Does anyone know since when? The customer writes "since the update", which was in week 38.'
)
REQUEST = f"@openhands please correct the order of tax and discount.\r\n\r\n{CHATTER}"


def dropped(secret: str, number: int) -> tuple[bytes, str]:
    """A delivery that asks for nothing, and its signature."""
    return _signed(secret, _body(CHATTER, number))


def journaled(secret: str, number: int) -> tuple[bytes, str]:
    """A delivery that mentions the bot, and its signature."""
    return _signed(secret, _body(REQUEST, number))


def _signed(secret: str, body: bytes) -> tuple[bytes, str]:
    return body, "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _body(text: str, number: int) -> bytes:
    lina, uwe = _user("lina", "JIRAUSER10101", "Lina Linde"), _user("uwe", "JIRAUSER10102", "Uwe Ungar")
    comment = {
        "self": f"{JIRA}/rest/api/2/issue/10001/comment/{20_000 + number}",
        "id": str(20_000 + number),
        "author": lina,
        "body": text,
        "updateAuthor": lina,
        "created": "2026-09-21T10:15:17.234+0000",
        "updated": "2026-09-21T10:15:17.234+0000",
    }
    event = {
        "timestamp": 1_790_000_000_000 + number,
        "webhookEvent": "comment_created",
        "comment": comment,
        "issue": {
            "id": "10001",
            "self": f"{JIRA}/rest/api/2/issue/10001",
            "key": "PAY-1",
            "fields": _fields(lina, uwe),
        },
    }
    fields = event["issue"]["fields"]  # type: ignore[index]
    missing = SIZE - len(_encoded(event))
    fields["description"] += "Steps, as the customer writes them, one to a line. " * (missing // 51)
    return _encoded(event)


def _encoded(event: dict[str, object]) -> bytes:
    # Any character may come escaped: whoever looks for raw bytes finds no mention here.
    return json.dumps(event, separators=(",", ":")).replace("@", "\\u0040").encode()


def _fields(reporter: dict[str, object], assignee: dict[str, object]) -> dict[str, object]:
    icon = f"{JIRA}/secure/viewavatar?size=xsmall&avatarType=issuetype&avatarId=10303"
    return {
        "summary": "Tax is wrong for orders with a voucher",
        "description": "The tax of an order with a voucher is too high.\r\n",
        "issuetype": {"self": f"{JIRA}/rest/api/2/issuetype/10004", "id": "10004", "iconUrl": icon, "name": "Bug"},
        "project": {"self": f"{JIRA}/rest/api/2/project/10000", "id": "10000", "key": "PAY", "name": "Payments"},
        "priority": {"self": f"{JIRA}/rest/api/2/priority/3", "iconUrl": f"{JIRA}/images/medium.svg", "id": "3"},
        "status": {
            "self": f"{JIRA}/rest/api/2/status/10100",
            "name": "To Do",
            "statusCategory": {"id": 2, "key": "new"},
        },
        "labels": ["invoices", "voucher"],
        "reporter": reporter,
        "creator": reporter,
        "assignee": assignee,
        "components": [{"self": f"{JIRA}/rest/api/2/component/{number}", "name": "checkout"} for number in (1, 2)],
        "created": "2026-09-18T08:02:11.000+0000",
        "updated": "2026-09-21T10:15:17.000+0000",
        "watches": {"self": f"{JIRA}/rest/api/2/issue/PAY-1/watchers", "watchCount": 3, "isWatching": False},
        **{f"customfield_{10_000 + number}": None for number in range(60)},
        "customfield_10100": "com.atlassian.greenhopper.service.sprint.Sprint@5cb3[id=7,state=ACTIVE,name=Sprint 7]",
        "customfield_10101": {"self": f"{JIRA}/rest/api/2/customFieldOption/10201", "value": "Customer", "id": "10201"},
    }


def _user(name: str, key: str, display_name: str) -> dict[str, object]:
    sizes = ("48x48", "24x24", "16x16", "32x32")
    return {
        "self": f"{JIRA}/rest/api/2/user?username={name}",
        "name": name,
        "key": key,
        "emailAddress": f"{name}@acme.example",
        "avatarUrls": {size: f"{JIRA}/secure/useravatar?ownerId={key}&size={size}&avatarId=10337" for size in sizes},
        "displayName": display_name,
        "active": True,
        "timeZone": "Europe/Berlin",
    }
