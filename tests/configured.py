"""A configuration for tests, written as an administrator's file would be."""

from collections.abc import Mapping
from typing import Any

from handover.configuration import plain, store
from handover.configuration.declared import Configuration


def configured(**groups: Any) -> Configuration:
    """Write these groups as a new version and take it up: `configured(jira=[{"base_url": …, "pat": …}])`."""
    return store.write(lambda before: _read(groups, before), by="a test")


def _read(groups: Mapping[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    return plain.document_of(groups, before=before)
