"""Who comes in, and who may start an agent."""

from dataclasses import dataclass
from typing import ClassVar

from handover.configuration.fields import address, flag, names, secret, text
from handover.configuration.groups.group import Group, Problems
from handover.configuration.secret import Secret
from handover.configuration.spelling import group_name, project_key, slug_word


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
