"""A process of Handover that reads PAY-1 as a member: `python -m tests.unit.read_as_the_member LINK READERS`."""

import asyncio
import sys

import django

import handover  # noqa: F401  puts the bundled SQLite in place first

django.setup()

from handover.configuration import store  # noqa: E402
from handover.members.link_tokens import as_member_in_jira  # noqa: E402
from handover.members.models import JiraLink  # noqa: E402


async def _read(link: JiraLink, readers: int) -> None:
    issues = await asyncio.gather(*(as_member_in_jira(link, lambda jira: jira.issue("PAY-1")) for _ in range(readers)))
    print(len([issue for issue in issues if issue.key == "PAY-1"]))


if __name__ == "__main__":
    store.refresh()
    asyncio.run(_read(JiraLink.objects.select_related("connection").get(pk=sys.argv[1]), int(sys.argv[2])))
