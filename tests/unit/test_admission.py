"""Who may start an agent: decided at the beginning, and again whenever something is about to happen."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress

from handover.configuration.declared import Start
from handover.connections.models import Connection
from handover.lib import clock
from handover.members.models import ForgeAccount, JiraLink, Member, Told
from handover.runs import asking, seen
from handover.runs.admission import admit, allowed, still_admitted
from handover.runs.endings import Ended
from handover.runs.models import Run
from handover.runs.records import run_of
from standins.jira import StandInJira
from standins.jira import cast as jira_cast
from standins.serving import Served
from tests.configured import add_jira, configured

STARTS: dict[str, tuple[Start, str, set[str], bool]] = {
    "nothing is said": (Start(), "PAY", set(), True),
    "an allowed project": (Start(allowed_projects=("PAY",)), "PAY", set(), True),
    "in other letters": (Start(allowed_projects=("pay",)), "PAY", set(), True),
    "not an allowed project": (Start(allowed_projects=("WEB",)), "PAY", set(), False),
    "a denied project": (Start(denied_projects=("PAY",)), "PAY", set(), False),
    "allowed and denied": (Start(allowed_projects=("PAY",), denied_projects=("PAY",)), "PAY", set(), False),
    "a name that only begins so": (Start(denied_projects=("PAYROLL",)), "PAY", set(), True),
    "in an allowed group": (Start(allowed_groups=("Domain Users",)), "PAY", {"domain users"}, True),
    "in no allowed group": (Start(allowed_groups=("devs",)), "PAY", {"others"}, False),
    "in one of several": (Start(allowed_groups=("devs", "ops")), "PAY", {"ops"}, True),
    "in a denied group": (Start(denied_groups=("guests",)), "PAY", {"devs", "guests"}, False),
    "in an allowed and a denied group": (
        Start(allowed_groups=("devs",), denied_groups=("guests",)),
        "PAY",
        {"devs", "guests"},
        False,
    ),
    "an allowed group in a denied project": (
        Start(allowed_groups=("devs",), denied_projects=("PAY",)),
        "PAY",
        {"devs"},
        False,
    ),
}


@pytest.mark.parametrize(("start", "project", "groups", "may"), STARTS.values(), ids=STARTS)
def test_who_may_start(start: Start, project: str, groups: set[str], may: bool) -> None:
    assert allowed(start, project=project, groups=frozenset(groups)) is may


@dataclass
class Asked:
    """Lina, linked and with a forge account, has asked; her run has begun."""

    run: Run
    member: Member
    other: Member
    stop_jira: Callable[[], None]

    def again(self) -> Run:
        return asyncio.run(run_of(str(self.run.id)))

    def link(self) -> JiraLink:
        return JiraLink.objects.get(user_key=self.run.asker_key)


@pytest.fixture
def asked(django_db: Path) -> Iterator[Asked]:
    jira = StandInJira()
    people = jira_cast.acme(jira)
    with Served(jira.app) as served:
        jira.base_url = f"{served.url}/jira"
        add_jira(jira.base_url, pat=jira.token_for(people.bot))
        configured(forges=[{"base_url": "https://git.acme.example"}])
        connection = Connection.objects.create(base_url=jira.base_url, bot_key=people.bot.key, bot_name=people.bot.name)
        lina, uwe = (Member.objects.create_user(name, email=f"{name}@acme.example") for name in ("lina", "uwe"))
        EmailAddress.objects.create(user=lina, email=people.linked.email, verified=True)
        JiraLink.objects.create(member=lina, connection=connection, user_key=people.linked.key)
        about = {
            "forge_url": "https://git.acme.example",
            "login": "l",
            "name": "L",
            "email": "l@x",
            "sealed_token": "x",
        }
        for member in (lina, uwe):
            ForgeAccount.objects.create(member=member, **about)
        run = Run.objects.create(
            connection=connection,
            dedupe_key="comment:1:1",
            kind=Run.Kind.MENTION,
            issue_id="10001",
            issue_key="PAY-1",
            asker_key=people.linked.key,
            asker_name=people.linked.name,
            asked_at=clock.now(),
        )
        yield Asked(run, lina, uwe, served.stop)
        jira.close()


TAKEN_BACK: dict[str, tuple[Callable[[Asked], object], str]] = {
    "the link": (lambda asked: asked.link().delete(), "not linked with your Jira user"),
    "the token of the link": (
        lambda asked: JiraLink.objects.update(lost_at=clock.now()),
        "no longer works",
    ),
    "the account": (
        lambda asked: Member.objects.filter(pk=asked.member.pk).update(is_active=False),
        "no Handover account that I know of",
    ),
    "the project": (lambda asked: configured(start={"denied_projects": ["PAY"]}), "You may not start an agent"),
    "the group": (lambda asked: configured(start={"denied_groups": ["jira-software-users"]}), "You may not start"),
    "the forge account": (lambda asked: asked.member.forge_accounts.all().delete(), "no account of yours"),
    "who the Jira user is": (
        lambda asked: JiraLink.objects.update(member=asked.other),
        "not linked with your Jira user",
    ),
}


@pytest.mark.parametrize(("take", "words"), TAKEN_BACK.values(), ids=TAKEN_BACK)
def test_what_is_taken_back_meanwhile_holds(asked: Asked, take: Callable[[Asked], object], words: str) -> None:
    asyncio.run(admit(asked.again()))
    assert asked.again().member_id == asked.member.pk
    take(asked)
    with pytest.raises(Ended) as ended:
        asyncio.run(admit(asked.again()))
    assert words in ended.value.told
    assert not asked.again().quiet, "nobody has told it yet"


def test_a_closed_account_lends_no_credential(asked: Asked) -> None:
    asyncio.run(admit(asked.again()))
    assert asyncio.run(asking.account_of(asked.again())).member_id == asked.member.pk
    Member.objects.update(is_active=False)
    with pytest.raises(Ended, match=r"account was closed.*Nothing was pushed"):
        asyncio.run(asking.account_of(asked.again()))
    Run.objects.update(branch="feature/PAY-1", commit="c0ffee")
    with pytest.raises(Ended, match="pushed to `feature/PAY-1`; there is no pull request"):
        asyncio.run(asking.account_of(asked.again()))


@pytest.mark.parametrize("name", ["the link", "the token of the link", "the account", "the project"])
def test_what_is_known_here_is_asked_without_jira(asked: Asked, name: str) -> None:
    asyncio.run(admit(asked.again()))
    asked.stop_jira()
    asyncio.run(still_admitted(asked.again()))
    TAKEN_BACK[name][0](asked)
    with pytest.raises(Ended):
        asyncio.run(still_admitted(asked.again()))


def test_groups_are_asked_again_before_the_push_alone(asked: Asked) -> None:
    asyncio.run(admit(asked.again()))
    configured(start={"denied_groups": ["jira-software-users"]})
    asyncio.run(still_admitted(asked.again()))
    with pytest.raises(Ended, match="You may not start"):
        asyncio.run(admit(asked.again()))


def test_whoever_disconnects_is_not_linked_again_by_their_own_run(asked: Asked) -> None:
    add_jira(asked.run.connection.base_url, pat=asked.run.connection.bot_token, confirm_email_match=False)
    asked.link().delete()
    asyncio.run(admit(asked.again()))
    assert asked.link().how == JiraLink.How.EMAIL, "linked at the first mention, by the address"
    asked.link().delete()
    with pytest.raises(Ended):
        asyncio.run(admit(asked.again()))
    assert not JiraLink.objects.exists()


def test_nobody_reads_with_the_bots_eyes_because_a_link_has_gone(asked: Asked) -> None:
    asyncio.run(admit(asked.again()))
    assert asyncio.run(seen.as_the_asker_sees(asked.again(), lambda jira: jira.myself())).name == "openhands"
    asked.link().delete()
    with pytest.raises(Ended, match="not linked with your Jira user"):
        asyncio.run(seen.as_the_asker_sees(asked.again(), lambda jira: jira.myself()))


def test_a_sentence_that_was_cut_off_by_a_crash_is_still_said(asked: Asked) -> None:
    asked.link().delete()
    for _ in range(2):
        with pytest.raises(Ended):
            asyncio.run(admit(asked.again()))
        assert not asked.again().quiet
    assert Told.objects.get().run_id == asked.run.id
