"""Keys are rotated while secrets are read and written, and everything opens afterwards."""

import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from click.testing import CliRunner
from cryptography.fernet import Fernet, InvalidToken

from handover import rotation
from handover.configuration import store
from handover.configuration.models import Version
from handover.configuration.vault import keyring, vault
from handover.connections.models import Connection
from handover.lib.environment import BadSetting
from handover.lib.keys import FixedKeys, KeyFile, parsed
from handover.lib.secrets import Vault, new_key
from handover.members.models import ForgeAccount, JiraLink, Member
from tests.configured import add_jira, configured

JIRA = "https://jira.acme.example"
FORGE = "https://git.acme.example"


@pytest.fixture
def sealed(django_db: Path) -> Connection:
    """A secret in every place that keeps one."""
    add_jira(JIRA, pat="the-pat")
    configured(model={"key": "sk-1"})
    ada = Member.objects.create_user("ada")
    connection = Connection.objects.create(
        base_url=JIRA,
        sealed_webhook_secret=vault().seal("hook", address=JIRA),
        sealed_former_secret=vault().seal("old-hook", address=JIRA),
    )
    tokens = {"sealed_access_token": vault().seal("a", address=JIRA), "sealed_refresh_token": ""}
    JiraLink.objects.create(member=ada, connection=connection, user_key="k", **tokens)
    ForgeAccount.objects.create(
        member=ada, forge_url=FORGE, login="ada", name="Ada", email="a@b", sealed_token=vault().seal("t", address=FORGE)
    )
    Authenticator.objects.create(
        user=ada, type=Authenticator.Type.TOTP, data={"secret": vault().seal("s", address="second factor")}
    )
    return connection


def everything_opens() -> list[str]:
    connection, link, account = Connection.objects.get(), JiraLink.objects.get(), ForgeAccount.objects.get()
    factor = Authenticator.objects.get().data["secret"]
    store.refresh()
    return [
        connection.webhook_secret,
        vault().open(connection.sealed_former_secret, address=JIRA),
        vault().open(link.sealed_access_token, address=JIRA),
        account.token,
        vault().open(factor, address="second factor"),
        store.current().jira[0].pat.clear(),
        store.current().model.key.clear(),
    ]


def test_after_a_rotation_one_key_opens_everything(sealed: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "TAKEN_UP_SECONDS", 0.0)
    before = keyring().read()
    versions = list(Version.objects.values_list("document", flat=True))
    done = CliRunner().invoke(rotation.keys, ["rotate"])
    assert done.exit_code == 0, done.output
    # Two versions hold the token of the bot, and one of them the model's key too.
    assert "8 secrets are sealed with the new key" in done.output
    assert everything_opens() == ["hook", "old-hook", "a", "t", "s", "the-pat", "sk-1"]
    after = keyring().read()
    assert len(after) == 1 and after[0] not in before
    assert stat.S_IMODE(key_file().path.stat().st_mode) == 0o600
    with pytest.raises(InvalidToken):
        Fernet(before[0]).decrypt(sealed_now().encode())
    assert [document["jira"][0]["pat"] for document in versions] != [
        document["jira"][0]["pat"] for document in Version.objects.values_list("document", flat=True)
    ]
    first, second = Version.objects.order_by("number").values_list("document", flat=True)
    assert first["jira"][0]["pat"] == second["jira"][0]["pat"], "what was equal stays equal: nothing looks changed"


def key_file() -> KeyFile:
    ring = keyring()
    assert isinstance(ring, KeyFile)
    return ring


def sealed_now() -> str:
    return Connection.objects.get().sealed_webhook_secret


def test_nothing_fails_while_keys_are_rotated(sealed: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "TAKEN_UP_SECONDS", 0.2)
    ended = threading.Event()
    with ThreadPoolExecutor(2) as threads:
        uses = [threads.submit(_use_until, ended) for _ in range(2)]
        try:
            for _ in range(3):
                assert CliRunner().invoke(rotation.keys, ["rotate"]).exit_code == 0
        finally:
            ended.set()
        assert all(use.result(timeout=20) > 5 for use in uses)
    assert everything_opens()[3] == "t"


def _use_until(ended: threading.Event) -> int:
    """Read and write secrets; how often."""
    from django.db import connections

    times = 0
    while not ended.is_set():
        assert Connection.objects.get().webhook_secret == "hook"
        assert store.refresh().jira[0].pat.clear() == "the-pat"
        ForgeAccount.objects.filter(login="ada").update(sealed_token=vault().seal("t", address=FORGE))
        assert ForgeAccount.objects.get().token == "t"
        times += 1
    connections.close_all()
    return times


def test_a_rotation_that_died_half_way_is_done_again(sealed: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "TAKEN_UP_SECONDS", 0.0)
    ring = key_file()
    ring.write([new_key(), *ring.read()])
    assert everything_opens()[0] == "hook"
    assert CliRunner().invoke(rotation.keys, ["rotate"]).exit_code == 0
    assert everything_opens()[0] == "hook"


def test_two_rotations_at_once_lose_nothing(sealed: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "TAKEN_UP_SECONDS", 0.5)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(CliRunner().invoke, rotation.keys, ["rotate"])
        time.sleep(0.2)
        second = CliRunner().invoke(rotation.keys, ["rotate"])
    assert (first.result().exit_code, second.exit_code) == (0, 1)
    assert "Keys are being rotated already." in second.output
    assert everything_opens()[0] == "hook"


def test_a_secret_that_no_key_opens_holds_nothing_up(sealed: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "TAKEN_UP_SECONDS", 0.0)
    lost = Vault([new_key()]).seal("lost", address=JIRA)
    Connection.objects.update(sealed_former_secret=lost)
    done = CliRunner().invoke(rotation.keys, ["rotate"])
    assert done.exit_code == 0
    assert "1 secrets are opened by no key that is set; they stay closed." in done.output
    assert len(key_file().read()) == 1
    assert Connection.objects.get().webhook_secret == "hook"


@pytest.mark.usefixtures("django_db")
def test_resealing_and_new_keys() -> None:
    assert CliRunner().invoke(rotation.keys, ["reseal"]).output == "0 secrets are sealed with the first key.\n"
    assert parsed(CliRunner().invoke(rotation.keys, ["new"]).output)


def test_keys_fixed_by_the_environment_are_not_rotated_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "keyring", lambda: FixedKeys(new_key()))
    done = CliRunner().invoke(rotation.keys, ["rotate"])
    assert done.exit_code == 1
    assert "HANDOVER_SECRET_KEYS fixes the keys." in done.output


@pytest.mark.parametrize("text", ["", "short", "x" * 44])
def test_what_is_no_key(text: str) -> None:
    with pytest.raises(BadSetting, match="no Fernet key"):
        parsed(text)


def test_a_key_that_is_changed_in_its_file_is_taken_up(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(new_key())
    ring = KeyFile(file)
    sealed_before = ring.vault().seal("x", address="here")
    ring.write([new_key(), *ring.read()])
    assert ring.vault().open(sealed_before, address="here") == "x"
    file.write_text("\n".join(ring.read()), encoding="utf-8-sig")
    assert ring.vault().open(sealed_before, address="here") == "x"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(BadSetting, match="holds no keys"):
        ring.vault()
    file.unlink()
    with pytest.raises(BadSetting, match="holds the keys and cannot be read"):
        ring.vault()
