"""The Git hosts."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from handover.configuration.fields import address, choice, secret, text
from handover.configuration.groups.group import Group, Problems
from handover.configuration.secret import Secret


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
