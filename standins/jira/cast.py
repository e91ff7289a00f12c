"""The people and issues of every rehearsal and every test."""

from dataclasses import dataclass

from standins.jira.jira import StandInJira
from standins.jira.records import User

_TOTAL = """The total of a cart is wrong as soon as somebody buys more than one of an article.

h3. How to see it
{code:python}
cart = Cart()
cart.add("tea", "4.20", quantity=3)
cart.total()  # 4.20, and should be 12.60
{code}

{{Cart.total}} in {{shop/cart.py}} adds the prices and ignores the quantities.
The test {{test_the_total_counts_quantities}} shows it: {{python3 -m unittest}}

Repository: Acme/web-app"""
_EMPTY = """{{Cart.add}} takes a price below zero, and the total then shrinks.
A negative price should be refused with a ValueError, as a quantity below 1 is.

Repository: Acme/web-app"""
_SLOW = """Some customers say that the shop is slow in the evening.

* Nobody has measured it yet.
* It may be the database."""


@dataclass(frozen=True)
class People:
    """Who is who, one name per role."""

    linked: User
    unlinked: User
    without_account: User
    administrator: User
    attacker: User
    bot: User


def acme(jira: StandInJira) -> People:
    """Fill the Jira: the cast, the project PAY and its three issues."""
    people = _people(jira)
    developers = (people.linked, people.unlinked, people.without_account, people.administrator, people.bot)
    roles = {"Developers": developers, "Administrators": (people.administrator,)}
    jira.project("PAY", "Payments", lead=people.administrator, roles=roles)
    jira.add_issue("PAY", "The total of a cart ignores quantities", by=people.linked, description=_TOTAL)
    jira.add_issue("PAY", "A cart takes negative prices", by=people.unlinked, description=_EMPTY)
    jira.add_issue("PAY", "The shop is slow in the evening", by=people.linked, description=_SLOW, type_name="Task")
    return people


def _people(jira: StandInJira) -> People:
    return People(
        linked=jira.add_user("lina", "Lina Linde", key="JIRAUSER10101", email="lina.linde@acme.example"),
        unlinked=jira.add_user("uwe", "Uwe Ungar", key="JIRAUSER10102", email="uwe.ungar@acme.example"),
        without_account=jira.add_user("olga", "Olga Ohm", key="JIRAUSER10103", email="olga.ohm@acme.example"),
        administrator=jira.add_user(
            "ada", "Ada Adler", key="JIRAUSER10100", email="ada.adler@acme.example", administrator=True
        ),
        attacker=jira.add_user("mallory", "Mallory", key="JIRAUSER10666", email="mallory@acme.example"),
        bot=jira.add_user("openhands", "OpenHands", key="JIRAUSER10001", email="openhands-bot@acme.example"),
    )
