"""The forges that the administrator allows, and our OAuth client on each."""

import httpx

from handover import settings
from handover.configuration.declared import ForgeHost
from handover.configuration.store import current
from handover.forges.forge import Absent, ForgeRefused
from handover.forges.github_oauth import GitHubOAuth
from handover.lib.secrets import SecretUnreadable

CALLBACK_PATH = "/integration/forge/callback"


def host_at(forge_url: str) -> ForgeHost | Absent:
    """The forge of this address, where it is allowed now."""
    found = (host for host in current().forges if host.base_url == forge_url)
    return next(found, Absent())


def allowed_host(forge_url: str) -> ForgeHost:
    """The same. Raises ForgeRefused where it is not allowed: nothing is sent there."""
    host = host_at(forge_url)
    if isinstance(host, Absent):
        raise ForgeRefused(f"{forge_url} is not among the forges that are allowed here any more.")
    return host


def has_oauth(host: ForgeHost) -> bool:
    """Whether the administrator has set up a client there."""
    return bool(host.client_id and host.client_secret)


def oauth_at(host: ForgeHost, *, http: httpx.AsyncClient) -> GitHubOAuth:
    """Our client there. Raises ForgeRefused where there is none."""
    if not has_oauth(host):
        raise ForgeRefused(f"There is no OAuth client for {host.base_url} any more. Connect with a token instead.")
    try:
        secret = host.client_secret.clear()
    except SecretUnreadable as error:
        raise ForgeRefused(
            f"The secret of our OAuth client on {host.base_url} cannot be opened. An administrator gives it anew."
        ) from error
    return GitHubOAuth(
        host.base_url,
        client_id=host.client_id,
        client_secret=secret,
        callback=settings.PUBLIC_URL + CALLBACK_PATH,
        http=http,
    )
