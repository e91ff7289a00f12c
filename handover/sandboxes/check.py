"""Whether sandboxes can be made on this machine: tried, not guessed."""

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from handover.sandboxes import bubblewrap
from handover.sandboxes.account import Account
from handover.sandboxes.blueprint import Kind

TRY_SECONDS = 20
INSTEAD = "or set HANDOVER_SANDBOX=none on a machine that is thrown away."


@dataclass(frozen=True)
class Ready:
    """Sandboxes can be made."""


@dataclass(frozen=True)
class Unusable:
    """They cannot. The sentence says why, and what to do."""

    sentence: str


async def check(kind: Kind, *, uid: int) -> Ready | Unusable:
    """Make a sandbox as the account that agents will run as, and end it again."""
    if not shutil.which("setpriv"):
        return Unusable("setpriv is not there. Install the Debian package util-linux.")
    account = Account.of(uid)
    if kind == "none":
        return await _tried([*account.step_down(), "true"], f"An agent cannot be started as the account {account.uid}")
    if not shutil.which("bwrap"):
        return Unusable(f"Bubblewrap is not there. Install the Debian package bubblewrap, {INSTEAD}")
    return await _tried(
        bubblewrap.shut_in(account, [], ["true"]),
        f"Bubblewrap cannot make a sandbox as the account {account.uid}",
        todo=f" Use bubblewrap 0.8 or newer and allow user namespaces to accounts that are not root, {INSTEAD}",
    )


async def _tried(command: Sequence[str], failure: str, *, todo: str = "") -> Ready | Unusable:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, said = await asyncio.wait_for(process.communicate(), TRY_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        return Unusable(f"{failure}: it did not end within {TRY_SECONDS} s.{todo}")
    if process.returncode == 0:
        return Ready()
    reason = said.decode("utf-8", "replace").strip()[-300:] or f"it ended with code {process.returncode}"
    return Unusable(f"{failure}: {reason}.{todo}")
