"""The Admin Console: what it asks, checks, saves and refuses."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from handover.configuration import store
from handover.connections.models import Connection
from handover.members.models import Member
from standins.jira import StandInJira
from standins.jira import cast as jira_cast
from standins.serving import Served
from tests.configured import add_jira, configured

pytestmark = pytest.mark.usefixtures("django_db")
GROUPS = ("jira", "trust", "model", "agents", "forges", "start", "sign-in", "oidc", "mail", "limits")


@pytest.fixture
def ada(django_db: Path) -> Client:
    client = Client()
    client.force_login(Member.objects.create_user("ada", is_superuser=True))
    return client


@pytest.fixture
def lina(django_db: Path) -> Client:
    client = Client()
    client.force_login(Member.objects.create_user("lina"))
    return client


@pytest.fixture
def jira() -> Iterator[StandInJira]:
    jira = StandInJira()
    jira_cast.acme(jira)
    with Served(jira.app) as served:
        jira.base_url = f"{served.url}/jira"
        yield jira
        jira.close()


def token_of(jira: StandInJira, name: str, **more: Any) -> str:
    user = jira.people.by_name(name)
    assert user
    return jira.token_for(user, **more)


def form(jira: StandInJira, **fields: Any) -> dict[str, Any]:
    """The Jira group as an administrator fills it in."""
    given = {
        "after": store.current().number,
        "enabled": "on",
        "base_url": f"{jira.base_url}/",
        "linking": "email",
        "scope": "READ",
        "bot_email": "OpenHands-bot@acme.example",
        "pat": token_of(jira, "openhands"),
        "confirm_email_match": "on",
    }
    return {name: value for name, value in {**given, **fields}.items() if value is not None}


def text(response: Any) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def errors(response: Any) -> list[str]:
    return [unescape(one) for one in re.findall(r'<p class="error"[^>]*>(.*?)</p>', response.content.decode(), re.S)]


@pytest.mark.parametrize("slug", GROUPS)
def test_each_group_has_a_page(ada: Client, slug: str) -> None:
    page = ada.get(f"/console/{slug}")
    assert page.status_code == 200
    assert "Admin Console" in text(page)


def test_jira_is_connected(ada: Client, jira: StandInJira) -> None:
    answer = ada.post("/console/jira/new", form(jira, pat=token_of(jira, "openhands", days=90)), follow=True)
    assert answer.redirect_chain == [("/console/jira", 302)]
    said = text(answer)
    assert "The service account is OpenHands (openhands)." in said
    assert re.search(r"Of the account's \d tokens, rehearsal is the first to end:|The token ends on", said)
    assert "Version 1 is saved and holds." in said
    connection = Connection.objects.get()
    assert (connection.base_url, connection.bot_key) == (jira.base_url, "JIRAUSER10001")
    assert store.current().jira[0].mention == "@openhands"


def revoked(jira: StandInJira) -> dict[str, Any]:
    token = token_of(jira, "openhands")
    jira.revoke(token)
    return form(jira, pat=token)


WRONG: dict[str, tuple[Any, str]] = {
    "no scheme": (lambda jira: form(jira, base_url="jira.example.com"), "Write it like https://jira.example.com."),
    "nobody's token": (revoked, "does not know this token"),
    "another person's token": (
        lambda jira: form(jira, pat=token_of(jira, "lina")),
        "This token is Lina Linde's (lina), whose address is not OpenHands-bot@acme.example.",
    ),
    "a wrong context path": (
        lambda jira: form(jira, base_url=jira.base_url.replace("/jira", "/jra")),
        "Check the context path",
    ),
    "a port where nobody is": (lambda jira: form(jira, base_url="http://127.0.0.1:1/jira"), "nothing listens there"),
    "ourselves": (lambda jira: form(jira, base_url="http://localhost:8080"), "where Handover itself"),
    "cloud metadata": (lambda jira: form(jira, base_url="http://169.254.169.254/latest"), "link-local"),
    "OAuth without a client": (lambda jira: form(jira, linking="oauth"), "OAuth needs the client ID"),
    "no token": (lambda jira: form(jira, pat=""), "The service account needs a personal access token"),
}


@pytest.mark.parametrize(("given", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_at_its_field(ada: Client, jira: StandInJira, given: Any, words: str) -> None:
    answer = ada.post("/console/jira/new", given(jira))
    assert any(words in error for error in errors(answer)), errors(answer)
    assert "Nothing was saved" in text(answer)
    assert store.current().number == 0


def test_a_token_that_is_served_anonymously(ada: Client, jira: StandInJira) -> None:
    body = b'{"key": "JIRAUSER10001", "name": "openhands", "displayName": "OpenHands"}'
    jira.faults.add(path="/myself$", status=200, body=body, headers={"X-AUSERNAME": "anonymous"})
    answer = ada.post("/console/jira/new", form(jira))
    assert "does not know this token" in " ".join(errors(answer))


def test_a_hidden_address_is_said(ada: Client, jira: StandInJira) -> None:
    jira.settings.email_visibility = "hide"
    assert "hides or masks e-mail addresses" in text(ada.post("/console/jira/new", form(jira), follow=True))


def test_a_changed_base_url_catches_no_token(ada: Client, jira: StandInJira) -> None:
    ada.post("/console/jira/new", form(jira))
    attacker = StandInJira()
    with Served(attacker.app) as served:
        answer = ada.post("/console/jira/1", form(jira, base_url=f"{served.url}/jira", pat=""))
    assert "Service account PAT: what is stored was given for " + jira.base_url in text(answer)
    assert "The service account needs a personal access token for this address." in errors(answer)
    assert list(attacker.requests) == []
    disabled = form(jira, base_url="https://jira.acme.example", pat="", enabled=None)
    said = text(ada.post("/console/jira/1", disabled, follow=True))
    assert (
        f"Cleared: Service account PAT. It was given for {jira.base_url}, and a secret is never sent elsewhere." in said
    )
    assert not store.current().jira[0].pat
    attacker.close()


def test_an_empty_secret_keeps_the_one_that_is_there(ada: Client, jira: StandInJira) -> None:
    given = form(jira)
    ada.post("/console/jira/new", given)
    page = ada.get("/console/jira/1")
    assert given["pat"] not in page.content.decode()
    assert "Set. Leave empty to keep it." in text(page)
    ada.post("/console/jira/1", form(jira, pat="", mention="@agent"))
    assert (store.current().jira[0].pat.clear(), store.current().jira[0].mention) == (given["pat"], "@agent")
    ada.post("/console/jira/1", {**form(jira, pat="", enabled=None), "forget-pat": "1"})
    assert not store.current().jira[0].pat


def test_a_typed_secret_is_never_shown_again(ada: Client, jira: StandInJira) -> None:
    answer = ada.post("/console/jira/new", form(jira, pat="typed-but-refused"))
    assert "typed-but-refused" not in answer.content.decode()


def test_several_jiras(ada: Client) -> None:
    add_jira("https://one.example")
    add_jira("https://one.example/jira")
    page = text(ada.get("/console/jira"))
    assert "https://one.example/jira" in page
    ada.post("/console/jira/1/remove", {"after": store.current().number})
    assert [one.base_url for one in store.current().jira] == ["https://one.example/jira"]


def test_an_address_stands_once(ada: Client) -> None:
    configured(forges=[{"base_url": "https://git.acme.example"}])
    given = {"after": "1", "kind": "github", "base_url": "https://GIT.acme.example/"}
    assert "stands twice" in text(ada.post("/console/forges/new", given))


def test_two_administrators_at_once(ada: Client) -> None:
    configured(limits={"steps": 7})
    answer = ada.post("/console/limits", {"after": "0", "ceiling": "5", "steps": "9", "seconds": "60"})
    assert "a test has saved meanwhile" in text(answer)
    assert 'value="9"' in answer.content.decode()
    assert 'name="after" value="1"' in answer.content.decode()
    assert store.current().limits.steps == 7


@pytest.mark.parametrize("after", ["", "x", "9" * 5000, "-1", "\u0663"])
def test_a_form_that_does_not_say_which_version_it_shows(ada: Client, after: str) -> None:
    configured(limits={"steps": 7})
    assert "has saved meanwhile" in text(ada.post("/console/limits", {"after": after, "steps": "9"}))
    assert "has saved meanwhile" in text(ada.post("/console/history/1/back", {"after": after}, follow=True))
    assert store.current().number == 1


def test_links_without_confirmation_are_warned_of(ada: Client, jira: StandInJira) -> None:
    answer = ada.post("/console/jira/new", form(jira, confirm_email_match=None), follow=True)
    assert "Members are linked without a word of theirs" in text(answer)
    assert "Unconfirmed links" in text(answer)


def test_a_short_name_stays(ada: Client) -> None:
    one = {"name": "Acme", "slug": "acme", "base_url": "https://login.acme.example", "client_id": "c"}
    configured(oidc=[{**one, "client_secret": "s"}])
    ada.post("/console/oidc/1", {"after": "1", **one, "slug": "other", "name": "Acme SSO"})
    assert [(oidc.slug, oidc.name) for oidc in store.current().oidc] == [("acme", "Acme SSO")]


def test_history_and_going_back(ada: Client) -> None:
    ada.post("/console/limits", {"after": "0", "ceiling": "5", "steps": "9", "seconds": "60"})
    ada.post("/console/limits", {"after": "1", "ceiling": "5", "steps": "10", "seconds": "60"})
    page = text(ada.get("/console/history"))
    assert "Version 2 holds now" in page and "Limits Steps 9 10" in page and "ada," in page
    ada.post("/console/history/1/back", {"after": "2"})
    assert (store.current().number, store.current().limits.steps) == (3, 9)
    assert ada.post("/console/history/99/back", {"after": "3"}).status_code == 404


def test_a_field_fixed_by_the_environment_is_locked(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOVER_RUN_STEPS", "33")
    monkeypatch.setenv("HANDOVER_MODEL_KEY", "sk-secret")
    assert "Fixed by HANDOVER_RUN_STEPS" in text(ada.get("/console/limits"))
    model = ada.get("/console/model")
    assert "Fixed by HANDOVER_MODEL_KEY" in text(model)
    assert "sk-secret" not in model.content.decode()
    ada.post("/console/limits", {"after": "0", "ceiling": "5", "steps": "9", "seconds": "61"})
    assert (store.current().limits.steps, store.current().limits.seconds) == (33, 61)
    monkeypatch.delenv("HANDOVER_RUN_STEPS")
    configured()
    assert store.current().limits.steps == 100


def certificate(name: str, *, days: int = 365, authority: bool = True) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def upload(client: Client, *contents: bytes, pasted: str = "") -> Any:
    files = [SimpleUploadedFile(f"{number}.pem", content) for number, content in enumerate(contents)]
    return client.post(
        "/console/trust", {"after": store.current().number, "files": files, "pasted": pasted}, follow=True
    )


def test_certificates_are_added_shown_and_removed(ada: Client) -> None:
    said = text(
        upload(
            ada, certificate("Acme Root"), certificate("Old Root", days=-1), pasted=certificate("Soon", days=5).decode()
        )
    )
    assert "CN=Acme Root" in said and "itself (a root)" in said and "Trusted" in said
    assert "Expired" in said and "Expires soon" in said
    assert store.current().trust.certificates.count("BEGIN") == 3
    again = upload(ada, certificate("Leaf", authority=False))
    assert "No authority: a server's own certificate" in text(again)
    gone = re.search(r'name="remove" value="([0-9a-f]{64})"', again.content.decode())
    assert gone
    ada.post("/console/trust", {"after": store.current().number, "remove": gone[1]})
    assert store.current().trust.certificates.count("BEGIN") == 3


@pytest.mark.parametrize(
    ("content", "words"),
    {
        "nothing": (b"", "Choose a file, or paste a certificate."),
        "DER": (b"\x30\x82\xff", "openssl x509 -inform der"),
        "words": (b"hello", "no certificate in PEM form"),
        "a key": (b"-----BEGIN EC PRIVATE KEY-----", "private key"),
        "too much": (b"x" * 1_100_000, "larger than a megabyte"),
    }.values(),
)
def test_what_is_no_certificate(ada: Client, content: bytes, words: str) -> None:
    answer = upload(ada, content) if content else upload(ada)
    assert words in text(answer)
    assert store.current().number == 0


ADDRESSES = [
    "/console",
    "/console/history",
    "/console/jira/new",
    "/console/jira/1",
    *(f"/console/{slug}" for slug in GROUPS),
]
POSTS = ["/console/jira/1/remove", "/console/history/1/back", "/console/jira/1", "/console/trust", "/console/limits"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_member_at_the_administrators_addresses(lina: Client, address: str) -> None:
    add_jira("https://one.example")
    assert lina.get(address).status_code == 403
    assert lina.post(address, {"after": "1"}).status_code in (403, 405)
    assert Client().get(address).status_code == 302


@pytest.mark.parametrize("address", POSTS)
def test_every_form_wants_its_token(ada: Client, address: str) -> None:
    add_jira("https://one.example")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = ada.cookies
    assert strict.post(address, {"after": "1"}).status_code == 403
    assert store.current().number == 1


def test_unknown_addresses(ada: Client) -> None:
    for address in ("/console/nothing", "/console/jira/7", "/console/jira/0", "/console/limits/new"):
        assert ada.get(address).status_code == 404
