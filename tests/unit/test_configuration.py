"""The configuration: one declaration, documents, the environment, versions, files."""

import asyncio
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from click.testing import CliRunner
from django.db import IntegrityError

from handover.configuration import history, keeping, plain, store
from handover.configuration.commands import config
from handover.configuration.declared import ORDER
from handover.configuration.documents import read, unknown_variables
from handover.configuration.models import Process, Version
from handover.lib.environment import BadSetting
from handover.lib.secrets import SecretUnreadable
from tests.configured import add_jira, configured

JIRA = "https://jira.acme.example/jira"
FULL = {
    "enabled": True,
    "base_url": JIRA,
    "bot_email": "bot@acme.example",
    "pat": "the-pat",
    "client_id": "id",
    "client_secret": "the-secret",
}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an address without scheme": (
        {"jira": [{"base_url": "jira.acme.example"}]},
        "jira 1: base_url: This is 'jira.acme.example', which is no address. Write it like https://jira.example.com.",
    ),
    "another scheme": ({"jira": [{"base_url": "ftp://jira.acme.example"}]}, "Write it like https://jira.example.com."),
    "a user name in an address": ({"jira": [{"base_url": "https://a:b@jira.acme.example"}]}, "user name"),
    "a port that is none": ({"jira": [{"base_url": "https://jira.acme.example:99999"}]}, "no address"),
    "our own address": ({"jira": [{"base_url": "http://127.0.0.1:8080/jira"}]}, "where Handover itself"),
    "a link-local address": ({"jira": [{"base_url": "http://169.254.169.254"}]}, "link-local"),
    "a link-local address in hexadecimal": ({"model": {"base_url": "http://0xA9FEA9FE/v1"}}, "link-local"),
    "the address of a forge that is link-local": ({"forges": [{"base_url": "http://[fe80::1]"}]}, "link-local"),
    "OAuth without a client": (
        {"jira": [{k: v for k, v in FULL.items() if not k.startswith("client")}]},
        "client_id: OAuth needs the client ID",
    ),
    "an integration without a token": ({"jira": [{**FULL, "pat": ""}]}, "pat: The service account needs"),
    "one address twice": ({"jira": [FULL, FULL]}, f"{JIRA} stands twice under jira."),
    "a mention that is no word": ({"jira": [{**FULL, "mention": "hey you"}]}, "begins with @"),
    "a label with spaces": ({"jira": [{**FULL, "label": "open hands"}]}, "without spaces"),
    "a group that is unknown": ({"modell": {}}, "modell: there is no such group."),
    "a field that is unknown": ({"model": {"nam": "x"}}, "model: there is no field nam."),
    "a list that is none": ({"oidc": {}}, "oidc: write [[oidc]] for each."),
    "a number out of bounds": ({"limits": {"steps": 0}}, "limits: steps: At least 1."),
    "a word that is none of them": ({"agents": {"sandbox": "vm"}}, "agents: sandbox: Use one of: bubblewrap, none."),
    "a cost ceiling of nothing": ({"limits": {"ceiling": "0"}}, "limits: ceiling: At least 0.01."),
    "a price that is no number": ({"model": {"input_price": "cheap"}}, "input_price: Use a number"),
    "a number of steps that is none": ({"limits": {"steps": "many"}}, "steps: Use a whole number."),
    "a token with other letters": ({"jira": [{**FULL, "pat": "tok\u2026en"}]}, "one word of ASCII letters"),
    "a token of two words": ({"model": {"key": "sk 1"}}, "one word of ASCII letters"),
    "an address that no request can be made to": ({"jira": [{"base_url": "https://\u2603.example"}]}, "base_url: "),
    "an address in a wrong spelling of other letters": (
        {"jira": [{"base_url": "https://xn--a.example"}]},
        "base_url: ",
    ),
    "a port that nobody has": ({"jira": [{"base_url": "http://127.0.0.1:0"}]}, "no address"),
    "an address with a hidden character": ({"jira": [{"base_url": "https://ji\u00adra.example"}]}, "base_url: "),
    "a mail server that is an address": ({"mail": {"host": "https://mail.example"}}, "Only the name of the machine"),
    "a mail server that is link-local": (
        {"mail": {"host": "169.254.169.254", "sender": "h@acme.example"}},
        "link-local",
    ),
    "a mail server without a part of its name": ({"mail": {"host": "a..b"}}, "Only the name of the machine"),
    "a mail server with a part that is too long": ({"mail": {"host": "a" * 64}}, "Only the name of the machine"),
    "a sender that is no address": ({"mail": {"sender": "nonsense"}}, "mail: sender: Enter a valid email address."),
    "a service account without an address": ({"jira": [{**FULL, "bot_email": "bot"}]}, "bot_email: Enter a valid"),
    "a model with spaces": ({"model": {"name": "gpt 5"}}, "without spaces"),
    "project keys with another sign between them": (
        {"start": {"denied_projects": "PAY; WEB"}},
        "'PAY; WEB' is no project key.",
    ),
    "groups with another sign between them": ({"start": {"denied_groups": "a; b"}}, "'a; b' is no group's name."),
    "a private key": ({"trust": {"certificates": "-----BEGIN PRIVATE KEY-----"}}, "private key"),
    "no certificate": ({"trust": {"certificates": "hello"}}, "no certificate in PEM form"),
    "a secret without an address": ({"mail": {"password": "x"}}, "A secret belongs to an address."),
    "a secret in a file that is missing": ({"model": {"key": {"file": "/nowhere"}}}, "model: key: /nowhere cannot be"),
    "a secret in a variable that is not set": ({"model": {"key": {"env": "NOT_SET"}}}, "NOT_SET is not set"),
    "a secret in another form": ({"model": {"key": 3}}, "model: key: write { file"),
    "a provider by halves": (
        {"oidc": [{"base_url": "https://login.acme.example"}]},
        "oidc 1: slug: The provider needs",
    ),
    "a server of mail without a sender": ({"mail": {"host": "mail.acme.example"}}, "mail: sender: Name the address"),
}


