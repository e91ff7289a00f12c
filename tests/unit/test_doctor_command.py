"""`handover doctor`: its exit status, its JSON, and what it says for people."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from handover.connections.models import Connection
from handover.doctor.command import doctor
from standins.jira import StandInJira
from standins.serving import Served
from tests.unit.doctor_world import World, served


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
    for secret in (world.token, world.model.key, "a client's secret", "a secret of forty"):
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


def test_of_several_jiras_one_is_named(world: World) -> None:
    with Served(StandInJira().app) as other:
        second = {**world.jira_fields, "base_url": f"{other.url}/jira", "pat": "another"}
        from tests.configured import configured

        configured(jira=[world.jira_fields, second])
        refused = run("--issue", "PAY-1")
        assert refused.exit_code == 1
        assert "Name the Jira with --jira" in refused.output
        assert "No comment mentions" in run("--issue", "PAY-1", "--jira", f"{world.base_url}/").stdout


def test_nothing_is_configured(django_db: Path) -> None:
    result = run("--json")
    assert result.exit_code == 1
    causes = [check["cause"] for check in json.loads(result.stdout)["checks"]]
    assert "No Jira is configured." in causes
    assert "No model is named: no agent can work." in causes
