"""`handover keys`: the keys that seal stored secrets, changed while everything runs."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.db import models, transaction

from handover.configuration.models import Version
from handover.configuration.vault import keyring
from handover.connections.models import Connection
from handover.lib.keys import FixedKeys
from handover.lib.secrets import new_key
from handover.members.models import ForgeAccount, JiraLink

# Every column that holds a sealed secret; the configuration's and the second factors' are in JSON.
SEALED: tuple[tuple[type[models.Model], str], ...] = (
    (Connection, "sealed_webhook_secret"),
    (Connection, "sealed_former_secret"),
    (JiraLink, "sealed_access_token"),
    (JiraLink, "sealed_refresh_token"),
    (ForgeAccount, "sealed_token"),
    (ForgeAccount, "sealed_refresh_token"),
)
# What a running process seals with the former key in the moment of the change is met by another pass.
MOST_PASSES = 10
# Processes read what they hold of the database anew within a second; what they hold is sealed with the older keys.
TAKEN_UP_SECONDS = 3.0


@click.group()
def keys() -> None:
    """Make and rotate the keys that stored secrets are sealed with."""


@keys.command()
def new() -> None:
    """Print a fresh key, for HANDOVER_SECRET_KEYS."""
    click.echo(new_key())


@keys.command()
def rotate() -> None:
    """Put a fresh key first in the keys' file, seal every secret anew, and drop the older keys.

    Running processes take the file up by themselves; no request fails meanwhile.
    """
    ring = keyring()
    if isinstance(ring, FixedKeys):
        raise click.ClickException(
            "HANDOVER_SECRET_KEYS fixes the keys. Put a new one (`handover keys new`) in front there, start every "
            "process again, run `handover keys reseal`, and then take the older ones out."
        )
    with _alone(ring.path):
        older = ring.read()
        ring.write([new_key(), *older])
        sealed = reseal_all()
        click.echo("Waiting until every process has read them anew.", err=True)
        time.sleep(TAKEN_UP_SECONDS)
        sealed += reseal_all()
        ring.write([key for key in ring.read() if key not in older])
    click.echo(f"{sealed} secrets are sealed with the new key; the older keys are gone from {ring.path}.")


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Two rotations at once would each drop the key of the other."""
    with file.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise click.ClickException("Keys are being rotated already. Wait for that to end.") from error
        yield


@keys.command()
def reseal() -> None:
    """Seal every secret with the first key. Afterwards the older ones may be taken out."""
    click.echo(f"{reseal_all()} secrets are sealed with the first key.")


def reseal_all() -> int:
    """Seal all that another than the first key has sealed; returns how many. What no key opens is named and left."""
    change = _Change(keyring().read())
    total = 0
    for _ in range(MOST_PASSES):
        done = _columns(change) + _versions(change) + _second_factors(change)
        total += done
        if not done:
            if change.closed:
                click.echo(
                    f"{len(change.closed)} secrets are opened by no key that is set; they stay closed.", err=True
                )
            return total
    raise click.ClickException(
        "Secrets are still being sealed with an older key. Is a process running with other keys?"
    )


class _Change:
    """Sealed texts with the first key; the same text always becomes the same, so that what is equal stays equal."""

    def __init__(self, with_keys: list[str]) -> None:
        self._first = Fernet(with_keys[0])
        self._all = MultiFernet([Fernet(key) for key in with_keys])
        self._made: dict[str, str] = {}
        self.closed: set[str] = set()

    def of(self, sealed: str) -> str:
        """The text sealed with the first key: itself where it is already."""
        if sealed not in self._made:
            self._made[sealed] = sealed if self._is_new(sealed) else self._rotated(sealed)
        return self._made[sealed]

    def _rotated(self, sealed: str) -> str:
        try:
            return self._all.rotate(sealed.encode()).decode()
        except InvalidToken:
            # No key that is set opens it, and so none that goes is missed for it.
            self.closed.add(sealed)
            return sealed

    def _is_new(self, sealed: str) -> bool:
        try:
            self._first.decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True


def _columns(change: _Change) -> int:
    return sum(_column(change, model, column) for model, column in SEALED)


def _column(change: _Change, model: type[models.Model], column: str) -> int:
    rows = model._default_manager.exclude(**{column: ""}).values_list("pk", column)
    # Conditional: what somebody else has written meanwhile is met in the next pass.
    return sum(
        model._default_manager.filter(pk=pk, **{column: sealed}).update(**{column: fresh})
        for pk, sealed in rows
        if (fresh := change.of(sealed)) != sealed
    )


def _versions(change: _Change) -> int:
    done = 0
    for number in list(Version.objects.values_list("number", flat=True)):
        with transaction.atomic():
            version = Version.objects.select_for_update().get(number=number)
            changed = sum(_resealed(change, secret) for secret in _secrets(version.document))
            if changed:
                version.sealing += 1
                version.save()
            done += changed
    return done


def _secrets(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, dict) and "sealed" in value:
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _secrets(part)


def _resealed(change: _Change, secret: dict[str, str]) -> int:
    before = secret["sealed"]
    secret["sealed"] = change.of(before)
    return int(secret["sealed"] != before)


def _second_factors(change: _Change) -> int:
    done = 0
    for pk in list(Authenticator.objects.values_list("pk", flat=True)):
        with transaction.atomic():
            factor = Authenticator.objects.select_for_update().get(pk=pk)
            fresh = _sealed_anew(change, factor.data)
            if fresh != factor.data:
                factor.data, done = fresh, done + 1
                factor.save()
    return done


def _sealed_anew(change: _Change, value: Any) -> Any:
    """The data with each sealed text in it sealed anew. Fernet's texts all begin so."""
    if isinstance(value, dict):
        return {name: _sealed_anew(change, part) for name, part in value.items()}
    if isinstance(value, list):
        return [_sealed_anew(change, part) for part in value]
    return change.of(value) if isinstance(value, str) and value.startswith("gAAAAA") else value
