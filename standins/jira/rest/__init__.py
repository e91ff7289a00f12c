"""REST, as far as a connector needs it. What is not here answers 404, as an unknown address does in Jira."""
