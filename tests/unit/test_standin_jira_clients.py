"""Two public Jira clients work against the stand-in with a personal access token, as they do against a Jira."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import atlassian
import jira
import pytest
import requests

from standins.jira.records import User
from tests.unit.test_standin_jira import Play, playing

LINK = {"url": "https://forge.acme.example/Acme/web-app/pull/1", "title": "Pull request 1"}


@pytest.fixture
def play() -> Iterator[Play]:
    with playing() as play:
        yield play


def connected(play: Play, user: User) -> Any:
    """A client of pycontribs."""
    return jira.JIRA(play.url, token_auth=play.jira.token_for(user))


class TestPycontribs:
    @pytest.fixture
    def client(self, play: Play) -> Iterator[Any]:
        with closing(connected(play, play.people.bot)) as client:
            yield client

    def test_server_and_myself(self, client: Any) -> None:
        assert client.server_info()["deploymentType"] == "Server"
        assert client._version[:2] == (10, 3)
        assert client.myself()["key"] == "JIRAUSER10001"
        assert client.my_permissions()["permissions"]["ADMINISTER"]["havePermission"] is False

    def test_an_issue(self, client: Any) -> None:
        issue = client.issue("PAY-1", expand="changelog")
        assert issue.fields.summary == "The total of a cart ignores quantities"
        assert issue.fields.reporter.name == "lina"
        assert issue.changelog.histories == []

    def test_create_and_delete_an_issue(self, play: Play, client: Any) -> None:
        issue = client.create_issue(project="PAY", summary="New", description="x", issuetype="Task")
        assert (issue.key, issue.fields.issuetype.name) == ("PAY-4", "Task")
        with closing(connected(play, play.people.administrator)) as administrator:
            administrator.issue("PAY-4").delete()
        with pytest.raises(jira.JIRAError, match="Issue Does Not Exist"):
            client.issue("PAY-4")

    def test_comments(self, play: Play, client: Any) -> None:
        comment = client.add_comment("PAY-1", "working", visibility={"type": "role", "value": "Developers"})
        assert comment.visibility.value == "Developers"
        comment.update(body="done")
        assert [one.body for one in client.comments("PAY-1")] == ["done"]
        assert client.comment("PAY-1", comment.id).author.key == "JIRAUSER10001"
        comment.delete()
        assert play.jira.comments("PAY-1") == []

    def test_labels(self, play: Play, client: Any) -> None:
        issue = client.issue("PAY-1")
        issue.update(update={"labels": [{"add": "openhands"}]})
        assert issue.fields.labels == ["openhands"]
        issue.add_field_value("labels", "second")
        issue.update(fields={"labels": ["second"]})
        assert play.jira.issue("PAY-1").labels == ["second"]

    def test_search(self, client: Any) -> None:
        found = client.search_issues("project = PAY ORDER BY key", maxResults=2, fields="Summary,labels")
        assert ([issue.key for issue in found], found.total) == (["PAY-1", "PAY-2"], 3)
        with pytest.raises(jira.JIRAError, match="does not exist"):
            client.search_issues("flavour = sweet")

    def test_remote_links(self, play: Play, client: Any) -> None:
        with pytest.warns(Warning, match="Unable to gather applicationlinks"):
            link = client.add_remote_link("PAY-1", LINK, globalId="handover-1")
        assert [one.globalId for one in client.remote_links("PAY-1")] == ["handover-1"]
        assert client.remote_link("PAY-1", link.id).object.title == "Pull request 1"
        assert len(play.jira.remote_links("PAY-1")) == 1

    def test_people_and_projects(self, client: Any) -> None:
        assert client.user("lina").key == "JIRAUSER10101"
        assert [user.name for user in client.search_users("olga")] == ["olga"]
        assert client.project("PAY").lead.name == "ada"
        assert [project.key for project in client.projects()] == ["PAY"]

    def test_properties(self, client: Any) -> None:
        client.add_issue_property("PAY-1", "handover", {"run": 1})
        assert client.issue_property("PAY-1", "handover").value.run == 1

    def test_a_bad_token(self, play: Play) -> None:
        client = jira.JIRA(play.url, token_auth="wrong", max_retries=0)
        with closing(client), pytest.raises(jira.JIRAError, match="must be authenticated"):
            client.myself()


class TestAtlassian:
    @pytest.fixture
    def client(self, play: Play) -> Iterator[Any]:
        with atlassian.Jira(url=play.url, token=play.jira.token_for(play.people.bot)) as client:
            yield client

    def test_server_and_myself(self, client: Any) -> None:
        assert client.get_server_info()["deploymentType"] == "Server"
        assert client.myself()["name"] == "openhands"
        assert client.user("lina")["key"] == "JIRAUSER10101"

    def test_an_issue(self, client: Any) -> None:
        assert client.issue("PAY-1")["fields"]["labels"] == []
        assert client.issue_field_value("PAY-1", "summary") == "The total of a cart ignores quantities"
        fields = {"project": {"key": "PAY"}, "summary": "New", "issuetype": {"name": "Bug"}}
        assert client.create_issue(fields)["key"] == "PAY-4"

    def test_comments(self, play: Play, client: Any) -> None:
        comment = client.issue_add_comment("PAY-1", "working")
        client.issue_edit_comment("PAY-1", comment["id"], "done")
        assert [one["body"] for one in client.issue_get_comments("PAY-1")["comments"]] == ["done"]
        assert client.issue_get_comment("PAY-1", comment["id"])["author"]["name"] == "openhands"
        client.set_comment_property(comment["id"], "handover", {"run": 1})
        assert client.get_comment_property(comment["id"], "handover")["value"] == {"value": {"run": 1}}
        assert play.jira.comments("PAY-1")[0].body == "done"

    def test_labels(self, client: Any) -> None:
        client.update_issue_field("PAY-1", {"labels": ["openhands"]})
        client.issue_update("PAY-1", {}, update={"labels": [{"add": "second"}]})
        assert client.get_issue_labels("PAY-1") == ["openhands", "second"]

    def test_search(self, client: Any) -> None:
        found = client.jql("project = PAY AND key in (PAY-1, PAY-3) ORDER BY key", limit=1)
        assert (found["total"], [issue["key"] for issue in found["issues"]]) == (2, ["PAY-1"])
        with pytest.raises(requests.HTTPError, match="does not exist"):
            client.jql("flavour = sweet")

    def test_remote_links(self, client: Any) -> None:
        for title in ("Pull request", "Pull request 1"):
            client.create_or_update_issue_remote_links("PAY-1", LINK["url"], title, global_id="handover-1")
        (link,) = client.get_issue_remote_links("PAY-1")
        assert link["object"]["title"] == "Pull request 1"
        client.delete_issue_remote_link_by_id("PAY-1", link["id"])
        assert client.get_issue_remote_links("PAY-1") == []

    def test_project(self, client: Any) -> None:
        assert client.project("PAY")["name"] == "Payments"
        assert [project["key"] for project in client.projects()] == ["PAY"]
