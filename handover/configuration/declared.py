"""Every field of the configuration: group by group, as the Admin Console shows them."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal

from django.core.validators import validate_email

from handover.configuration.fields import (
    address,
    amount,
    certificates,
    choice,
    flag,
    host,
    names,
    secret,
    text,
    whole,
)
from handover.configuration.secret import Secret
from handover.configuration.spelling import group_name, mention_word, one_word, project_key, slug_word

Problems = Iterator[tuple[str, str]]


class Group:
    """Fields that are configured together."""

    title: ClassVar[str]
    about: ClassVar[str]
    # What the address of the group's secrets is made of.
    address_fields: ClassVar[tuple[str, ...]] = ("base_url",)

    @property
    def address(self) -> str:
        """The address that the group's secrets belong to; "" where it has none."""
        return str(getattr(self, "base_url", ""))

    def problems(self) -> Problems:
        """What does not fit together: a field's name and a sentence."""
        yield from ()


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


@dataclass(frozen=True, kw_only=True)
class Trust(Group):
    """Further certificate authorities."""

    title: ClassVar[str] = "Additional Trusted CA Certificates"
    about: ClassVar[str] = "For a private CA. They hold for every connection that Handover makes, beside the system's."

    certificates: str = certificates(
        label="Certificates (PEM)",
        help="One or several, one after the other. Roots are enough where servers send their intermediates.",
        variable="HANDOVER_CA",
    )


@dataclass(frozen=True, kw_only=True)
class Model(Group):
    """The model that agents work with."""

    title: ClassVar[str] = "Model"
    about: ClassVar[str] = "Agents reach it through Handover's gateway, which puts the key in outside the sandbox."

    name: str = text(
        "",
        label="Name",
        help="With its provider's prefix as OpenHands wants it, such as openai/gpt-5.",
        variable="HANDOVER_MODEL",
        also=("LLM_MODEL",),
        checks=(one_word,),
    )
    base_url: str = address(
        "https://api.openai.com/v1",
        label="Base URL",
        help="Where chat completions are asked for, without /chat/completions.",
        variable="HANDOVER_MODEL_BASE_URL",
        also=("LLM_BASE_URL",),
        example="https://api.openai.com/v1",
    )
    key: Secret = secret(
        label="Key",
        help="The gateway alone holds it; no sandbox ever sees it.",
        variable="HANDOVER_MODEL_KEY",
        also=("LLM_API_KEY",),
    )
    input_price: Decimal = amount(
        "0.000003",
        label="Cost of one input token",
        help="In the currency of the ceiling. 3 for a million tokens is 0.000003.",
        variable="HANDOVER_INPUT_PRICE",
    )
    output_price: Decimal = amount(
        "0.000015",
        label="Cost of one output token",
        help="In the same currency.",
        variable="HANDOVER_OUTPUT_PRICE",
    )

    def problems(self) -> Problems:
        """Without a base URL nothing is asked."""
        if not self.base_url:
            yield "base_url", "Say where the model is, like https://api.openai.com/v1."


@dataclass(frozen=True, kw_only=True)
class Agents(Group):
    """Where agents run, and how many."""

    title: ClassVar[str] = "Agents"
    about: ClassVar[str] = "Each run has a sandbox of its own."

    sandbox: Literal["bubblewrap", "none"] = choice(
        "bubblewrap",
        of={"bubblewrap": "Bubblewrap", "none": "None: isolates nothing, for machines that are thrown away"},
        label="Sandbox",
        help="Where an agent runs. A change holds for runs that start afterwards.",
        variable="HANDOVER_SANDBOX",
    )
    at_once: int = whole(
        4,
        least=1,
        most=1000,
        label="Agents at once",
        help="Further runs wait for a free place. An agent takes some 350 MB of memory.",
        variable="HANDOVER_AGENTS_AT_ONCE",
    )
    memory_megabytes: int = whole(
        4096,
        least=256,
        most=1_000_000,
        label="Memory of one process (MB)",
        help="The most that one process in a sandbox may hold for itself; an agent-server takes some 350.",
        variable="HANDOVER_SANDBOX_MEMORY_MEGABYTES",
    )
    file_megabytes: int = whole(
        2048,
        least=16,
        most=1_000_000,
        label="Largest file (MB)",
        help="The largest single file that a process in a sandbox may write.",
        variable="HANDOVER_SANDBOX_FILE_MEGABYTES",
    )


