"""What each line of Jira Data Center has. A line is data: whatever differs between lines is a column here."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One line. `comments_page` is how many comments an answer holds when nobody says; 0 means all.

    `signs` says whether deliveries can be signed, `variable` how a variable is written in a webhook's URL, and
    `webhooks` whether webhooks are registered under `jira-webhook/1.0/webhooks`.
    """

    name: str
    version: str
    build: int
    webhooks: bool
    signs: bool
    comment_event_has_issue: bool
    user_in_url: bool
    variable: str
    comments_page: int
    health_checks: bool
    basic_auth: bool
    tokens: bool
    oauth: bool
    reactions: bool

    @property
    def version_numbers(self) -> list[int]:
        """The version as serverInfo lists it."""
        return [int(part) for part in self.version.split(".")]


LINES = {
    line.name: line
    for line in (
        Line(
            name="8.13",
            version="8.13.27",
            build=813027,
            webhooks=False,
            signs=False,
            comment_event_has_issue=False,
            user_in_url=True,
            variable="${%s}",
            comments_page=0,
            health_checks=True,
            basic_auth=True,
            tokens=False,
            oauth=False,
            reactions=False,
        ),
        Line(
            name="9.12",
            version="9.12.15",
            build=9120015,
            webhooks=False,
            signs=False,
            comment_event_has_issue=False,
            user_in_url=True,
            variable="${%s}",
            comments_page=0,
            health_checks=True,
            basic_auth=True,
            tokens=True,
            oauth=True,
            reactions=False,
        ),
        Line(
            name="10.3",
            version="10.3.6",
            build=10030006,
            webhooks=True,
            signs=True,
            comment_event_has_issue=True,
            user_in_url=False,
            variable="{%s}",
            comments_page=50,
            health_checks=False,
            basic_auth=True,
            tokens=True,
            oauth=True,
            reactions=True,
        ),
        Line(
            name="11.3",
            version="11.3.1",
            build=11030001,
            webhooks=True,
            signs=True,
            comment_event_has_issue=True,
            user_in_url=False,
            variable="{%s}",
            comments_page=50,
            health_checks=False,
            basic_auth=False,
            tokens=True,
            oauth=True,
            reactions=True,
        ),
    )
}
