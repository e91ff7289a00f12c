"""Faults that are really there, each found and named by the doctor, with what to do. Without one, all is well.

Faults of what is served over plain HTTP. Those of TLS and of the way to a server are in test_doctor_reaching.py.
"""

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from handover import settings
from handover.configuration.models import Version
from handover.connections.models import Connection
from handover.doctor import checks
from handover.doctor.checks import Check
from handover.lib import clock
from standins.authority import Authority
from tests.doctor.world import SECRET, World, served

HTML = {"content-type": "text/html"}


@dataclass(frozen=True)
class Fault:
    """What is done to the world, which check must find it, and the words that must be in its cause and next step."""

    put_in: Callable[[World], object]
    check: str
    cause: tuple[str, ...]
    next_step: tuple[str, ...]
    alone: bool = True
    """Whether nothing else is out of order because of it."""


def comment(world: World) -> None:
    """Somebody comments; Jira delivers, or tries to, and our door has counted it."""
    world.jira.comment("PAY-1", by=world.people.linked, text="Nothing of note.")
    until = time.monotonic() + 10
    while not world.jira.idle() and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(1.2)  # the door writes its counts down every second


def another_secret(world: World) -> None:
    assert world.hook
    world.hook.configuration["SECRET"] = "another secret"
    comment(world)


def no_secret(world: World) -> None:
    assert world.hook
    world.hook.configuration["SECRET"] = ""
    comment(world)


def breaker(world: World) -> None:
    assert world.hook
    world.hook.url = f"{settings.PUBLIC_URL}{world.connection.events_path}"
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    right, world.hook.url = world.hook.url, f"http://127.0.0.1:{port}/integration"
    for _ in range(3):
        comment(world)
    assert world.hook.breaker.open
    world.hook.url = right


def unknown_address(world: World) -> None:
    assert world.hook
    world.hook.url = f"{settings.PUBLIC_URL}/integration/jira-dc/connections/{'0' * 8}-0000-0000-0000-{'0' * 12}/events"
    comment(world)


def another_base_url(world: World) -> None:
    world.jira.base_url = "http://jira.acme.example/jira"
    world.jira.comment("PAY-1", by=world.people.linked, text="@openhands fix it")
    comment(world)


def state(state: Connection.Webhook) -> Callable[[World], object]:
    return lambda world: Connection.objects.update(webhook_state=state)


def an_expired_ca(world: World) -> None:
    leaf = Authority(Path(settings.DATA), name="Former").identity(ends_in=timedelta(days=-2))
    world.fields["trust"] = {"certificates": world.authority.root_pem + leaf.chain.read_text()}
    world.configure()


def a_ca_that_ends_soon(world: World) -> None:
    leaf = Authority(Path(settings.DATA), name="Ending").identity(ends_in=timedelta(days=3))
    world.fields["trust"] = {"certificates": world.authority.root_pem + leaf.chain.read_text()}
    world.configure()


def old_version(world: World) -> None:
    Version.objects.update(at=clock.now() - timedelta(minutes=5))
    world.told_by(0)


def changed(world: World, group: str, **fields: object) -> None:
    before = world.fields[group]
    world.fields[group] = [{**before[0], **fields}] if isinstance(before, list) else {**before, **fields}
    world.configure()


def hook(**fields: object) -> Callable[[World], object]:
    def change(world: World) -> None:
        for name, value in fields.items():
            setattr(world.hook, name, value)

    return change


def revoked_and_refused(world: World) -> None:
    world.jira.settings.bad_token = "refused"
    world.jira.revoke(world.token)


def sealed_by_another_key(world: World) -> None:
    from handover.lib.secrets import Vault, new_key

    sealed = Vault([new_key()]).seal(SECRET, address=world.base_url)
    Connection.objects.update(sealed_webhook_secret=sealed)


def a_closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


