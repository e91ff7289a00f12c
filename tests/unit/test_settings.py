"""Secrets at rest, keys and settings: what is refused, and with which sentence."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from handover.lib import environment, keys
from handover.lib.environment import BadSetting
from handover.lib.secrets import SecretUnreadable, Vault, new_key

WHY = "because"
REFUSED: dict[str, tuple[str, Callable[[], object], str]] = {
    "a word that is none of them": (
        "other",
        lambda: environment.choice("H", of=("a", "b"), default="a", why=WHY),
        "a, b",
    ),
    "no number": ("many", lambda: environment.number("H", default=1, why=WHY), "a whole number"),
    "a number too small": ("0", lambda: environment.number("H", default=1, least=1, why=WHY), "from 1"),
    "a negative amount": ("-1", lambda: environment.amount("H", default="1", why=WHY), "a number such as"),
    "an amount without end": ("inf", lambda: environment.amount("H", default="1", why=WHY), "a number such as"),
    "an address without scheme": ("jira.example.com", lambda: environment.origin("H", why=WHY), "https://"),
    "a path where none is": (
        "https://h.example.com/handover",
        lambda: environment.origin("H", why=WHY),
        "its own, like",
    ),
    "another scheme": ("ftp://example.com", lambda: environment.origin("H", why=WHY), "https://"),
}


@pytest.mark.parametrize(("value", "read", "words"), REFUSED.values(), ids=REFUSED)
def test_a_bad_value_is_told(
    value: str, read: Callable[[], object], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("H", value)
    with pytest.raises(BadSetting, match=r"^H is ") as told:
        read()
    assert words in str(told.value)


def test_a_public_address_with_a_path_stops_the_start() -> None:
    given = {**os.environ, "HANDOVER_PUBLIC_URL": "https://acme.example/handover/"}
    ended = subprocess.run(
        [sys.executable, "-m", "handover", "config", "show"], env=given, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, "HANDOVER_PUBLIC_URL is 'https://acme.example/handover'" in ended.stderr) == (2, True)
    assert "Traceback" not in ended.stderr


def test_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("H", " https://handover.example.com:8443/ ")
    assert environment.origin("H", why=WHY) == "https://handover.example.com:8443"
    monkeypatch.setenv("H", "0.25")
    assert environment.amount("H", default="1", why=WHY) == Decimal("0.25")


def test_a_secret_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("from the file\n")
    monkeypatch.setenv("H_FILE", str(tmp_path / "key"))
    assert environment.secret("H", why=WHY) == "from the file"
    monkeypatch.setenv("H_FILE", str(tmp_path / "missing"))
    with pytest.raises(BadSetting, match="cannot be read"):
        environment.secret("H", why=WHY)


def test_a_kept_key_is_made_once_and_is_ours_alone(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "vault.key"
    made = keys.kept(file)
    assert keys.kept(file) == made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [entry.name for entry in file.parent.iterdir()] == ["vault.key"]


def test_a_secret_opens_for_its_address_alone() -> None:
    vault = Vault([new_key()])
    sealed = vault.seal("token", address="https://jira.example.com")
    assert vault.open(sealed, address="https://jira.example.com") == "token"
    assert "token" not in sealed
    with pytest.raises(SecretUnreadable, match="is not sent to"):
        vault.open(sealed, address="https://elsewhere.example.com")


def test_keys_can_be_rotated() -> None:
    old, new = new_key(), new_key()
    sealed = Vault([old]).seal("token", address="a")
    assert Vault([new, old]).open(sealed, address="a") == "token"
    with pytest.raises(SecretUnreadable, match="not set here"):
        Vault([new]).open(sealed, address="a")
