"""A Handover of its own, that tells whether any of its live objects holds a text: run as a process by a test.

Standard input: a line of JSON with what it is to be, then one line for each text that is looked for, spelled backwards
so that reading the line does not hold it. It answers each with a line of JSON.
"""

import gc
import json
import logging
import os
import sys
from typing import Any

# What proves that a text which is held is found.
KEPT = {"an attribute": "canary-" + "held"}


def main() -> None:
    """Set up, serve, and answer until the input ends."""
    plan = json.loads(sys.stdin.readline())
    os.environ["DJANGO_SETTINGS_MODULE"] = "handover.settings"
    logging.basicConfig(level=logging.DEBUG, filename=plan["log"])
    import django

    django.setup()
    from django.core.asgi import get_asgi_application

    from standins.serving import Served

    ready = _set_up(plan)
    with Served(get_asgi_application()) as served:
        print(json.dumps({**ready, "url": served.url}), flush=True)
        for line in sys.stdin:
            print(json.dumps(holders(line.strip())), flush=True)


def _set_up(plan: dict[str, Any]) -> dict[str, Any]:
    from django.core.management import call_command
    from django.test import Client

    from handover.connections import install
    from handover.connections.models import configured
    from handover.members.models import Member
    from tests.configured import add_jira

    call_command("migrate", verbosity=0)
    add_jira(plan["base_url"], pat=plan["bot_token"])
    [connection] = configured()
    client = Client()
    client.force_login(Member.objects.create_user("ada", password=None, is_superuser=True))
    if plan["broken"]:

        def ours(*_: object) -> None:
            raise RuntimeError("a fault of ours")

        vars(install)["ours"] = ours
    return {"connection": str(connection.id), "cookies": {name: one.value for name, one in client.cookies.items()}}


def holders(backwards: str) -> list[str]:
    """What holds the text, by type."""
    gc.collect()
    needle = backwards[::-1]
    raw = needle.encode()
    found: list[str] = []
    left: list[object] = list(gc.get_objects())
    seen = {id(one) for one in left} | {id(one) for one in (left, found, needle, raw)}
    while left:
        container = left.pop()
        # Not all are tracked: a dict of texts is found by what refers to it.
        for value in gc.get_referents(container):
            if id(value) in seen:
                continue
            seen.add(id(value))
            if (isinstance(value, str) and needle in value) or (isinstance(value, bytes | bytearray) and raw in value):
                found.append(f"{type(container).__name__}: {type(value).__name__}")
            left.append(value)
    return found


if __name__ == "__main__":
    main()
