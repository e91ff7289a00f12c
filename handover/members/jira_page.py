"""Settings > Integrations > Jira Data Center: the member's own link with each connected Jira."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from handover.connections.models import Connection, configured
from handover.connections.panel import panel_of
from handover.jira.client import JiraError
from handover.lib.secrets import SecretUnreadable
from handover.members import connect, linking
from handover.members.connect import NotConnected, Proposal
from handover.members.email_match import Match, Unmatched, match_of
from handover.members.linking import Claimed, TokenFields
from handover.members.models import JiraLink, Member
from handover.members.settings_page import enabled, member_of

END_IT = "End it in Jira: your profile, Authorized applications."


@dataclass(frozen=True)
class Standing:
    """How the member stands with one Jira. `webhook` is for administrators, and empty for everybody else."""

    connection: Connection
    link: JiraLink | None
    webhook: Mapping[str, object]


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """All connected Jiras, with the member's link in each."""
    connections = enabled()
    if not connections:
        return render(request, "members/jira_dc_off.html", {"known": configured()}, status=404)
    links = {link.connection_id: link for link in JiraLink.objects.filter(member=member_of(request))}
    standings = [Standing(one, links.get(one.id), panel_of(request, one)) for one in connections]
    waiting = connect.kept(request.session, connections)
    return render(request, "members/jira_dc.html", {"standings": standings, "waiting": waiting})


