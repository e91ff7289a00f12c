"""A Jira Data Center to rehearse with: REST v2, webhooks, and a page per issue."""

from standins.jira.jira import StandInJira

__all__ = ["StandInJira"]
