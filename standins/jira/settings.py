"""What an administrator, or a version whose behaviour is not settled, decides. Tests change these at any time."""

from dataclasses import dataclass, field
from typing import Literal

from standins.jira.lines import Line

EmailVisibility = Literal["show", "hide", "mask", "logged-in"]
BadToken = Literal["anonymous", "refused"]
SecretShown = Literal["hidden", "masked", "clear"]


@dataclass
class WebhookTraits:
    """What no document settles of the webhooks' API, and what may go wrong in it.

    `secret_shown`: what a webhook that is read back says of its secret. `keeps_secret` and `keeps_body`: whether it is
    as it was sent, or deliveries are unsigned or empty after all. `most_listed`: the most that a page holds, whatever
    is asked for. `pages`: whether `start` and `limit` are heeded; else everything is listed. `bare_writes`: a write is
    answered 204 without a body.
    """

    secret_shown: SecretShown = "hidden"
    keeps_secret: bool = True
    keeps_body: bool = True
    most_listed: int = 100
    pages: bool = True
    bare_writes: bool = False


@dataclass
class Settings:
    """The switches of one stand-in Jira.

    `bad_token`: a token that is not accepted is served as nobody, or refused with 401. `anonymous_issue`: what nobody
    is answered for an issue: 401, 403 or 404. `swapped`: the second event of a comment is sent first. `text_limit`
    counts UTF-16 units, 0 is none. `index_lag_seconds`: how long the search does not yet find a changed issue.
    `search_finds_hidden_emails`: whether people are found by an address that the searcher does not see.
    """

    line: Line
    comment_event_has_issue: bool
    swapped: bool = False
    event_gap_seconds: float = 0.01
    email_visibility: EmailVisibility = "show"
    bad_token: BadToken = "anonymous"
    anonymous_issue: int = 401
    text_limit: int = 32_767
    index_lag_seconds: float = 0.0
    search_finds_hidden_emails: bool = False
    webhooks: WebhookTraits = field(default_factory=WebhookTraits)
    connect_seconds: float = 20.0
    socket_seconds: float = 20.0