@require_POST
def begin(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Send the browser to Jira, by a page: browsers hold the redirects of a form against the page's form-action, and
    where Jira's own sign-in redirects to is anybody's guess."""
    connection = _connection(connection_id, linking_by="oauth")
    try:
        url = connect.begin(request.session, connection)
    except JiraError as error:
        messages.error(request, str(error))
        return redirect("jira-dc")
    return render(request, "leaving.html", {"address": url, "site": connection.base_url})


@login_not_required
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Where Jira sends the browser back to. Leads on at once: the code stays in no address that is shown."""
    if not request.user.is_authenticated:
        messages.error(request, connect.NOT_BEGUN_HERE)
        return redirect("jira-dc")
    try:
        connection, proposal = _came_back(request)
    except NotConnected as error:
        messages.error(request, str(error))
        return redirect("jira-dc")
    _drop_waiting(request)
    try:
        linking.refuse_claimed(member_of(request), connection, proposal.user)
    except Claimed as error:
        messages.error(request, str(error))
        async_to_sync(linking.end_token)(connection, proposal.tokens.access)
        return redirect("jira-dc")
    connect.keep(request.session, connection, proposal)
    return redirect("jira-dc-confirm")


@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Both accounts by their names, and the member's word that both are theirs."""
    waiting = connect.kept(request.session, enabled())
    if waiting is None:
        messages.info(
            request,
            "No link waits for your word any more: it was given, or ten minutes have passed. Where you are not linked "
            "yet, connect again.",
        )
        return redirect("jira-dc")
    connection, proposal = waiting
    if request.method == "GET" or request.POST.get("proposal") != proposal.id:
        return _asking(request, connection, proposal)
    if request.POST.get("decision") != "link":
        _drop_waiting(request)
        messages.info(request, "Nothing was linked.")
        return redirect("jira-dc")
    _link(request, connection, proposal)
    return redirect("jira-dc")


@require_http_methods(["GET", "POST"])
def match(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Look for the Jira user with the member's address, and link with it on the member's word."""
    connection, member = _connection(connection_id, linking_by="email"), member_of(request)
    try:
        found = async_to_sync(match_of)(member, connection)
    except (JiraError, SecretUnreadable) as error:
        found = Unmatched(f"Jira could not be asked. {error} Try again later, or tell an administrator.")
    match found:
        case Unmatched(sentence=sentence):
            messages.error(request, sentence)
            return redirect("jira-dc")
        case Match(user=user):
            if request.method == "POST" and request.POST.get("proposal") == user.key:
                return _matched(request, connection, found)
            return render(request, "members/jira_confirm.html", _about(member, connection, found, proposal=user.key))


@require_POST
def disconnect(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """End the link here, and its token in Jira."""
    link = JiraLink.objects.filter(member=member_of(request), connection_id=connection_id).first()
    if link is None:
        messages.info(request, "There was no link any more.")
        return redirect("jira-dc")
    link.delete()
    failed = async_to_sync(linking.end_tokens)(link.connection, link)
    if failed:
        messages.error(
            request,
            f"Disconnected here, but Jira did not end its token: {failed} {END_IT}",
        )
    else:
        messages.success(request, f"Disconnected from {link.connection}.")
    return redirect("jira-dc")


def _came_back(request: HttpRequest) -> tuple[Connection, Proposal]:
    """Raises NotConnected."""
    query = {name: str(request.GET.get(name, "")) for name in ("state", "code", "error")}
    begun = connect.taken(request.session, query["state"])
    connection = next((one for one in enabled() if one.id == begun.connection_id), None)
    if connection is None:
        raise NotConnected("This Jira is not connected any more, or its integration is switched off.")
    code = connect.code_of(query, connection)
    return connection, async_to_sync(connect.proposed)(connection, begun, code)


def _asking(request: HttpRequest, connection: Connection, proposal: Proposal) -> HttpResponse:
    about = _about(member_of(request), connection, Match(proposal.user), proposal=proposal.id)
    return render(request, "members/jira_confirm.html", about)


def _about(member: Member, connection: Connection, match: Match, *, proposal: str) -> dict[str, object]:
    former = JiraLink.objects.filter(member=member, connection=connection).exclude(user_key=match.user.key).first()
    return {"connection": connection, "user_in_jira": match.user, "proposal": proposal, "former": former}


def _link(request: HttpRequest, connection: Connection, proposal: Proposal) -> None:
    # Gone first: a button that is pressed twice finds nothing to link, or nothing else to link.
    connect.forget(request.session)
    request.session.save()
    fields = TokenFields.of(proposal.tokens, base_url=connection.base_url)
    try:
        former = linking.link(member_of(request), connection, proposal.user, how=JiraLink.How.OAUTH, tokens=fields)
    except Claimed as error:
        async_to_sync(linking.end_token)(connection, proposal.tokens.refresh or proposal.tokens.access)
        messages.error(request, str(error))
        return
    if former and not linking.keeps(former, proposal.tokens):
        _end_former(request, former)
    messages.success(request, f"Linked: in Jira you are {proposal.user.display_name} ({proposal.user.name}).")


def _matched(request: HttpRequest, connection: Connection, match: Match) -> HttpResponse:
    if request.POST.get("decision") != "link":
        messages.info(request, "Nothing was linked.")
        return redirect("jira-dc")
    try:
        former = linking.link(member_of(request), connection, match.user, how=JiraLink.How.EMAIL)
    except Claimed as error:
        messages.error(request, str(error))
        return redirect("jira-dc")
    if former:
        _end_former(request, former)
    messages.success(request, f"Linked: in Jira you are {match.user.display_name} ({match.user.name}).")
    return redirect("jira-dc")


def _end_former(request: HttpRequest, former: JiraLink) -> None:
    if failed := async_to_sync(linking.end_tokens)(former.connection, former):
        messages.warning(request, f"Jira did not end the token of your link of before: {failed} {END_IT}")


def _drop_waiting(request: HttpRequest) -> None:
    """Forget a proposal that was not confirmed, and end its token, unless another press of the button has kept it."""
    waiting = connect.kept(request.session, enabled())
    connect.forget(request.session)
    if waiting:
        # Gone first, as in _link: what still waited after a fall would be linked with a token that Jira has ended.
        request.session.save()
        connection, proposal = waiting
        link = JiraLink.objects.filter(member=member_of(request), connection=connection).first()
        if link is None or not linking.keeps(link, proposal.tokens):
            async_to_sync(linking.end_token)(connection, proposal.tokens.refresh or proposal.tokens.access)


def _connection(connection_id: UUID, *, linking_by: str) -> Connection:
    for connection in enabled():
        if connection.id == connection_id and connection.host.linking == linking_by:
            return connection
    raise Http404