@pytest.mark.usefixtures("django_db")
@pytest.mark.parametrize(("groups", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_taken_is_told(groups: dict[str, Any], words: str) -> None:
    with pytest.raises(plain.Unusable) as told:
        configured(**groups)
    assert words in str(told.value)
    assert store.current().number == 0


@pytest.mark.usefixtures("django_db")
@pytest.mark.parametrize(
    ("written", "kept"),
    {
        "a trailing slash": ("https://jira.acme.example/jira/", JIRA),
        "a default port": ("https://jira.acme.example:443/jira", JIRA),
        "capital letters": ("HTTPS://Jira.Acme.Example/jira", JIRA),
        "another port": ("https://jira.acme.example:8443/jira", "https://jira.acme.example:8443/jira"),
        "no context path": ("https://jira.acme.example/", "https://jira.acme.example"),
    }.values(),
)
def test_addresses_have_one_spelling(written: str, kept: str) -> None:
    assert add_jira(written).jira[0].base_url == kept


@pytest.mark.usefixtures("django_db")
def test_a_secret_goes_with_its_address() -> None:
    add_jira(JIRA, pat="the-pat")
    sealed = store.document()["jira"][0]["pat"]
    moved = configured(jira=[{"base_url": "https://elsewhere.example", "pat": plain.KEPT, "linking": "email"}])
    assert not moved.jira[0].pat
    assert moved.jira_at(JIRA) is None
    # Even where the sealed text itself is carried over, it does not open for another address.
    forged = read(
        {"jira": [{"base_url": "https://elsewhere.example", "pat": {**sealed, "for": "https://elsewhere.example"}}]}
    )
    with pytest.raises(SecretUnreadable, match="is not sent to https"):
        forged.entries["jira"][0].value.pat.clear()


@pytest.mark.usefixtures("django_db")
def test_no_secret_is_shown_or_kept_in_clear() -> None:
    configuration = add_jira(JIRA, pat="the-pat")
    assert configuration.jira[0].pat.clear() == "the-pat"
    assert "the-pat" not in repr(configuration)
    assert "the-pat" not in str(store.document())


ENVIRONMENT = {
    "HANDOVER_JIRA_BASE_URL": f"{JIRA}/",
    "HANDOVER_JIRA_ENABLED": "yes",
    "HANDOVER_JIRA_2_BASE_URL": "https://second.example",
    "HANDOVER_JIRA_2_MENTION": "@agent",
    "LLM_MODEL": "openai/gpt-5",
    "HANDOVER_RUN_STEPS": "33",
    "HANDOVER_ALLOWED_PROJECTS": "PAY, WEB",
}


@pytest.mark.usefixtures("django_db")
def test_the_environment_fixes_fields() -> None:
    stored = {"jira": [{"base_url": JIRA, "mention": "@stored"}, {"base_url": "https://third.example"}]}
    reading = read({**stored, "limits": {"steps": 5, "seconds": 99}}, ENVIRONMENT)
    now = reading.configuration(1)
    assert [jira.base_url for jira in now.jira] == [JIRA, "https://second.example", "https://third.example"]
    assert (now.jira[0].mention, now.jira[0].enabled, now.jira[1].mention) == ("@stored", True, "@agent")
    assert (now.model.name, now.limits.steps, now.limits.seconds) == ("openai/gpt-5", 33, 99)
    assert now.start.allowed_projects == ("PAY", "WEB")
    assert reading.entries["jira"][0].locks == {
        "base_url": "HANDOVER_JIRA_BASE_URL",
        "enabled": "HANDOVER_JIRA_ENABLED",
    }
    assert reading.entries["model"][0].locks == {"name": "LLM_MODEL"}


BAD_VARIABLES: dict[str, tuple[dict[str, str], str]] = {
    "a number": ({"HANDOVER_RUN_STEPS": "many"}, "HANDOVER_RUN_STEPS cannot be used"),
    "a flag": ({"HANDOVER_JIRA_ENABLED": "perhaps"}, "HANDOVER_JIRA_ENABLED is 'perhaps'. Use true or false."),
    "an address": ({"HANDOVER_JIRA_BASE_URL": "jira"}, "HANDOVER_JIRA_BASE_URL cannot be used"),
    "a file": ({"HANDOVER_MODEL_KEY_FILE": "/nowhere"}, "HANDOVER_MODEL_KEY_FILE names /nowhere"),
    "a token without its address": (
        {"HANDOVER_JIRA_SERVICE_ACCOUNT_PAT": "x"},
        "HANDOVER_JIRA_SERVICE_ACCOUNT_PAT is set without HANDOVER_JIRA_BASE_URL",
    ),
    "a password without its server": (
        {"HANDOVER_MAIL_PASSWORD": "x"},
        "HANDOVER_MAIL_PASSWORD is set without HANDOVER_MAIL_HOST",
    ),
}


@pytest.mark.parametrize(("environment", "words"), BAD_VARIABLES.values(), ids=BAD_VARIABLES)
def test_a_bad_variable_is_told(environment: dict[str, str], words: str) -> None:
    with pytest.raises(BadSetting, match=words):
        read({}, environment)


def test_a_secret_in_a_file_may_begin_with_a_mark(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("sk-1\n", encoding="utf-8-sig")
    assert read({}, {"HANDOVER_MODEL_KEY_FILE": str(key)}).configuration(1).model.key.clear() == "sk-1"


@pytest.mark.usefixtures("django_db")
@pytest.mark.parametrize("host", ["mail", "mail-1.acme.example", "192.0.2.1", "2001:db8::1"])
def test_names_and_addresses_of_machines(host: str) -> None:
    assert configured(mail={"host": host, "sender": "h@acme.example"}).mail.host == host


@pytest.mark.usefixtures("django_db")
def test_another_spelling_of_the_address_keeps_its_secret() -> None:
    add_jira(JIRA, pat="the-pat")
    given = {"base_url": "https://JIRA.acme.example:443/jira/", "linking": "email", "pat": plain.KEPT}
    assert configured(jira=[given]).jira[0].pat.clear() == "the-pat"


@pytest.mark.usefixtures("django_db")
def test_an_import_says_what_is_never_changed() -> None:
    one = {"name": "Acme", "slug": "acme", "base_url": "https://login.acme.example", "client_id": "c"}
    configured(oidc=[{**one, "client_secret": "s"}])
    again = tomli_w.dumps({"oidc": [{**one, "slug": "other", "client_secret": plain.KEPT}]})
    done = CliRunner().invoke(config, ["import", "-"], input=again.encode())
    assert "oidc 1: slug stays acme: it is never changed." in done.output


@pytest.mark.usefixtures("django_db")
def test_names_of_groups_may_have_spaces() -> None:
    start = configured(start={"denied_groups": "Domain Users, jira-guests\nBuild  Robots"}).start
    assert start.denied_groups == ("Domain Users", "jira-guests", "Build Robots")


@pytest.mark.usefixtures("django_db")
def test_a_password_is_not_sent_with_less_protection() -> None:
    mail = {"host": "mail.acme.example", "sender": "h@acme.example", "user": "h", "password": "p"}
    assert configured(mail=mail).mail.password.clear() == "p"
    with pytest.raises(plain.Unusable, match="password: The user needs a password"):
        configured(mail={**mail, "security": "none", "password": plain.KEPT})
    fixed = {"HANDOVER_MAIL_HOST": "mail.acme.example", "HANDOVER_MAIL_PASSWORD": "p"}
    entry = read({"mail": {"security": "none"}}, fixed).entries["mail"][0]
    assert (entry.value.security, entry.locks["security"]) == ("starttls", "HANDOVER_MAIL_PASSWORD")


def test_entries_of_the_environment_need_no_order() -> None:
    stored = {"forges": [{"base_url": "https://a.example"}, {"base_url": "https://b.example"}]}
    variables = {"HANDOVER_FORGE_2_OAUTH_CLIENT_ID": "c", "HANDOVER_FORGE_5_BASE_URL": "https://e.example"}
    forges = read(stored, variables).configuration(1).forges
    assert [(one.base_url, one.client_id) for one in forges] == [
        ("https://b.example", "c"),
        ("https://e.example", ""),
        ("https://a.example", ""),
    ]


UNKNOWN = {
    "HANDOVER_JIRA_BASEURL": True,
    "HANDOVER_RUN_STEP": True,
    "HANDOVER_JIRA_BASE_URL": False,
    "HANDOVER_JIRA_2_SERVICE_ACCOUNT_PAT_FILE": False,
    "HANDOVER_OIDC_12_SLUG": False,
    "HANDOVER_MODEL_KEY_FILE": False,
    "HANDOVER_DATA": False,
    "PATH": False,
}


@pytest.mark.parametrize(("name", "unknown"), UNKNOWN.items())
def test_variables_that_fix_nothing_are_named(name: str, unknown: bool) -> None:
    assert (unknown_variables({name: "x"}) == [name]) is unknown


@pytest.mark.usefixtures("django_db")
def test_the_check_looks_at_what_variables_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOVER_FORGE_BASE_URL", "http://169.254.169.254")
    monkeypatch.setenv("HANDOVER_MAIL_HOST", "169.254.169.254")
    monkeypatch.setenv("HANDOVER_RUN_STEP", "5")
    done = CliRunner().invoke(config, ["check"])
    assert done.exit_code == 1
    assert "forges 1: base_url: 169.254.169.254" in done.output
    assert "mail: host: 169.254.169.254" in done.output
    assert "HANDOVER_RUN_STEP: no field is fixed by this variable." in done.output


@pytest.mark.usefixtures("django_db")
def test_an_import_says_what_it_could_not_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOVER_RUN_STEPS", "33")
    done = CliRunner().invoke(config, ["import", "-"], input=b"[limits]\nsteps = 5\nseconds = 60\n")
    assert "limits: steps is fixed by HANDOVER_RUN_STEPS; the file's is not used." in done.output
    assert "No token was tried." in done.output
    assert (store.current().limits.steps, store.current().limits.seconds) == (33, 60)


def test_a_secret_of_the_environment_is_not_sent_to_a_stored_address(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("sk-1\n")
    reading = read({"model": {"base_url": "https://attacker.example/v1"}}, {"HANDOVER_MODEL_KEY_FILE": str(key)})
    model = reading.entries["model"][0].value
    assert (model.key.clear(), model.base_url) == ("sk-1", "https://api.openai.com/v1")
    assert reading.entries["model"][0].locks["base_url"] == "HANDOVER_MODEL_KEY_FILE"


@pytest.mark.usefixtures("django_db")
def test_a_file_goes_out_and_comes_in() -> None:
    configured(
        jira=[FULL],
        model={"name": "openai/x", "key": "sk-2", "input_price": "0.5"},
        start={"denied_groups": ["guests", "robots"]},
        mail={"host": "mail.acme.example", "sender": "h@acme.example"},
    )
    before = store.current()
    text = tomli_w.dumps(plain.exported(store.reading()))
    assert "the-pat" not in text and "sk-2" not in text
    done = CliRunner().invoke(config, ["import", "-"], input=text.encode())
    assert done.exit_code == 0, done.output
    after = store.current()
    assert (after.number, after.jira[0].pat.clear(), after.model.key.clear()) == (2, "the-pat", "sk-2")
    assert {name: getattr(after, name) for name in ORDER} == {name: getattr(before, name) for name in ORDER}
    assert history.changes_of(2) == []


@pytest.mark.usefixtures("django_db")
def test_history_tells_what_changed_without_secrets() -> None:
    configured(jira=[FULL])
    configured(jira=[{**FULL, "pat": "another-pat", "mention": "@agent"}], limits={"steps": 7})
    told = [(change.label, change.before, change.after) for change in history.changes_of(2)]
    assert told == [
        ("Service account PAT", "set", "changed"),
        ("OAuth client secret", "set", "changed"),
        ("Mention", "@openhands", "@agent"),
        ("Steps", "100", "7"),
    ]
    history.back_to(1, by="ada", after=2)
    store.refresh()
    assert (store.current().jira[0].pat.clear(), store.current().limits.steps) == ("the-pat", 100)


@pytest.mark.usefixtures("django_db")
def test_two_who_save_at_once() -> None:
    configured(limits={"steps": 7})
    with pytest.raises(store.Conflict, match="a test"):
        store.write(lambda document: document, by="ada", after=0)
    assert Version.objects.count() == 1


@pytest.mark.usefixtures("django_db")
def test_whoever_is_second_in_the_same_moment_begins_with_what_the_first_wrote() -> None:
    tries: list[int] = []

    def change(document: dict[str, Any]) -> dict[str, Any]:
        tries.append(len(tries))
        if len(tries) == 1:
            raise IntegrityError
        return {**document, "limits": {"steps": 8}}

    assert store.write(change, by="ada").limits.steps == 8
    assert tries == [0, 1]


COMMANDS: dict[str, tuple[list[str], str, int, str]] = {
    "what holds is right": (["check"], "", 0, "Nothing is wrong."),
    "a file that is right": (["check", "-"], '[model]\nname = "openai/x"\n', 0, "Nothing is wrong."),
    "a file that is wrong": (["check", "-"], "[limits]\nsteps = 0\n", 1, "limits: steps:"),
    "no TOML": (["check", "-"], "[limits", 1, "The file is no TOML"),
    "an import that is wrong": (["import", "-"], "[limits]\nsteps = 0\n", 1, "limits: steps:"),
    "the fields": (["show"], "", 0, "HANDOVER_RUN_STEPS"),
    "the fields as JSON": (["show", "--json"], "", 0, '"variable": "HANDOVER_RUN_STEPS"'),
    "nothing to export": (["export"], "", 0, ""),
    "the variables of what is not there yet": (["show"], "", 0, "HANDOVER_OIDC_CLIENT_SECRET"),
}


@pytest.mark.usefixtures("django_db")
@pytest.mark.parametrize(("arguments", "given", "status", "words"), COMMANDS.values(), ids=COMMANDS)
def test_commands(arguments: list[str], given: str, status: int, words: str) -> None:
    done = CliRunner().invoke(config, arguments, input=given.encode())
    assert (done.exit_code, words in done.output) == (status, True), done.output


@pytest.mark.usefixtures("django_db")
def test_import_says_what_changed(tmp_path: Path) -> None:
    secret = tmp_path / "pat"
    secret.write_text("from-a-file\n")
    given = {"jira": [{**FULL, "pat": {"file": str(secret)}}]}
    done = CliRunner().invoke(config, ["import", "-"], input=tomli_w.dumps(given).encode())
    assert "Version 1 holds; before it was 0." in done.output
    assert "Service account PAT: (none) → set" in done.output
    assert store.current().jira[0].pat.clear() == "from-a-file"
    assert "from-a-file" not in CliRunner().invoke(config, ["export"]).output


@pytest.mark.usefixtures("django_db")
def test_the_export_is_toml() -> None:
    configured(jira=[FULL])
    assert tomllib.loads(CliRunner().invoke(config, ["export"]).output)["jira"][0]["pat"] == {"kept": True}


@pytest.mark.usefixtures("django_db")
def test_a_process_takes_a_new_version_up_within_two_seconds_and_tells() -> None:
    def elsewhere(act: Callable[[], object]) -> object:
        """As another process would: what this one holds stays as it is."""
        held = store._held
        act()
        store._held = held
        return None

    async def play() -> float:
        keeping_fresh = asyncio.create_task(keeping.keep_fresh())
        await asyncio.sleep(0.7)
        assert [one.version async for one in Process.objects.all()] == [0]
        await asyncio.to_thread(elsewhere, lambda: configured(limits={"steps": 9}))
        began = time.monotonic()
        while store.current().limits.steps != 9:
            assert time.monotonic() - began < 2
            await asyncio.sleep(0.05)
        took = time.monotonic() - began
        await asyncio.sleep(0.3)
        assert [one.version async for one in Process.objects.all()] == [1]
        keeping_fresh.cancel()
        await asyncio.gather(keeping_fresh, return_exceptions=True)
        assert not await Process.objects.aexists()
        return took

    assert asyncio.run(play()) < 2
