"""Settings > Integrations > forges: a member's own account on each."""

from typing import cast

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from handover.configuration.declared import ForgeHost
from handover.configuration.store import current
from handover.forges.forge import Absent, ForgeError
from handover.lib import clock
from handover.members.forge_hosts import has_oauth
from handover.members.models import ForgeAccount, Member
from handover.repositories.accounts import account_on, by_token, farewell, forgotten, let_offered_go, test_again
from handover.repositories.forms import TokenForm, token_help
from handover.repositories.offered import Offered, drop, held, hold, is_another_person, keep
from handover.repositories.standing import may_of, name_of, site_of, standing_of


def member_of(request: HttpRequest) -> Member:
    """Who asks. LoginRequiredMiddleware lets nobody else through."""
    return cast(Member, request.user)


def host_named(name: str) -> ForgeHost:
    """The forge of this name. Raises Http404."""
    for host in current().forges:
        if name_of(host) == name:
            return host
    raise Http404


@sensitive_post_parameters("token")
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest, name: str) -> HttpResponse:
    """The member's account on one forge; a token that is sent is tested, and kept where it is good."""
    host, form = host_named(name), TokenForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            offered = async_to_sync(by_token)(host, form.cleaned_data["token"])
        except ForgeError as error:
            form.add_error("token", str(error))
        else:
            return kept_or_held(request, host, offered)
    return _page(request, host, form)


def kept_or_held(request: HttpRequest, host: ForgeHost, offered: Offered) -> HttpResponse:
    """Keep the token at once, unless it is another person's than before: that the member confirms first."""
    earlier = account_on(host, member_of(request))
    if earlier and is_another_person(earlier, offered):
        return held_for_confirmation(request, host, offered)
    return _kept(request, host, offered)


def held_for_confirmation(request: HttpRequest, host: ForgeHost, offered: Offered) -> HttpResponse:
    """Ask the member first."""
    _let_waiting_go(request)
    hold(request.session, offered)
    return redirect("forge-confirm", name_of(host))


@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, name: str) -> HttpResponse:
    """Names both accounts, and keeps the credential where the member says so."""
    host = host_named(name)
    offered = held(request.session, host)
    if isinstance(offered, Absent):
        messages.info(request, "There is nothing to confirm any more. Nothing was changed.")
        return redirect("forge-account", name)
    if request.method == "POST" and request.POST.get("offered") == offered.id:
        drop(request.session)
        if request.POST.get("decision") == "keep":
            return _kept(request, host, offered)
        async_to_sync(let_offered_go)(offered)
        messages.info(request, "Nothing was changed.")
        return redirect("forge-account", name)
    earlier = account_on(host, member_of(request))
    another = earlier is not None and is_another_person(earlier, offered)
    context = {"offered": offered, "earlier": earlier if another else None, "site": site_of(host.base_url)}
    return render(request, "repositories/confirm.html", {**context, "name": name})


@require_POST
def test(request: HttpRequest, name: str) -> HttpResponse:
    """Ask the forge once more about the credential that is kept."""
    found = account_on(host_named(name), member_of(request))
    if found is not None:
        wrong = async_to_sync(test_again)(found)
        if wrong:
            messages.error(request, wrong)
        else:
            messages.success(request, f"{site_of(found.forge_url)} takes it.")
    return redirect("forge-account", name)


@require_POST
def remove(request: HttpRequest, account_id: int) -> HttpResponse:
    """Remove one's own account, on a forge that is allowed or no longer is."""
    found = get_object_or_404(ForgeAccount, id=account_id, member=member_of(request))
    reason = async_to_sync(forgotten)(found, instead=Absent())
    ForgeAccount.objects.filter(id=found.id).delete()
    messages.success(request, farewell(found, reason=reason))
    return redirect("settings")


def _kept(request: HttpRequest, host: ForgeHost, offered: Offered) -> HttpResponse:
    member, site = member_of(request), site_of(host.base_url)
    _let_waiting_go(request)
    earlier = account_on(host, member)
    reason = async_to_sync(forgotten)(earlier, instead=offered) if earlier else ""
    keep(member, offered)
    messages.success(request, f"You are connected: on {site} you are {offered.login}.")
    if reason:
        messages.warning(request, f"{site} could not be told that it may forget the earlier access: {reason}")
    return redirect("forge-account", name_of(host))


def _let_waiting_go(request: HttpRequest) -> None:
    """Drop what this browser holds and nobody has confirmed."""
    for host in current().forges:
        offered = held(request.session, host)
        if isinstance(offered, Offered):
            async_to_sync(let_offered_go)(offered)
    drop(request.session)


def _page(request: HttpRequest, host: ForgeHost, form: TokenForm) -> HttpResponse:
    found, site = account_on(host, member_of(request)), site_of(host.base_url)
    form.fields["token"].help_text = token_help(host)
    context = {
        "account": found,
        "form": form,
        "may": may_of(found) if found else "",
        "name": name_of(host),
        "oauth": has_oauth(host),
        "site": site,
        "standing": standing_of(found, site=site, now=clock.now()),
        "waiting": isinstance(held(request.session, host), Offered),
    }
    return render(request, "repositories/account.html", context)
