"""Handover as an OAuth client of a connected Jira."""

from handover import settings
from handover.connections.models import Connection
from handover.jira.oauth import JiraOAuthRefused, client_of
from handover.lib.oauth import Client
from handover.lib.secrets import SecretUnreadable

# One for all connections: which one is meant is kept with the state.
CALLBACK = "/integration/jira-dc/callback"


def application_of(connection: Connection) -> Client:
    """The client that is configured for this Jira. Raises JiraOAuthRefused where there is none that can be used."""
    host = connection.host
    try:
        secret = host.client_secret.clear()
    except SecretUnreadable as error:
        raise JiraOAuthRefused(
            f"Handover cannot open its OAuth client secret for {connection}: it was sealed with a key that is not set "
            "here. An administrator gives the secret anew in the Admin Console."
        ) from error
    if not host.client_id or not secret:
        raise JiraOAuthRefused(
            f"No OAuth client is configured for {connection}. An administrator adds it in the Admin Console."
        )
    return client_of(
        connection.base_url,
        client_id=host.client_id,
        secret=secret,
        callback=settings.PUBLIC_URL + CALLBACK,
        scope=host.scope,
    )
