"""Clients for every outgoing connection: they trust the configuration's authorities, and never call ourselves."""

import httpx

from handover import settings
from handover.configuration.store import current
from handover.lib import addresses, http

OWN = addresses.Own(settings.PUBLIC_URL, settings.HOST, settings.PORT)


def client(*, timeout: httpx.Timeout = http.TIME_LIMIT) -> httpx.AsyncClient:
    """A client that trusts the system's authorities and the configuration's. One for each piece of work."""
    return http.client(ca_pem=current().trust.certificates, own=OWN, timeout=timeout)


def refusal_of_host(host: str) -> str | None:
    """The same for the name or the address of a machine, whatever is spoken with it."""
    return refusal_of(f"smtp://[{host}]" if ":" in host else f"smtp://{host}")


def refusal_of(url: str) -> str | None:
    """Why nothing may be sent to this address; None where it may. Asks the resolver."""
    return addresses.checked_address(url, own=OWN)
