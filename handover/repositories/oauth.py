"""A forge account by OAuth: to the forge, back with a code, and a page that names both accounts.

https://datatracker.ietf.org/doc/html/rfc9700#section-2.1
"""

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from handover.configuration import network
from handover.configuration.declared import ForgeHost
from handover.configuration.vault import vault
from handover.forges.forge import Absent, ForgeError, ForgeRefused
from handover.lib.oauth import new_verifier
from handover.lib.secrets import SecretUnreadable
from handover.members.forge_hosts import has_oauth, host_at, oauth_at
from handover.members.forge_tokens import revoke
from handover.members.models import ForgeAccount
from handover.members.under_way import UnderWay
from handover.repositories.offered import Offered, tested
from handover.repositories.standing import name_of, site_of
from handover.repositories.views import held_for_confirmation, host_named, member_of

KEY = "forge_connects"
LONGEST_CODE = 1000
NOT_BEGUN_HERE = (
    "This way back was not begun in this browser, or it was used before, or it took longer than ten minutes. "
    "Nothing was connected. Begin again."
)
# What comes in the address is anybody's word: these are known, and no others are shown.
REFUSED = {
    "access_denied": "On {site} it was not allowed, so nothing was connected. Begin again when you want to.",
    "redirect_uri_mismatch": (
        "{site} has another callback address on file for us. An administrator of the forge registers the one that "
        "the Admin Console shows, and then you begin again."
    ),
    "application_suspended": "{site} has suspended our OAuth client. An administrator of the forge can tell why.",
}
REFUSED_SOMEHOW = "{site} sent you back without its permission. Nothing was connected. Begin again."


@require_POST
def connect(request: HttpRequest, name: str) -> HttpResponse:
    """Begin: note it in this browser's session, and go to the forge."""
    host = host_named(name)
    if not has_oauth(host):
        raise Http404
    verifier = new_verifier()
    state = UnderWay(request.session, KEY).begin(
        forge_url=host.base_url,
        member=str(member_of(request).pk),
        verifier=vault().seal(verifier, address=host.base_url),
    )
    try:
        address = async_to_sync(_address)(host, state, verifier)
    except ForgeError as error:
        return _failed(request, str(error), host)
    # Not redirected: a form leads to our own addresses alone (form-action), redirects after it included.
    return render(request, "leaving.html", {"address": address, "site": site_of(host.base_url)})


# Open to all, so that the code of whoever is not signed in any more gets into no other address.
@login_not_required
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Back from the forge, and on at once. What is given is held until the member has confirmed it."""
    begun = _begun(request)
    if isinstance(begun, Absent):
        return _failed(request, NOT_BEGUN_HERE, begun)
    host = host_at(begun["forge_url"])
    if isinstance(host, Absent):
        return _failed(request, f"{site_of(begun['forge_url'])} is no longer among the forges here.", host)
    try:
        offered = async_to_sync(_offered)(host, _code(request, host), begun["verifier"])
    except ForgeError as error:
        return _failed(request, str(error), host)
    return held_for_confirmation(request, host, offered)


def _begun(request: HttpRequest) -> dict[str, str] | Absent:
    """What this member has begun in this browser, with the state that comes back."""
    if not request.user.is_authenticated:
        return Absent()
    begun = UnderWay(request.session, KEY).taken(request.GET.get("state", ""))
    return Absent() if isinstance(begun, Absent) or begun["member"] != str(request.user.pk) else begun


def _code(request: HttpRequest, host: ForgeHost) -> str:
    error, code = request.GET.get("error", ""), request.GET.get("code", "")
    if error or not code or len(code) > LONGEST_CODE:
        raise ForgeRefused(REFUSED.get(error, REFUSED_SOMEHOW).format(site=site_of(host.base_url)))
    return code


async def _address(host: ForgeHost, state: str, verifier: str) -> str:
    async with network.client() as http:
        return oauth_at(host, http=http).authorization_url(state=state, verifier=verifier)


async def _offered(host: ForgeHost, code: str, sealed_verifier: str) -> Offered:
    try:
        verifier = vault().open(sealed_verifier, address=host.base_url)
    except SecretUnreadable as error:
        raise ForgeRefused(NOT_BEGUN_HERE) from error
    async with network.client() as http:
        tokens = await oauth_at(host, http=http).exchange(code, verifier=verifier)
    try:
        return await tested(host, tokens, how=ForgeAccount.How.OAUTH)
    except ForgeError:
        await revoke(host.base_url, tokens.access)
        raise


def _failed(request: HttpRequest, sentence: str, host: ForgeHost | Absent) -> HttpResponse:
    messages.error(request, sentence)
    return redirect("settings") if isinstance(host, Absent) else redirect("forge-account", name_of(host))
