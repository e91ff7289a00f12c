"""The whole configuration: every group, in the order of the Admin Console."""

from dataclasses import dataclass

from handover.configuration.groups.forge import ForgeHost
from handover.configuration.groups.group import Group
from handover.configuration.groups.jira import JiraHost
from handover.configuration.groups.network import Mail, Trust
from handover.configuration.groups.people import Oidc, SignIn, Start
from handover.configuration.groups.work import Agents, Limits, Model

__all__ = [
    "Agents",
    "Configuration",
    "ForgeHost",
    "Group",
    "JiraHost",
    "Limits",
    "Mail",
    "Model",
    "Oidc",
    "SignIn",
    "Start",
    "Trust",
]


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """All of it, as it holds now. `number` is its version; 0 before the first."""

    number: int = 0
    jira: tuple[JiraHost, ...] = ()
    trust: Trust = Trust()
    model: Model = Model()
    agents: Agents = Agents()
    forges: tuple[ForgeHost, ...] = ()
    start: Start = Start()
    sign_in: SignIn = SignIn()
    oidc: tuple[Oidc, ...] = ()
    mail: Mail = Mail()
    limits: Limits = Limits()

    def jira_at(self, base_url: str) -> JiraHost | None:
        """The Jira of this base URL, where it is configured."""
        return next((one for one in self.jira if one.base_url == base_url), None)


# In the order of the Admin Console. Those in the second table may exist several times.
SINGLE: dict[str, type[Group]] = {
    "trust": Trust,
    "model": Model,
    "agents": Agents,
    "start": Start,
    "sign_in": SignIn,
    "mail": Mail,
    "limits": Limits,
}
SEVERAL: dict[str, type[Group]] = {"jira": JiraHost, "forges": ForgeHost, "oidc": Oidc}
PREFIXES = {"jira": "HANDOVER_JIRA", "forges": "HANDOVER_FORGE", "oidc": "HANDOVER_OIDC"}
ORDER = ("jira", "trust", "model", "agents", "forges", "start", "sign_in", "oidc", "mail", "limits")


def kind_of(name: str) -> type[Group]:
    """The group of this name in a document."""
    return SINGLE.get(name) or SEVERAL[name]