FAULTS = {
    # Connection errors
    "wrong context path": Fault(
        lambda world: world.configure(base_url=world.base_url.replace("/jira", "/tracker")),
        "Answer (HTTP)",
        ("answers 404", "no Jira at this path"),
        ("Jira answers at http://127.0.0.1", "/jira. Use this as the base URL"),
        alone=False,
    ),
    "context path left out": Fault(
        lambda world: world.configure(base_url=world.base_url.removesuffix("/jira")),
        "Answer (HTTP)",
        (),
        ("/jira. Use this as the base URL",),
        alone=False,
    ),
    "address of a page": Fault(
        lambda world: world.configure(base_url=f"{world.base_url}/browse/PAY-1"),
        "Answer (HTTP)",
        (),
        ("/jira. Use this as the base URL",),
        alone=False,
    ),
    "redirect to a login page": Fault(
        lambda world: world.jira.faults.add(
            path="serverInfo", status=302, headers={"location": "https://login.acme.example/saml/sso?back=jira"}
        ),
        "Answer (HTTP)",
        ("A sign-in page stands before Jira", "login.acme.example"),
        ("/rest/", "Bearer"),
    ),
    "login page instead of JSON": Fault(
        lambda world: world.jira.faults.add(
            path="serverInfo", status=200, headers=HTML, body=b"<title>Log in</title><input type=password>"
        ),
        "Answer (HTTP)",
        ("A sign-in page stands before Jira", "Log in"),
        ("/rest/",),
    ),
    "HTML of something else": Fault(
        lambda world: world.jira.faults.add(
            path="serverInfo", status=200, headers=HTML, body=b"<title>Intranet</title>Welcome"
        ),
        "Answer (HTTP)",
        ("answers with a page", "Intranet"),
        ("context path",),
    ),
    "503": Fault(
        lambda world: world.jira.faults.add(path="serverInfo", status=503),
        "Answer (HTTP)",
        ("answers 503",),
        ("Wait until Jira has started",),
    ),
    "a proxy wants credentials": Fault(
        lambda world: world.jira.faults.add(path="serverInfo", status=401),
        "Answer (HTTP)",
        ("asks for credentials", "401"),
        ("/rest/",),
    ),
    "moved": Fault(
        lambda world: world.jira.faults.add(
            path="serverInfo",
            status=301,
            headers={"location": "https://jira.acme.example/rest/api/2/serverInfo"},
        ),
        "Answer (HTTP)",
        ("redirects to https://jira.acme.example",),
        ("Use https://jira.acme.example as the base URL",),
    ),
    "Jira is cut off": Fault(
        lambda world: world.jira.faults.add(path="serverInfo", lose=True),
        "Answer (HTTP)",
        ("breaks the connection off",),
        ("log",),
    ),
    "Jira has another base URL": Fault(
        another_base_url,
        "Jira's own base URL",
        ("Jira calls itself http://jira.acme.example/jira",),
        ("General configuration",),
        alone=False,
    ),
    "clocks are apart": Fault(
        lambda world: setattr(world.jira, "clock", lambda: time.time() + 600),
        "Clocks",
        ("10 minutes ahead of ours",),
        ("NTP",),
    ),
    # Card
    "integration disabled": Fault(
        lambda world: world.configure(enabled=False),
        "Integration enabled",
        ("switched off",),
        ("Switch it on",),
    ),
    "a process has an old configuration": Fault(
        old_version, "Configuration taken up", ("17 on handover-1", "version 0"), ("start them anew",)
    ),
    "no process": Fault(
        lambda world: world.told_by_nobody(), "Configuration taken up", ("No process",), ("handover serve",)
    ),
    # OAuth
    "OAuth callback without https": Fault(
        lambda world: setattr(settings, "PUBLIC_URL", "http://handover.invalid:8080"),
        "OAuth callback",
        ("http://handover.invalid:8080/integration/jira-dc/callback", "without https"),
        ("HANDOVER_PUBLIC_URL",),
        alone=False,
    ),
    # Set-up
    "token revoked, refused": Fault(
        revoked_and_refused,
        "Service account's token:",
        ("401", "revoked or has ended"),
        ("Personal Access Tokens",),
    ),
    "token revoked, served anonymously": Fault(
        lambda world: world.jira.revoke(world.token),
        "Service account's token:",
        ("revoked or has ended",),
        ("Personal Access Tokens",),
    ),
    "token of another person": Fault(
        lambda world: world.configure(pat=world.jira.token_for(world.people.administrator, days=90)),
        "Service account's address",
        ("belongs to Ada Adler (ada, ada.adler@acme.example)", "openhands-bot@acme.example"),
        ("a token of the service account",),
    ),
    "token ends soon": Fault(
        lambda world: world.configure(pat=world.jira.token_for(world.bot, days=5)),
        "Service account's token ends",
        ("in 4 days",),
        ("Personal Access Tokens",),
    ),
    "token ends tomorrow": Fault(
        lambda world: world.configure(pat=world.jira.token_for(world.bot, days=2)),
        "Service account's token ends",
        ("in 1 day.",),
        ("Personal Access Tokens",),
    ),
    "secrets sealed by another key": Fault(
        sealed_by_another_key, "Stored secrets", ("sealed with a key that is not set here",), ("HANDOVER_SECRET_KEYS",)
    ),
    # Deliveries do not arrive
    "webhook missing": Fault(
        lambda world: world.jira.hooks.remove(world.jira.hooks.all()[0]),
        "Webhook:",
        ("no webhook that delivers to",),
        ("Install it automatically",),
    ),
    "webhook switched off": Fault(
        hook(active=False), "Webhook:", ("switched off in Jira",), ("install it automatically",)
    ),
    "webhook with an old host": Fault(
        lambda world: hook(url=f"http://former.acme.example{world.connection.events_path}")(world),
        "Webhook:",
        ("delivers to http://former.acme.example",),
        ("install it automatically",),
    ),
    "webhook without an event": Fault(
        hook(events=["comment_created", "jira:issue_created"]),
        "Webhook:",
        ("jira:issue_updated",),
        ("install it automatically",),
    ),
    "webhook without bodies": Fault(
        hook(configuration={"SECRET": SECRET, "EXCLUDE_BODY": "true"}),
        "Webhook:",
        ("leaves out the body",),
        ("install it automatically",),
    ),
    "two webhooks": Fault(
        lambda world: world.jira.register_webhook(f"{settings.PUBLIC_URL}{world.connection.events_path}", SECRET),
        "One webhook only",
        ("Each delivers everything once more",),
        ("Delete all but one",),
    ),
    "breaker open": Fault(
        breaker, "Jira's own statistics", ("circuit breaker", "ConnectError"), ("Jira's machine does not reach",)
    ),
    "public URL leads nowhere": Fault(
        lambda world: setattr(settings, "PUBLIC_URL", a_closed_port()),
        "Public URL:",
        ("refuses connections",),
        ("Start Handover",),
        alone=False,
    ),
    "something else at the public URL": Fault(
        lambda world: setattr(settings, "PUBLIC_URL", world.base_url.removesuffix("/jira")),
        "Public URL:",
        ("Something else than this Handover",),
        ("without a sign-in of its own",),
        alone=False,
    ),
    # Deliveries return 403
    "another secret": Fault(
        another_secret, "Signatures", ("signature made with another secret",), ("Copy the secret",), alone=False
    ),
    "no secret": Fault(no_secret, "Signatures", ("no signature",), ("Enter the secret",), alone=False),
    "unknown address": Fault(
        unknown_address,
        "Addresses that are delivered to",
        ("no connection's",),
        ("to the letter",),
        alone=False,
    ),
    # Nothing starts
    "paused": Fault(state(Connection.Webhook.PAUSED), "Connection active", ("paused",), ("Resume it",)),
    "not active yet": Fault(
        state(Connection.Webhook.PREPARED), "Connection active", ("not active yet",), ("I created the webhook",)
    ),
    "deliveries of another Jira": Fault(
        another_base_url, "Deliveries of this Jira", ("another base URL",), ("the same",), alone=False
    ),
    # The rest
    "model refuses the key": Fault(
        lambda world: setattr(world.model, "key", "another"), "Model:", ("refuses the key (401)",), ("Enter a key",)
    ),
    "model is not there": Fault(
        lambda world: changed(world, "model", base_url=a_closed_port(), key="x"),
        "Connection (TCP)",
        ("refuses connections",),
        ("is running",),
    ),
    "no such model": Fault(
        lambda world: changed(world, "model", name="openai/gpt-99"), "Model:", ("no model gpt-99",), ("Name one",)
    ),
    "forge is not there": Fault(
        lambda world: changed(world, "forges", base_url=a_closed_port()),
        "Connection (TCP)",
        ("refuses connections",),
        ("is running",),
    ),
    "forge fails": Fault(
        lambda world: world.forge.faults.add(status=502), "Forge:", ("answers 502",), ("its administrator",)
    ),
    "forge is none": Fault(
        lambda world: world.forge.faults.add(status=200, headers=HTML, body=b"Welcome"),
        "Forge:",
        ("not as a GitHub does",),
        ("Console › Forges",),
    ),
    "provider describes nothing": Fault(
        lambda world: world.provider.faults.add(status=404), "OpenID Connect", ("answers 404",), ("issuer",)
    ),
    "provider has another name": Fault(
        lambda world: setattr(world.provider, "issuer", "https://login.acme.example"),
        "OpenID Connect",
        ("calls itself https://login.acme.example",),
        ("issuer",),
    ),
    "mail server is not there": Fault(
        lambda world: changed(world, "mail", port=int(a_closed_port().rpartition(":")[2])),
        "Mail server",
        ("does not answer",),
        ("Console › Mail",),
    ),
    "mail server without STARTTLS": Fault(
        lambda world: changed(world, "mail", security="starttls"),
        "Mail server",
        ("does not offer",),
        ("Console › Mail",),
    ),
    # Certificates
    "an uploaded CA has expired": Fault(
        an_expired_ca, "Uploaded CA certificates", ("expired on",), ("Upload its successor",)
    ),
    "an uploaded CA ends soon": Fault(
        a_ca_that_ends_soon, "Uploaded CA certificates", ("ends on",), ("Upload its successor",)
    ),
}


