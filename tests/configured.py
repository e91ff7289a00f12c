"""A configuration for tests, written as an administrator's file would be."""

from collections.abc import Mapping
from typing import Any

from handover.configuration import plain, store
from handover.configuration.declared import Configuration
from handover.configuration.documents import Document, read


def configured(**groups: Any) -> Configuration:
    """Write these groups as a new version and take it up: `configured(jira=[{"base_url": …, "pat": …}])`.

    Groups that are not named stay as they are.
    """
    return store.write(lambda before: _changed(groups, before), by="a test")


def add_jira(base_url: str, **fields: Any) -> Configuration:
    """Configure one more Jira, enabled, linked by e-mail match where `fields` say nothing else."""
    entry = {"enabled": True, "linking": "email", "bot_email": "bot@acme.example", "pat": "a-bot-token"}
    others = [one for one in _exported().get("jira", []) if one["base_url"] != base_url]
    return configured(jira=[*others, {**entry, "base_url": base_url, **fields}])


def _exported() -> dict[str, Any]:
    return plain.exported(store.reading())


def _changed(groups: Mapping[str, Any], before: Document) -> Document:
    return plain.document_of({**plain.exported(read(before)), **groups}, before=before)
