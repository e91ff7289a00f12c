"""What has ended is cleared away, and nothing else."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from handover.connections.models import Connection
from handover.lib import clock
from handover.members import tidying
from handover.members.models import Invitation, Told


@pytest.mark.usefixtures("django_db")
def test_what_has_ended_goes() -> None:
    now = clock.now()
    connection = Connection.objects.create(base_url="https://jira.acme.example")
    for name, days in (("old", -40), ("ended", -1), ("new", 1)):
        until = now + timedelta(days=days)
        Session.objects.create(session_key=name, session_data="", expire_date=until)
        Invitation.objects.create(email=f"{name}@acme.example", token_hash=name, created_at=now, until=until)
        about = {"connection": connection, "issue_id": "1", "user_key": "k", "sentence": name, "run_id": connection.id}
        Told.objects.create(day=until.date(), **about)
    tidying.tidy()
    assert [one.session_key for one in Session.objects.all()] == ["new"]
    assert {one.token_hash for one in Invitation.objects.all()} == {"ended", "new"}
    assert {one.sentence for one in Told.objects.all()} == {"ended", "new"}
