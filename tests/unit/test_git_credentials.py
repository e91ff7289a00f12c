"""Where the member's credential goes: to git's one question about the one address, and nowhere else."""

import asyncio
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from handover.forges import clone as cloning
from handover.forges import git
from handover.forges.askpass import asking
from handover.forges.forge import Absent, ForgeCredential, ForgeUnavailable, GitCredential
from standins.forge import StandInForge
from standins.forge.cast import LINKED, WEB_APP, acme
from tests.unit.forge_stage import on_stage


@pytest.fixture
def forge(tmp_path: Path) -> StandInForge:
    made = StandInForge(tmp_path / "forge")
    acme(made)
    return made


@pytest.fixture
def url(forge: StandInForge) -> Iterator[str]:
    yield f"{on_stage(forge)}/{WEB_APP}.git"
    forge.faults.clear()


@pytest.fixture
def credential(forge: StandInForge) -> GitCredential:
    return GitCredential("x-access-token", forge.token_for(LINKED))


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.01)
    return False


def processes(part: str) -> dict[int, tuple[str, bytes]]:
    """Argument list and environment of every process that was started about the address `part`."""
    found: dict[int, tuple[str, bytes]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            if "git" in arguments and part in arguments:
                found[int(folder.name)] = (arguments, (folder / "environ").read_bytes())
        except OSError:
            continue
    return found


def test_it_is_in_no_file(
    tmp_path: Path, url: str, credential: GitCredential, monkeypatch: pytest.MonkeyPatch, forge: StandInForge
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    here = tmp_path / "run" / "clone.git"
    base = asyncio.run(git.clone(url, credential, "main", here))
    asyncio.run(git.write_bundle(here, base, tmp_path / "run" / "base.bundle"))
    pushed = {"url": url, "credential": credential, "commit": base, "branch": "feature/PAY-1"}
    asyncio.run(git.push(here, **pushed, expected=Absent()))  # type: ignore[arg-type]
    forge.revoke(credential.password)
    with pytest.raises(ForgeCredential) as refused:
        asyncio.run(git.push(here, **pushed, expected=base))  # type: ignore[arg-type]
    assert credential.password not in str(refused.value)
    for part in (credential.password, "x-access-token", url):
        search = ["grep", "-raF", part, str(tmp_path / "run"), str(tmp_path / "tmp")]
        assert subprocess.run(search, check=False).returncode == 1


def test_it_is_in_no_argument_list(tmp_path: Path, url: str, credential: GitCredential, forge: StandInForge) -> None:
    forge.faults.add(path="info/refs", hold=True)
    work = threading.Thread(target=lambda: asyncio.run(git.clone(url, credential, "main", tmp_path / "clone.git")))
    work.start()
    assert within(10, lambda: forge.faults.waiting > 0)
    seen = processes(url)
    forge.faults.clear()
    work.join(timeout=20)
    assert len(seen) >= 2  # git itself, and the helper that speaks HTTP
    assert not any(credential.password in arguments for arguments, _ in seen.values())
    assert all(b"HOME=/nonexistent\0" in environment for _, environment in seen.values())


def test_it_is_given_for_its_own_address_only(credential: GitCredential) -> None:
    given = asking("https://git.acme.example:8443/Acme/web-app.git", credential)

    def answer(question: str) -> str:
        asked = subprocess.run([given["GIT_ASKPASS"], question], env=given, capture_output=True, check=False)
        return asked.stdout.decode().strip()

    assert answer("Username for 'https://git.acme.example:8443': ") == "x-access-token"
    assert answer("Password for 'https://x-access-token@git.acme.example:8443': ") == credential.password
    for other in ("https://x-access-token@evil.example", "http://x-access-token@git.acme.example:8443", "proxy"):
        assert answer(f"Password for '{other}': ") == ""


@pytest.mark.parametrize(
    "address", ["https://x:y@git.acme.example/a.git", "file:///etc", "ssh://git@host/a", "/srv/a.git", "--x"]
)
def test_no_other_kind_of_address_is_spoken_to(address: str, credential: GitCredential) -> None:
    with pytest.raises(ValueError, match="clone address"):
        asyncio.run(git.branch_tip(address, credential, "main"))


def test_it_shows_in_no_representation(credential: GitCredential) -> None:
    assert credential.password not in repr(credential)


def test_settings_of_the_account_that_runs_us_do_not_count(
    tmp_path: Path, url: str, credential: GitCredential, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".gitconfig").write_text(f'[url "http://127.0.0.1:9/"]\n\tinsteadOf = {url.partition("Acme")[0]}\n')
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    monkeypatch.setenv("GIT_TRACE_CURL", str(tmp_path / "trace"))
    assert isinstance(asyncio.run(git.branch_tip(url, credential, "main")), str)
    assert not (tmp_path / "trace").exists()


def test_a_forge_that_does_not_answer_is_given_up_and_nothing_goes_on(
    tmp_path: Path, url: str, credential: GitCredential, forge: StandInForge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloning, "SECONDS", 0.3)
    forge.faults.add(path="info/refs", hold=True)
    with pytest.raises(ForgeUnavailable, match="longer than"):
        asyncio.run(git.clone(url, credential, "main", tmp_path / "clone.git"))
    assert within(5, lambda: not processes(url))


def test_what_is_cancelled_does_not_go_on(url: str, credential: GitCredential, forge: StandInForge) -> None:
    async def cancelled() -> None:
        task = asyncio.create_task(git.branch_tip(url, credential, "main"))
        await asyncio.to_thread(within, 10, lambda: forge.faults.waiting > 0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    forge.faults.add(path="info/refs", hold=True)
    asyncio.run(cancelled())
    assert within(5, lambda: not processes(url))


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_forge_in_trouble_is_asked_again_later(
    url: str, credential: GitCredential, forge: StandInForge, status: int
) -> None:
    forge.faults.add(path="info/refs", status=status)
    with pytest.raises(ForgeUnavailable):
        asyncio.run(git.branch_tip(url, credential, "main"))


def test_a_lost_answer_to_a_push_is_pushed_again(
    tmp_path: Path, url: str, credential: GitCredential, forge: StandInForge
) -> None:
    here = tmp_path / "clone.git"
    base = asyncio.run(git.clone(url, credential, "main", here))
    forge.faults.add(method="POST", path="git-receive-pack", lose=True, after=True, times=1)

    def push() -> None:
        wish = {"url": url, "credential": credential, "commit": base, "branch": "feature/PAY-1"}
        asyncio.run(git.push(here, **wish, expected=Absent()))  # type: ignore[arg-type]

    with pytest.raises(ForgeUnavailable):
        push()
    push()
    assert forge.branches(WEB_APP) == ["feature/PAY-1", "main"]


# A private certificate authority


def _certified(folder: Path) -> tuple[Path, Path]:
    """A self-signed authority that is its own server, for 127.0.0.1: key and certificate as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Acme private CA")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    key_file, certificate_file = folder / "key.pem", folder / "ca.pem"
    unencrypted = serialization.NoEncryption()
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unencrypted))
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return key_file, certificate_file


@pytest.fixture
def behind_tls(forge: StandInForge, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The forge's address over TLS, and the file of the authority to trust."""
    key, certificate = _certified(tmp_path)
    config = uvicorn.Config(
        forge.app, port=0, log_level="error", lifespan="off", ssl_keyfile=key, ssl_certfile=certificate
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert within(10, lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"https://127.0.0.1:{port}/{WEB_APP}.git", str(certificate)
    server.should_exit = True
    thread.join(timeout=10)


def test_a_private_authority_is_trusted_where_it_is_named(
    behind_tls: tuple[str, str], credential: GitCredential
) -> None:
    url, ca_file = behind_tls
    ca_pem = Path(ca_file).read_text()
    assert isinstance(asyncio.run(git.branch_tip(url, credential, "main", ca_pem=ca_pem)), str)
    with pytest.raises(ForgeUnavailable, match="certificate"):
        asyncio.run(git.branch_tip(url, credential, "main"))


def test_the_systems_authorities_stay_trusted_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from handover.forges.authorities import trusting

    system, ours = tmp_path / "system.pem", tmp_path / "ours.pem"
    for file in (system, ours):
        (tmp_path / "made").mkdir(exist_ok=True)
        file.write_bytes(_certified(tmp_path / "made")[1].read_bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(system))
    with trusting(ours.read_text()) as variables:
        both = ssl.create_default_context(cafile=variables["GIT_SSL_CAINFO"])
        assert len(both.get_ca_certs()) == 2
    assert not Path(variables["GIT_SSL_CAINFO"]).exists()
    with trusting("") as variables:
        assert variables == {"GIT_SSL_CAINFO": str(system)}