@dataclass(frozen=True, kw_only=True)
class ForgeHost(Group):
    """One Git host that is allowed."""

    title: ClassVar[str] = "Forges"
    about: ClassVar[str] = "The Git hosts that agents may work on. Nothing is ever sent to another."

    kind: Literal["github"] = choice(
        "github",
        of={"github": "GitHub or GitHub Enterprise Server"},
        label="Kind",
        help="The dialect that the host speaks.",
        variable="KIND",
    )
    base_url: str = address(
        "",
        label="Base URL",
        help="As people open it, such as https://github.example.com.",
        variable="BASE_URL",
        example="https://github.example.com",
    )
    client_id: str = text(
        "",
        label="OAuth client ID",
        help="Of a GitHub App or an OAuth App. Without one, members use personal access tokens.",
        variable="OAUTH_CLIENT_ID",
    )
    client_secret: Secret = secret(
        label="OAuth client secret",
        help="Shown by the forge beside the client ID.",
        variable="OAUTH_CLIENT_SECRET",
    )

    def problems(self) -> Problems:
        """An address always; a client has both halves."""
        if not self.base_url:
            yield "base_url", "Say where the forge is, like https://github.example.com."
        if self.client_id and not self.client_secret:
            yield "client_secret", "The OAuth client needs its secret for this address, or leave the client ID empty."


@dataclass(frozen=True, kw_only=True)
class Start(Group):
    """Who may start an agent."""

    title: ClassVar[str] = "Who may start"
    about: ClassVar[str] = (
        "Jira projects and Jira groups. Empty lists allow everybody who is linked; denied always wins."
    )

    allowed_projects: tuple[str, ...] = names(
        label="Only these projects",
        help="Project keys with commas between them, such as PAY, WEB.",
        variable="HANDOVER_ALLOWED_PROJECTS",
        each=project_key,
    )
    denied_projects: tuple[str, ...] = names(
        label="Never these projects",
        help="Project keys.",
        variable="HANDOVER_DENIED_PROJECTS",
        each=project_key,
    )
    allowed_groups: tuple[str, ...] = names(
        label="Only members of these Jira groups",
        help="Names of groups, one a line or with commas, such as jira-software-users. One is enough.",
        variable="HANDOVER_ALLOWED_GROUPS",
        each=group_name,
    )
    denied_groups: tuple[str, ...] = names(
        label="Never members of these Jira groups",
        help="Names of groups, one a line or with commas between them.",
        variable="HANDOVER_DENIED_GROUPS",
        each=group_name,
    )


@dataclass(frozen=True, kw_only=True)
class SignIn(Group):
    """How people sign in here."""

    title: ClassVar[str] = "Sign-in"
    about: ClassVar[str] = "Members come by an invitation, or by a first sign-in with a provider below."

    local: bool = flag(
        default=True,
        label="Local accounts may sign in with a password",
        help="Administrators always may, so that nobody is locked out when a provider fails.",
        variable="HANDOVER_LOCAL_SIGN_IN",
    )


