"""Settings > Integrations > Jira Data Center: the webhook, for administrators."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from handover.configuration.secret import Secret
from handover.connections import webhook
from handover.connections.install import Installed, NotInstalled, check, install
from handover.connections.models import Connection, configured
from handover.connections.panel import panel_of
from handover.lib.secrets import SecretUnreadable

View = Callable[[HttpRequest, Connection], HttpResponse]
TOKEN = "token"  # noqa: S105  a field's name


def _for_administrators(view: View) -> Callable[[HttpRequest, UUID], HttpResponse]:
    """Give the view its connection. Members who are no administrators are answered 403, whatever they ask for."""

    @wraps(view)
    def guarded(request: HttpRequest, connection_id: UUID) -> HttpResponse:
        if not request.user.is_superuser:
            raise PermissionDenied
        # Off, the integration's card is gone, and all that is on it.
        found = next((row for row in configured() if row.id == connection_id and row.host.enabled), None)
        if found is None:
            raise Http404
        return view(request, found)

    return guarded


@require_safe
@_for_administrators
def page(request: HttpRequest, connection: Connection) -> HttpResponse:
    """How the webhook stands, on a page of its own."""
    return _page(request, connection)


@require_POST
@_for_administrators
def prepare(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Make the secret, and show what is entered in Jira."""
    webhook.prepare(connection)
    return _back(connection)


@require_POST
@_for_administrators
def activate(request: HttpRequest, connection: Connection) -> HttpResponse:
    """The administrator has created the webhook in Jira."""
    if webhook.activate(connection):
        messages.success(request, f"Active: from now on what {connection} delivers starts runs.")
    return _back(connection)


@require_POST
@_for_administrators
def pause(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Journal what is delivered, and start nothing."""
    if webhook.pause(connection):
        messages.success(request, "Paused: requests are kept and wait. Runs under way go on.")
    return _back(connection)


@require_POST
@_for_administrators
def resume(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Start what waits, and all that comes."""
    if webhook.resume(connection):
        messages.success(request, "Resumed: what waited starts now.")
    return _back(connection)


@sensitive_variables()
@sensitive_post_parameters(TOKEN)
@require_POST
@_for_administrators
def install_in_jira(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Install the webhook with the administrator's token, which is held until Jira has answered and no longer."""
    token = Secret.given(request.POST.get(TOKEN, "").strip(), address=connection.base_url)
    webhook.prepare(connection)
    return _install(request, connection, token)


@require_POST
@_for_administrators
def rotate(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Make a new secret, to be entered in Jira by the administrator."""
    if webhook.rotate(connection):
        messages.success(request, "There is a new secret. Enter it in Jira.")
    else:
        messages.info(request, "A rotation is under way: enter the new secret in Jira.")
    return _back(connection)


@sensitive_variables()
@sensitive_post_parameters(TOKEN)
@require_POST
@_for_administrators
def rotate_in_jira(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Make a new secret and enter it in Jira, with the administrator's token."""
    token = Secret.given(request.POST.get(TOKEN, "").strip(), address=connection.base_url)
    # Asked first: a secret is not changed where Jira's cannot be.
    match async_to_sync(check)(token):
        case NotInstalled(sentence=sentence):
            return _page(request, connection, wrong_with={"rotate": [sentence]})
    webhook.rotate(connection)
    return _install(request, connection, token, form="rotate")


def _install(request: HttpRequest, connection: Connection, token: Secret, *, form: str = "install") -> HttpResponse:
    try:
        outcome = async_to_sync(install)(token, webhook.wanted(connection))
    except SecretUnreadable as error:
        return _page(request, connection, wrong_with={form: [f"{error} Rotate the secret to have a new one."]})
    match outcome:
        case NotInstalled(sentence=sentence):
            return _page(request, connection, wrong_with={form: [sentence]})
        case Installed(problems=problems) if problems:
            return _page(request, connection, wrong_with={form: list(problems)})
    webhook.installed(connection, outcome.hook_id)
    messages.success(request, f"Jira has the webhook “{webhook.wanted(connection).name}” and delivers to Handover.")
    for note in outcome.notes:
        messages.warning(request, note)
    return _back(connection)


def _back(connection: Connection) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse('jira-dc')}#webhook-{connection.id}")


def _page(
    request: HttpRequest, connection: Connection, *, wrong_with: dict[str, list[str]] | None = None
) -> HttpResponse:
    """The webhook alone; with what is wrong beside the form that it is wrong with, and status 422."""
    context = {**panel_of(request, connection), "connection": connection, "wrong_with": wrong_with or {}}
    return render(request, "connections/webhook.html", context, status=422 if wrong_with else 200)
