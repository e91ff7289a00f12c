"""The Jira Data Centers."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from django.core.validators import validate_email

from handover.configuration.fields import address, choice, flag, secret, text
from handover.configuration.groups.group import Group, Problems
from handover.configuration.secret import Secret
from handover.configuration.spelling import mention_word, one_word


@dataclass(frozen=True, kw_only=True)
class JiraHost(Group):
    """One Jira Data Center. Its identity is its whole base URL."""

    title: ClassVar[str] = "Jira Data Center Integration"
    about: ClassVar[str] = "The Jira whose issues start agents, and the account that reads and comments there for us."

    enabled: bool = flag(
        default=False,
        label="Enable the integration",
        help="Off, the Jira Data Center card is gone from the settings and nothing starts.",
        variable="ENABLED",
    )
    base_url: str = address(
        "",
        label="Base URL",
        help="As people open Jira, with its port and context path, such as https://jira.example.com/jira.",
        variable="BASE_URL",
        example="https://jira.example.com",
    )
    linking: Literal["oauth", "email"] = choice(
        "oauth",
        of={"oauth": "OAuth (recommended)", "email": "E-mail match"},
        label="User linking method",
        help="OAuth proves who a member is in Jira. An e-mail match only proposes it, and each member confirms.",
        variable="LINKING",
    )
    bot_email: str = text(
        "",
        label="Service account e-mail",
        help="The address of the Jira account that comments for Handover.",
        variable="SERVICE_ACCOUNT_EMAIL",
        checks=(validate_email,),
    )
    pat: Secret = secret(
        label="Service account PAT",
        help="A personal access token of that account. In Jira: profile > Personal Access Tokens.",
        variable="SERVICE_ACCOUNT_PAT",
    )
    client_id: str = text(
        "",
        label="OAuth client ID",
        help="In Jira: Administration > Applications > Application links > Create link > External > Incoming.",
        variable="OAUTH_CLIENT_ID",
        only_with=("linking", "oauth"),
    )
    client_secret: Secret = secret(
        label="OAuth client secret",
        help="Shown by Jira beside the client ID.",
        variable="OAUTH_CLIENT_SECRET",
        only_with=("linking", "oauth"),
    )
    scope: Literal["READ", "WRITE"] = choice(
        "READ",
        of={"READ": "READ (enough)", "WRITE": "WRITE"},
        label="OAuth scope",
        help="The token only reads an issue as the member sees it. WRITE is for a client in Jira that allows no less.",
        variable="OAUTH_SCOPE",
        only_with=("linking", "oauth"),
    )
    confirm_email_match: bool = flag(
        default=True,
        label="Members confirm an e-mail match",
        help="People can edit their own address in Jira: without the confirmation, whoever does so may act as another.",
        variable="CONFIRM_EMAIL_MATCH",
        only_with=("linking", "email"),
    )
    mention: str = text(
        "@openhands",
        label="Mention",
        help="The word in a comment that starts the agent.",
        variable="MENTION",
        checks=(mention_word,),
        most=60,
    )
    label: str = text(
        "openhands",
        label="Label",
        help="The label that starts the agent. Labels have no spaces.",
        variable="LABEL",
        checks=(one_word,),
        most=60,
    )

    @property
    def links_unconfirmed(self) -> bool:
        """Whether an address in Jira alone decides who is who."""
        return self.enabled and self.linking == "email" and not self.confirm_email_match

    def problems(self) -> Problems:
        """Base URL and PAT always; the client only with OAuth."""
        if not self.base_url:
            yield "base_url", "Say where Jira is, like https://jira.example.com."
        if not self.enabled:
            return
        if not self.pat:
            yield "pat", "The service account needs a personal access token for this address."
        if not self.bot_email:
            yield "bot_email", "Name the service account's address, so that the token can be held against it."
        if self.linking == "oauth" and not self.client_id:
            yield "client_id", "OAuth needs the client ID that Jira shows, or choose the e-mail match."
        if self.linking == "oauth" and not self.client_secret:
            yield "client_secret", "OAuth needs the client secret for this address, or choose the e-mail match."