@pytest.fixture
def world(django_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(settings, "PUBLIC_URL", settings.PUBLIC_URL)
    with served(World(tmp_path), monkeypatch) as world:
        yield world


def named(given: list[Check], name: str) -> Check:
    found = [check for check in given if check.name.startswith(name)]
    assert found, f"No check {name} among {[check.name for check in given]}"
    return found[0]


def test_without_a_fault_all_is_well(world: World) -> None:
    comment(world)
    assert world.wrong() == []


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_and_named(world: World, name: str) -> None:
    fault = FAULTS[name]
    fault.put_in(world)
    wrong = world.wrong()
    found = named(wrong, fault.check)
    for words in fault.cause:
        assert words in found.cause
    for words in fault.next_step:
        assert words in found.next_step
    assert not fault.alone or wrong == [found]


def test_every_check_that_fails_says_what_to_do(world: World) -> None:
    for name in ("two webhooks", "paused", "token revoked, refused", "model refuses the key"):
        FAULTS[name].put_in(world)
    for check in world.wrong():
        assert check.cause.endswith((".", ")")), check
        assert check.next_step.endswith("."), check


@pytest.mark.parametrize("administrator", [True, False])
def test_whose_token_installs_the_webhook_is_said(world: World, administrator: bool) -> None:
    world.jira.change_user(world.bot, administrator=administrator)
    assert world.wrong() == []
    found = world.named("Whose token installs the webhook").found
    if administrator:
        assert "its own token can install the webhook" in found
    else:
        assert "is no Jira administrator, and need not be one: its token cannot install the webhook" in found
        assert "Paste a Jira administrator's at Settings › Integrations › Jira Data Center" in found


def test_what_does_not_answer_is_not_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "SECONDS", 0.5)
    world.jira.faults.add(path="serverInfo", hold=True)
    world.provider.faults.add(seconds=5)
    begun = time.monotonic()
    wrong = world.wrong()
    world.jira.faults.release()
    assert time.monotonic() - begun < 3
    assert [check.name.partition(":")[0] for check in wrong] == ["Answer (HTTP)", "Answer"]
    assert all("did not end within" in check.cause for check in wrong)
