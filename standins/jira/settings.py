"""What an administrator, or a version whose behaviour is not settled, decides. Tests change these at any time."""

from dataclasses import dataclass
from typing import Literal

from standins.jira.lines import Line

EmailVisibility = Literal["show", "hide", "mask", "logged-in"]
BadToken = Literal["anonymous", "refused"]


@dataclass
class Settings:
    """The switches of one stand-in Jira.

    `bad_token`: a token that is not accepted is served as nobody, or refused with 401. `anonymous_issue`: what nobody
    is answered for an issue: 401, 403 or 404. `swapped`: the second event of a comment is sent first. `text_limit`
    counts UTF-16 units, 0 is none. `index_lag_seconds`: how long the search does not yet find a changed issue.
    `secret_shown`: whether a webhook that is read back carries its secret.
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
    secret_shown: bool = False
    connect_seconds: float = 20.0
    socket_seconds: float = 20.0
