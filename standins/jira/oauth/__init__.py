"""Jira as an OAuth 2.0 provider: what an "incoming link" of an external application may do."""