@dataclass(frozen=True, kw_only=True)
class Oidc(Group):
    """One OpenID Connect provider."""

    title: ClassVar[str] = "OpenID Connect"
    about: ClassVar[str] = "A provider that people sign in with. Each is a button on the sign-in page."

    name: str = text("", label="Name", help="What the button says, such as Acme.", variable="NAME", most=60)
    slug: str = text(
        "",
        label="Short name",
        help="In its addresses: small letters, digits and hyphens, such as acme. Not changed later.",
        variable="SLUG",
        checks=(slug_word,),
        most=40,
        once=True,
    )
    base_url: str = address(
        "",
        label="Issuer",
        help="The provider's address; below it is /.well-known/openid-configuration.",
        variable="BASE_URL",
        example="https://login.example.com/realms/acme",
    )
    client_id: str = text(
        "",
        label="Client ID",
        help="As the provider shows it. It asks for a redirect URI: this Handover's /sign-in/with/SHORT-NAME/callback.",
        variable="CLIENT_ID",
    )
    client_secret: Secret = secret(label="Client secret", help="As the provider shows it.", variable="CLIENT_SECRET")
    sign_up: bool = flag(
        default=False,
        label="A first sign-in makes an account",
        help="Off, only who is invited or has an account already comes in.",
        variable="SIGN_UP",
    )
    administrators_group: str = text(
        "",
        label="Administrators' group",
        help="The claim `groups` decides at each sign-in who is an administrator, both ways. Empty: no change.",
        variable="ADMINISTRATORS_GROUP",
    )

    def problems(self) -> Problems:
        """All of it is needed."""
        for name, what in (("name", "a name"), ("slug", "a short name"), ("client_id", "a client ID")):
            if not getattr(self, name):
                yield name, f"The provider needs {what}."
        if not self.base_url:
            yield "base_url", "Say where the provider is, like https://login.example.com/realms/acme."
        if not self.client_secret:
            yield "client_secret", "The provider needs the client secret for this address."


@dataclass(frozen=True, kw_only=True)
class Mail(Group):
    """The mail server that invitations and resets go out by."""

    title: ClassVar[str] = "Mail"
    about: ClassVar[str] = "For invitations and forgotten passwords. Without a server, links are handed over by hand."
    address_fields: ClassVar[tuple[str, ...]] = ("host", "port", "security")

    host: str = host(
        "", label="Server", help="Its name, such as mail.example.com. Empty: no mail.", variable="HANDOVER_MAIL_HOST"
    )
    port: int = whole(
        587, least=1, most=65535, label="Port", help="587 with STARTTLS, 465 with TLS.", variable="HANDOVER_MAIL_PORT"
    )
    security: Literal["starttls", "tls", "none"] = choice(
        "starttls",
        of={"starttls": "STARTTLS", "tls": "TLS", "none": "None: passwords and links go in clear"},
        label="Security",
        help="How the connection is protected.",
        variable="HANDOVER_MAIL_SECURITY",
    )
    user: str = text("", label="User", help="Empty: no log-in.", variable="HANDOVER_MAIL_USER")
    password: Secret = secret(label="Password", help="Of that user.", variable="HANDOVER_MAIL_PASSWORD", checks=())
    sender: str = text(
        "",
        label="Sender",
        help="The address that mail comes from, such as handover@example.com.",
        variable="HANDOVER_MAIL_SENDER",
        checks=(validate_email,),
    )

    @property
    def address(self) -> str:
        """The server and how it is spoken to: its password is sent to no other, and not with less protection."""
        scheme = {"starttls": "smtp+starttls", "tls": "smtps", "none": "smtp"}[self.security]
        return f"{scheme}://{self.host}:{self.port}" if self.host else ""

    def problems(self) -> Problems:
        """A server needs a sender."""
        if self.host and not self.sender:
            yield "sender", "Name the address that mail comes from."
        if self.user and not self.password:
            yield "password", "The user needs a password for this server, or leave the user empty."


@dataclass(frozen=True, kw_only=True)
class Limits(Group):
    """What one run may use up."""

    title: ClassVar[str] = "Limits"
    about: ClassVar[str] = "Of one run. Whoever reaches one is told so on the issue."

    ceiling: Decimal = amount(
        "5",
        label="Cost ceiling",
        help="The most that one run may cost, in the currency of the token costs; the gateway stops there.",
        variable="HANDOVER_RUN_CEILING",
        least="0.01",
    )
    steps: int = whole(
        100, least=1, label="Steps", help="The most steps that an agent takes.", variable="HANDOVER_RUN_STEPS"
    )
    seconds: int = whole(
        3600, least=10, label="Seconds", help="The longest that one run may take.", variable="HANDOVER_RUN_SECONDS"
    )
    work_megabytes: int = whole(
        50,
        least=1,
        most=2000,
        label="Size of the change (MB)",
        help="The most that one run's change may weigh.",
        variable="HANDOVER_WORK_MEGABYTES",
    )


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

    def forge_at(self, base_url: str) -> ForgeHost | None:
        """The forge of this base URL, where it is configured."""
        return next((one for one in self.forges if one.base_url == base_url), None)


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
