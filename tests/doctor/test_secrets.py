"""Every stored secret is looked at: which one cannot be opened, and whose it is to mend."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator

from handover.configuration import store
from handover.configuration.models import Version
from handover.configuration.vault import vault
from handover.connections.models import Connection
from handover.doctor.checks import Check, Symptom
from handover.lib import clock
from handover.lib.secrets import Vault, new_key
from handover.members.models import ForgeAccount, JiraLink, Member
from handover.members.second_factor import HERE
from tests.doctor.world import World, served

LOST_KEY = Vault([new_key()])


@pytest.fixture
def world(django_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with served(World(tmp_path), monkeypatch) as world:
        world.fields["mail"] |= {"password": "a mail password"}
        world.fields["forges"][0] |= {"client_id": "forge-client", "client_secret": "a-forge-secret"}
        world.configure()
        yield world


def closed(group: str, name: str) -> Callable[[World], object]:
    """Seal a secret of the configuration with a key that nobody has any more."""

    def change(_: World) -> None:
        version = Version.objects.order_by("-number")[0]
        entry = version.document[group]
        secret = (entry[0] if isinstance(entry, list) else entry)[name]
        secret["sealed"] = LOST_KEY.seal("lost", address=secret["for"])
        version.sealing += 1
        version.save()
        store.refresh()

    return change


def webhook(**fields: object) -> Callable[[World], object]:
    return lambda world: Connection.objects.update(
        **{
            name: LOST_KEY.seal("lost", address=world.base_url) if value is None else value
            for name, value in fields.items()
        }
    )


def member(name: str) -> Member:
    return Member.objects.create_user(name)


def link(world: World, *, how: Vault = LOST_KEY, name: str = "lina") -> None:
    sealed = how.seal("a token", address=world.base_url)
    about = {"sealed_access_token": sealed, "sealed_refresh_token": sealed, "how": JiraLink.How.OAUTH}
    JiraLink.objects.create(member=member(name), connection=world.connection, user_key=name, **about)


def account(world: World, *, how: Vault = LOST_KEY) -> None:
    url = world.fields["forges"][0]["base_url"]
    about = {"login": "lina", "name": "Lina", "email": "lina@acme.example"}
    sealed = how.seal("a token", address=url)
    ForgeAccount.objects.create(member=member("lina"), forge_url=url, sealed_token=sealed, **about)


def factor(_: World, *, how: Vault = LOST_KEY) -> None:
    data = {"secret": how.seal("a secret", address=HERE)}
    Authenticator.objects.create(user=member("lina"), type=Authenticator.Type.TOTP, data=data)


SECRETS: dict[str, tuple[Callable[[World], object], str, str, Symptom]] = {
    "Jira's token": (
        closed("jira", "pat"),
        "Jira Data Center Integration › Service account PAT, for http://127.0.0.1",
        "an administrator enters it anew: Console › Jira Data Center Integration.",
        Symptom.SETUP,
    ),
    "Jira's OAuth client": (
        closed("jira", "client_secret"),
        "Jira Data Center Integration › OAuth client secret, for http://127.0.0.1",
        "an administrator enters it anew: Console › Jira Data Center Integration.",
        Symptom.SETUP,
    ),
    "the model's key": (closed("model", "key"), "Model › Key, for", "anew: Console › Model.", Symptom.OTHERS),
    "a forge's OAuth client": (
        closed("forges", "client_secret"),
        "Forges › OAuth client secret, for",
        "anew: Console › Forges.",
        Symptom.OTHERS,
    ),
    "a provider's client": (
        closed("oidc", "client_secret"),
        "OpenID Connect › Client secret, for",
        "anew: Console › OpenID Connect.",
        Symptom.OTHERS,
    ),
    "the mail server's password": (
        closed("mail", "password"),
        "Mail › Password, for smtp",
        "anew: Console › Mail.",
        Symptom.OTHERS,
    ),
    "the webhook's secret": (
        webhook(sealed_webhook_secret=None),
        "The webhook's secret of http://127.0.0.1",
        "an administrator rotates it",
        Symptom.REFUSED,
    ),
    "the webhook's former secret": (
        webhook(sealed_former_secret=None, former_secret_until=clock.now() + timedelta(hours=5)),
        "The webhook's former secret of http://127.0.0.1",
        "enters the new one in Jira now",
        Symptom.REFUSED,
    ),
    "a member's tokens of Jira": (
        link,
        "Members' tokens of http://127.0.0.1",
        "each of them links Jira again: Settings › Integrations › Jira Data Center.",
        Symptom.NOTHING,
    ),
    "a member's credential on a forge": (
        account,
        "Members' credentials on http://127.0.0.1",
        "each of them adds the account again: Settings › Integrations.",
        Symptom.NOTHING,
    ),
    "a member's second factor": (
        factor,
        "Members' second factors (lina)",
        "removes the second factor of each of them: Console › People.",
        Symptom.OTHERS,
    ),
}


def closed_ones(world: World) -> list[Check]:
    return [check for check in world.wrong() if check.name.startswith("Stored secrets")]


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_that_cannot_be_opened_is_named_with_whose_it_is(world: World, name: str) -> None:
    put_in, what, whose, symptom = SECRETS[name]
    put_in(world)
    (found,) = closed_ones(world)
    assert found.cause.startswith(what)
    assert "cannot be opened. The secret stored for" in found.cause
    assert "HANDOVER_SECRET_KEYS" in found.next_step
    assert whose in found.next_step
    assert found.symptom is symptom


@pytest.mark.parametrize("group", ["oidc", "forges", "jira"])
def test_it_is_looked_at_even_where_its_system_does_not_answer(world: World, group: str) -> None:
    if group == "jira":
        world.configure(base_url="http://jira.acme.invalid", client_secret="a-client-secret")
    else:
        world.fields[group][0] |= {"base_url": f"http://{group}.acme.invalid"}
        world.configure()
    closed(group, "client_secret")(world)
    assert len(closed_ones(world)) == 1


def test_what_needs_the_secret_is_not_blamed_for_it(world: World) -> None:
    for group, name in (("jira", "client_secret"), ("model", "key"), ("oidc", "client_secret")):
        closed(group, name)(world)
    assert world.wrong() == closed_ones(world)
    assert len(closed_ones(world)) == 3


def test_several_members_are_told_at_once(world: World) -> None:
    for number in range(7):
        link(world, name=f"member-{number}")
    (found,) = closed_ones(world)
    assert "(member-0, member-1, member-2, member-3, member-4 and 2 more)" in found.cause


def test_what_can_be_opened_or_serves_no_more_is_well(world: World) -> None:
    link(world, how=vault())
    url = world.fields["forges"][0]["base_url"]
    lost = LOST_KEY.seal("a token", address=url)
    about = {"login": "uwe", "name": "Uwe", "email": "uwe@acme.example", "lost_at": clock.now()}
    ForgeAccount.objects.create(member=member("uwe"), forge_url=url, sealed_token=lost, **about)
    webhook(sealed_former_secret=None, former_secret_until=clock.now() - timedelta(hours=1))(world)
    assert world.wrong() == []
    # Jira's PAT and client, the model's key, the forge's and the provider's client, the mail's password, the webhook's
    # secret, and the link's pair.
    assert world.named("Stored secrets").found == "Each of 8 can be opened."
