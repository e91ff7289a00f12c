"""`handover forge`."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from handover.configuration.store import current
from handover.members.models import ForgeAccount
from handover.repositories.commands import forge
from standins.forge.cast import LINKED, WITHOUT_ACCOUNT
from tests.configured import configured
from tests.unit.forge_accounts_world import AccountsWorld


@pytest.fixture
def world(django_db: Path, tmp_path: Path) -> Iterator[AccountsWorld]:
    made = AccountsWorld.begin(tmp_path)
    yield made
    made.forge.faults.clear()


def run(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(forge, arguments, input=typed)


def account(world: AccountsWorld, token: str, *further: str, name: str = "lina", url: str = "") -> Result:
    return run("account", name, "--forge", url or world.url, "--token-file", "-", *further, typed=f"{token}\n")


def test_a_token_is_tested_and_kept(world: AccountsWorld) -> None:
    token = world.forge.token_for(LINKED)
    told = account(world, token, url=f"{world.url}/")
    assert (told.exit_code, told.output) == (0, f"lina is {LINKED} on {world.url}.\n")
    assert (world.account.token, world.account.how, world.account.last_four) == (token, "token", token[-4:])


def test_a_token_that_is_refused(world: AccountsWorld) -> None:
    for token, sentence in (
        ("ghp_unknown", "does not accept the token"),
        ("", "Paste the token."),
        ("x" * 20_000, "It has at most 255 characters."),
        (world.forge.token_for(LINKED, scopes=("gist",)), "without the scope repo nothing can be pushed"),
    ):
        told = account(world, token)
        assert told.exit_code == 1
        assert sentence in told.output
        assert not token or token not in told.output
    assert not ForgeAccount.objects.exists()


def test_another_persons_token_has_to_be_meant(world: AccountsWorld) -> None:
    account(world, world.forge.token_for(LINKED))
    second = world.forge.token_for(WITHOUT_ACCOUNT)
    told = account(world, second)
    assert told.exit_code == 1
    assert "Until now lina was lina-linde, and this token is olga-ohm's." in told.output
    assert world.account.login == LINKED
    assert account(world, second, "--another-person").exit_code == 0
    assert world.account.login == WITHOUT_ACCOUNT


def test_in_the_place_of_oauth(world: AccountsWorld) -> None:
    world.connect()
    first = world.account.token
    assert account(world, world.forge.token_for(LINKED)).exit_code == 0
    assert world.forge.user_of(first) is None
    world.connect()
    world.forge.faults.add(path="/applications/", status=500)
    told = account(world, world.forge.token_for(LINKED))
    assert (told.exit_code, "could not be ended there" in told.output) == (0, True)


def test_who_and_where_is_not_known(world: AccountsWorld) -> None:
    assert "no member nobody" in account(world, "x", name="nobody").output
    assert "is no Git host that is allowed" in account(world, "x", url="https://github.com").output


def test_the_list(world: AccountsWorld) -> None:
    listed = json.loads(run("list", "--json").output)
    assert listed == [{"kind": "github", "base_url": world.url, "oauth": "yes"}]
    configured(forges=[])
    assert run("list").output == "No Git host yet. Add one with `handover forge add`.\n"


def test_added(world: AccountsWorld) -> None:
    assert run("add", "--base-url", "https://github.example.com/ctx/").output == "Added.\n"
    assert [host.base_url for host in current().forges] == [world.url, "https://github.example.com/ctx"]
    assert current().forges[0].client_secret.clear() == world.application.client_secret
    assert run("add", "--base-url", "https://github.example.com/ctx").output == "It was there already.\n"
    refused = run("add", "--base-url", "github.example.com")
    assert refused.exit_code == 1
    assert "Write it like https://github.example.com." in refused.output


def test_a_host_is_known_in_any_spelling(world: AccountsWorld) -> None:
    token = world.forge.token_for(LINKED)
    told = account(world, f"\ufeff{token}", url=world.url.replace("http", "HTTP"))
    assert told.exit_code == 0, told.output
    assert world.account.token == token
    refused = account(world, token, url="github.example.com")
    assert (refused.exit_code, "Write it like https://github.example.com." in refused.output) == (1, True)
