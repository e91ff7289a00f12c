"""The stand-in forge's Git over HTTP, as plain git sees it."""

import base64
import os
import subprocess
from pathlib import Path

import httpx
import pytest

from standins.forge import StandInForge
from standins.forge.cast import ATTACKER, LINKED, WEB_APP, WITHOUT_ACCOUNT, acme
from tests.unit.forge_stage import on_stage


class Machine:
    """A developer's machine: git, with a token in the address."""

    def __init__(self, forge: StandInForge, url: str, folder: Path) -> None:
        self.forge = forge
        self.url = url
        self.workspace = folder / "workspace"

    def address(self, token: str, path: str = WEB_APP) -> str:
        return f"{self.url.replace('://', f'://any:{token}@')}/{path}.git"

    def git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        identity = {f"GIT_{role}_{part}": "x" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_TERMINAL_PROMPT": "0", **identity}
        order = ["git", *arguments]
        return subprocess.run(order, env=environment, capture_output=True, text=True, check=False, timeout=30)

    def clone(self, login: str = LINKED, path: str = WEB_APP) -> subprocess.CompletedProcess[str]:
        return self.git("clone", "-q", self.address(self.forge.token_for(login), path), str(self.workspace))

    def push(self, branch: str) -> subprocess.CompletedProcess[str]:
        here = ("-C", str(self.workspace))
        self.git(*here, "commit", "-q", "--allow-empty", "-m", "change")
        return self.git(*here, "push", "-q", "origin", f"HEAD:refs/heads/{branch}")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    forge = StandInForge(tmp_path / "forge")
    acme(forge)
    return Machine(forge, on_stage(forge), tmp_path)


def test_write_access(machine: Machine) -> None:
    assert machine.clone().returncode == 0
    assert machine.push("topic").returncode == 0
    assert machine.forge.branches(WEB_APP) == ["main", "topic"]


def test_a_push_of_three_megabytes_and_a_clone_of_it(machine: Machine, tmp_path: Path) -> None:
    machine.clone()
    (machine.workspace / "noise").write_bytes(os.urandom(3_000_000))
    machine.git("-C", str(machine.workspace), "add", "-A")
    assert machine.push("noise").returncode == 0
    again = machine.git(
        "clone", "-q", "-b", "noise", machine.address(machine.forge.token_for(LINKED)), str(tmp_path / "b")
    )
    assert again.returncode == 0
    assert (tmp_path / "b" / "noise").read_bytes() == (machine.workspace / "noise").read_bytes()


def test_read_access(machine: Machine) -> None:
    assert machine.clone(WITHOUT_ACCOUNT).returncode == 0
    refused = machine.push("topic")
    assert "Permission to Acme/web-app.git denied to olga-ohm" in refused.stderr
    assert "403" in refused.stderr


def test_no_access_and_no_repository_look_alike(machine: Machine) -> None:
    forbidden, missing = machine.clone(ATTACKER), machine.clone(LINKED, "Acme/nothing")
    assert "Repository not found" in forbidden.stderr
    assert "Repository not found" in missing.stderr


def test_a_bad_token(machine: Machine) -> None:
    refused = machine.git("clone", "-q", machine.address("wrong"), str(machine.workspace))
    assert "Authentication failed" in refused.stderr


@pytest.mark.parametrize("header", ["", "Basic", "Basic !!", "Bearer x", "Basic " + base64.b64encode(b"\xff").decode()])
def test_malformed_authentication(machine: Machine, header: str) -> None:
    address = f"{machine.url}/{WEB_APP}.git/info/refs?service=git-upload-pack"
    answer = httpx.get(address, headers={"Authorization": header})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Basic realm="GitHub"')


@pytest.mark.parametrize("rest", ["info/refs", "HEAD", "config", "objects/info/packs", "info/refs?service=git-evil"])
def test_nothing_else_of_the_folder_is_served(machine: Machine, rest: str) -> None:
    token = machine.forge.token_for(LINKED)
    answer = httpx.get(f"{machine.url}/{WEB_APP}.git/{rest}", auth=("any", token))
    assert answer.status_code == 403


def test_an_archived_repository(machine: Machine) -> None:
    machine.clone()
    machine.forge.archive(WEB_APP)
    assert "archived so it is read-only" in machine.push("topic").stderr


def test_a_protected_branch(machine: Machine) -> None:
    machine.clone()
    machine.forge.protect(WEB_APP, "main")
    assert "GH006: Protected branch update failed for refs/heads/main" in machine.push("main").stderr
    assert machine.push("topic").returncode == 0


def test_a_renamed_repository_sends_git_on(machine: Machine) -> None:
    machine.forge.rename(WEB_APP, "Acme/shop")
    assert machine.clone().returncode == 0
    machine.workspace = machine.workspace.with_name("other")
    assert "Repository not found" in machine.clone(ATTACKER).stderr


def test_access_that_is_withdrawn_and_granted(machine: Machine) -> None:
    machine.forge.withdraw(WEB_APP, LINKED)
    assert machine.clone().returncode != 0
    machine.forge.grant(WEB_APP, ATTACKER, "read")
    assert machine.clone(ATTACKER).returncode == 0


def test_the_cast_s_package_fails_its_test_and_passes_once_mended(machine: Machine) -> None:
    machine.clone()
    order = ["python3", "-m", "unittest", "-q"]
    before = subprocess.run(order, cwd=machine.workspace, capture_output=True, text=True, check=False)
    assert "FAILED (failures=1)" in before.stderr
    cart = machine.workspace / "shop" / "cart.py"
    cart.write_text(cart.read_text().replace("line.price for", "line.price * line.quantity for"))
    assert subprocess.run(order, cwd=machine.workspace, capture_output=True, check=False).returncode == 0
