"""A member's account on a forge is the member's own, and its token is nowhere in clear."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from handover.members.models import ForgeAccount
from standins.forge.cast import LINKED, WITHOUT_ACCOUNT
from standins.forge.tokens import Kind
from tests.configured import configured
from tests.on_disk import stored
from tests.unit.forge_accounts_world import AccountsWorld, removal_of


@pytest.fixture
def world(django_db: Path, tmp_path: Path) -> Iterator[AccountsWorld]:
    made = AccountsWorld.begin(tmp_path)
    yield made
    made.forge.faults.clear()


# Whoever may not


KINDS: list[Kind] = ["classic", "fine-grained"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_is_nowhere_in_clear(
    world: AccountsWorld, kind: Kind, django_db: Path, caplog: pytest.LogCaptureFixture
) -> None:
    token, second = world.forge.token_for(LINKED, kind=kind), world.forge.token_for(WITHOUT_ACCOUNT, kind=kind)
    pages = [world.browser.post(world.page, {"token": token}, follow=True)]
    pages += [world.browser.post(world.page, {"token": second}, follow=True), world.browser.get(world.page)]
    kept = stored(django_db)
    shown = "".join(page.content.decode() for page in pages) + caplog.text + str(dict(world.browser.session))
    for secret in (token, second):
        assert secret.encode() not in kept
        assert secret not in shown
        assert secret[:-4] not in shown


def test_every_form_wants_its_csrf_token(world: AccountsWorld) -> None:
    world.send_token(world.forge.token_for(LINKED))
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.lina)
    for path in (world.page, f"{world.page}/connect", f"{world.page}/confirm", f"{world.page}/test"):
        assert strict.post(path, {"token": "x"}).status_code == 403
    assert strict.post(removal_of(world.account)).status_code == 403
    assert ForgeAccount.objects.exists()
    page = strict.get(world.page).content.decode()
    forms, tokens = page.count('method="post"'), page.count("csrfmiddlewaretoken")
    assert forms == tokens == 5
    csrf = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert csrf
    assert strict.post(f"{world.page}/test", {"csrfmiddlewaretoken": csrf[1]}).status_code == 302


def test_what_changes_something_is_never_a_link(world: AccountsWorld) -> None:
    world.send_token(world.forge.token_for(LINKED))
    for path in (f"{world.page}/connect", f"{world.page}/test", removal_of(world.account)):
        assert world.browser.get(path).status_code == 405


def test_who_is_not_signed_in_is_asked_to(world: AccountsWorld) -> None:
    for path in (world.page, f"{world.page}/confirm"):
        assert Client().get(path).headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize("name", ["github.com", "http~127.0.0.1", "..", "~", "http~", "x" * 500])
def test_a_forge_that_is_not_there(world: AccountsWorld, name: str) -> None:
    for browser in (world.browser, world.other):
        assert browser.get(f"/settings/integrations/forges/{name}").status_code == 404
        assert browser.post(f"/settings/integrations/forges/{name}/connect").status_code == 404


def test_no_forge_at_all(world: AccountsWorld) -> None:
    configured(forges=[])
    assert world.browser.get(world.page).status_code == 404
