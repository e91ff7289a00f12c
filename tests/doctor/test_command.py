"""`handover doctor`: its exit status, its JSON, and what it says for people."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from handover.connections.models import Connection
from handover.doctor.command import doctor
from standins.jira import StandInJira
from standins.serving import Served
from tests.configured import configured
from tests.doctor.world import World, served


@pytest.fixture
def world(django_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with served(World(tmp_path), monkeypatch) as world:
        yield world


def run(*words: str) -> Result:
    return CliRunner().invoke(doctor, list(words), catch_exceptions=False)


def test_all_is_well(world: World) -> None:
    result = run()
    assert result.exit_code == 0
    assert "checks are well." in result.stdout
    assert "Looked at Jira, at" in result.stderr
    assert "WRONG" not in result.stdout


def test_something_is_wrong(world: World) -> None:
    Connection.objects.update(webhook_state=Connection.Webhook.PAUSED)
    result = run()
    assert result.exit_code == 1
    assert "WRONG Connection active" in result.stdout
    assert "Cause: The connection is paused" in result.stdout
    assert "Next:  Resume it" in result.stdout
    assert "1 of " in result.stdout


def test_json(world: World) -> None:
    result = run("--json")
    assert result.exit_code == 0
    checks = json.loads(result.stdout)["checks"]
    assert {"name", "ok", "cause", "next_step"} <= checks[0].keys()
    assert all(check["ok"] is True and check["cause"] == "" and check["next_step"] == "" for check in checks)
    assert len({check["name"] for check in checks}) == len(checks)


def test_json_of_what_is_wrong(world: World) -> None:
    world.configure(enabled=False)
    result = run("--json")
    assert result.exit_code == 1
    (wrong,) = [check for check in json.loads(result.stdout)["checks"] if not check["ok"]]
    assert wrong["name"].startswith("Integration enabled")
    assert wrong["cause"]
    assert wrong["next_step"]


def test_no_secret_is_shown(world: World) -> None:
    shown = run("--json").output + run().output
    client = world.jira_fields["client_secret"]
    for secret in (world.token, world.model.key, client, "a-client-secret", "a secret of forty"):
        assert secret not in shown


def test_an_issue(world: World) -> None:
    result = run("--issue", "PAY-1")
    assert result.exit_code == 1
    assert "No comment mentions @openhands" in result.stdout


def test_a_delivery(world: World) -> None:
    result = run("--delivery", "4711", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["checks"][0]["cause"] == "There is no delivery 4711."


def test_a_test(world: World) -> None:
    result = run("--send-test", "PAY-1")
    assert result.exit_code == 0
    assert "Jira delivered it after" in result.stdout


def test_one_thing_at_a_time(world: World) -> None:
    result = run("--send-test", "PAY-1", "--issue", "PAY-1")
    assert result.exit_code == 2
    assert "Choose one of" in result.output


REFUSED = {
    "no issue": (["--issue", ""], "'' is no issue's key. Write it like PAY-1."),
    "no issue to test": (["--send-test", ""], "'' is no issue's key. Write it like PAY-1."),
    "a sentence": (["--issue", "the one of yesterday"], "is no issue's key"),
    "a path": (["--send-test", "../PAY-1"], "is no issue's key"),
    "the delivery before the first": (["--delivery", "0"], "0 is not in the range"),
    "no number": (["--delivery", ""], "is not a valid integer"),
    "a delivery that no database could number": (["--delivery", "9" * 40], "is not in the range"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_question_is_refused(case: str) -> None:
    words, sentence = REFUSED[case]
    result = run(*words)
    assert result.exit_code == 2
    assert sentence in result.output


def test_a_key_may_be_written_small(world: World) -> None:
    assert "No comment mentions @openhands" in run("--issue", " pay-1 ").stdout


def test_of_several_jiras_one_is_named(world: World) -> None:
    with Served(StandInJira().app) as other:
        second = {**world.jira_fields, "base_url": f"{other.url}/jira", "pat": "another"}
        configured(jira=[world.jira_fields, second])
        refused = run("--issue", "PAY-1", "--json")
        assert refused.exit_code == 1
        (check,) = json.loads(refused.stdout)["checks"]
        assert check["cause"] == "Several are connected."
        assert check["next_step"] == f"Name the Jira with --jira: {world.base_url}, {other.url}/jira."
        assert "No comment mentions" in run("--issue", "PAY-1", "--jira", f"{world.base_url}/").stdout
        strange = run("--issue", "PAY-1", "--jira", "https://other.acme.example")
        assert strange.exit_code == 1
        assert "None is connected at https://other.acme.example." in strange.stdout


def test_nothing_is_configured(django_db: Path) -> None:
    result = run("--json")
    assert result.exit_code == 1
    causes = [check["cause"] for check in json.loads(result.stdout)["checks"]]
    assert "No Jira is configured." in causes
    assert "No model is named: no agent can work." in causes


@pytest.mark.parametrize("question", ["--issue", "--send-test"])
def test_without_a_jira_nothing_can_be_asked_of_it(django_db: Path, question: str) -> None:
    result = run(question, "PAY-1", "--json")
    assert result.exit_code == 1
    (check,) = json.loads(result.stdout)["checks"]
    assert (check["ok"], check["cause"]) == (False, "No Jira is configured.")


def from_a_shell(data: Path, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """A process of its own: what stands in the environment is read but once."""
    environment = {"HANDOVER_DATA": str(data), "PATH": os.environ["PATH"], **variables}
    command = [sys.executable, "-m", "handover", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("doctor")
    assert from_a_shell(folder, "migrate").returncode == 0
    return folder


UNFIT: dict[str, tuple[dict[str, str], str, str, str]] = {
    "a setting": ({"HANDOVER_PORT": "eighty"}, "Settings", "HANDOVER_PORT is 'eighty'", "Correct that"),
    "no keys": ({"HANDOVER_SECRET_KEYS": "no key"}, "Settings", "is no Fernet key", "Correct that"),
    "a field": ({"HANDOVER_RUN_STEPS": "many"}, "Settings", "HANDOVER_RUN_STEPS", "Correct that"),
    "a file of a secret": (
        {"HANDOVER_MODEL_KEY_FILE": "/nowhere/key"},
        "Settings",
        "HANDOVER_MODEL_KEY_FILE names /nowhere/key, which cannot be read",
        "Correct that",
    ),
    "a folder that cannot be": ({"HANDOVER_DATA": "/dev/null/data"}, "Settings", "/dev/null/data", "Correct that"),
}
QUESTIONS = {"everything": [], "an issue": ["--issue", "PAY-1"], "a test": ["--send-test", "PAY-1"]}


@pytest.mark.parametrize("case", UNFIT)
def test_a_setting_that_cannot_be_used_is_a_check(migrated: Path, case: str) -> None:
    variables, name, cause, next_step = UNFIT[case]
    check = the_one_check(from_a_shell(migrated, "doctor", "--json", **variables))
    assert check["name"] == name
    assert cause in check["cause"]
    assert next_step in check["next_step"]


@pytest.mark.parametrize("question", QUESTIONS)
def test_without_a_database_there_is_a_check_all_the_same(tmp_path: Path, question: str) -> None:
    check = the_one_check(from_a_shell(tmp_path / "data", "doctor", *QUESTIONS[question], "--json"))
    assert check["name"] == "Database"
    assert "not at this version" in check["cause"]
    assert check["next_step"] == "Run handover migrate."


def test_a_database_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "handover.sqlite3").write_text("This is no database. " * 400)
    result = from_a_shell(tmp_path, "doctor")
    assert result.returncode == 1
    assert "WRONG Database" in result.stdout
    assert "The database cannot be used: file is not a database." in result.stdout
    assert "The check found something wrong." in result.stdout


def the_one_check(result: "subprocess.CompletedProcess[str]") -> dict[str, str]:
    """What is said where nothing else can be looked at."""
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    (check,) = json.loads(result.stdout)["checks"]
    assert (check["ok"], check["symptom"]) == (False, "Handover does not start")
    found: dict[str, str] = check
    return found
