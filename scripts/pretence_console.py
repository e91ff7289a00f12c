"""What an invented administrator has configured, version by version, and what came of it."""

from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress

from handover.configuration import plain, store
from handover.configuration.documents import Document, read
from handover.configuration.models import Process, Version
from handover.configuration.vault import vault
from handover.connections import reasons
from handover.connections.models import Connection, DoorTally
from handover.lib import clock
from handover.members.models import ForgeAccount, JiraLink, Member
from scripts.pretence import PASSWORD
from scripts.pretence_company import FORGE, JIRA, MAIL, MAIL_PORT, MODEL, SECRET, Company
from standins.jira.records import User

BASE_URL = f"https://{JIRA}/jira"
DELIVERIES = 41
MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("minutes", "hours", "days"))


def pretend_console(company: Company) -> None:
    """After `pretend` and before `pretend_people`, which adds the version with the provider."""
    jira = {
        "enabled": True,
        "base_url": BASE_URL,
        "bot_email": company.bot.email,
        "pat": company.pat,
        "client_id": company.client.id,
        "client_secret": company.client.secret,
    }
    mail = {"host": MAIL, "port": MAIL_PORT, "security": "starttls", "sender": "handover@acme.example"}
    _written("ada", jira=[jira], trust={"certificates": company.authority.root_pem})
    _written("ada", model={"name": "openai/gpt-5", "base_url": f"https://{MODEL}/v1", "key": company.model.key})
    _written("ada", forges=[{"base_url": f"https://{FORGE}"}], mail=mail)
    _written("petra", limits={"ceiling": "8", "steps": 150}, start={"allowed_projects": ["PAY", "WEB"]})
    _linked(company)
    _connected()


def told_by_two_processes() -> None:
    """Both have the newest version, and were seen just now."""
    for number, age in ((1, 9 * DAY), (2, 2 * HOUR)):
        told = {"pid": 16 + number, "started_at": clock.now() - age, "seen_at": clock.now()}
        Process.objects.update_or_create(
            host=f"handover-{number}", defaults={**told, "version": store.refresh().number}
        )


def saved_over_days() -> None:
    """The versions were not all saved in this second."""
    for version, age in zip(Version.objects.order_by("-number"), (HOUR, 26 * HOUR, 9 * DAY, 9 * DAY), strict=False):
        Version.objects.filter(number=version.number).update(at=clock.now() - age)


def webhook_is(state: Connection.Webhook) -> None:
    """How the webhook stands."""
    Connection.objects.update(webhook_state=state)


def nothing_delivered() -> None:
    """Jira has delivered nothing yet."""
    DoorTally.objects.all().delete()


def well(company: Company) -> None:
    """Nothing is wrong anywhere."""
    company.forge_certificate("good")
    company.hook.deliveries.clear()
    for _ in range(DELIVERIES):
        company.delivered("success", 200)
    DoorTally.objects.filter(outcome=DoorTally.Outcome.REFUSED).delete()
    _counted(DoorTally.Outcome.IGNORED, "comment_created", "No mention in the comment.", DELIVERIES)


def ill(company: Company) -> None:
    """The forge's certificate has ended, and somebody has changed the webhook's secret in Jira."""
    company.forge_certificate("expired")
    company.delivered("failure", 403)
    _counted(DoorTally.Outcome.REFUSED, "", reasons.ANOTHER_SECRET, 3)


def _written(by: str, **groups: Any) -> None:
    def change(before: Document) -> Document:
        return plain.document_of({**plain.exported(read(before)), **groups}, before=before)

    store.write(change, by=by)


def _linked(company: Company) -> None:
    people, connection = company.people, Connection.objects.get()
    uwe = Member.objects.create_user("uwe", email="uwe.ungar@acme.example", password=PASSWORD)
    EmailAddress.objects.create(user=uwe, email=uwe.email, verified=True, primary=True)
    for user in (people.linked, people.administrator):
        _link(user, connection)
    token = vault().seal("an invented token", address=f"https://{FORGE}")
    ForgeAccount.objects.create(
        member=Member.objects.get(username="lina"),
        forge_url=f"https://{FORGE}",
        login="lina-linde",
        name="Lina Linde",
        email="lina.linde@acme.example",
        sealed_token=token,
        last_four="7f3c",
        scopes="repo, workflow",
        token_until=clock.now() + 80 * DAY,
        checked_at=clock.now() - 3 * MINUTE,
    )


def _link(user: User, connection: Connection) -> None:
    member = Member.objects.get(username=user.name)
    about = {"user_key": user.key, "user_name": user.name, "display_name": user.display_name}
    JiraLink.objects.create(member=member, connection=connection, how=JiraLink.How.OAUTH, **about)


def _connected() -> None:
    connection = Connection.objects.get()
    connection.sealed_webhook_secret = vault().seal(SECRET, address=connection.base_url)
    connection.webhook_state = Connection.Webhook.ACTIVE
    connection.save()


def _counted(outcome: DoorTally.Outcome, event: str, reason: str, count: int) -> None:
    counted = {"count": count, "first_at": clock.now() - 3 * HOUR, "last_at": clock.now()}
    DoorTally.objects.update_or_create(
        connection_id=Connection.objects.get().id, outcome=outcome, event=event, reason=reason, defaults=counted
    )
