"""Handover hands a Jira Data Center issue to an OpenHands agent and brings back a pull request."""

from handover.lib import sqlite

sqlite.use_bundled()

__version__ = "0.1.0"
