"""The Admin Console's groups."""

import time
from dataclasses import dataclass
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from handover import settings
from handover.configuration import changes, store
from handover.configuration.declared import ORDER, SEVERAL, SINGLE, JiraHost, kind_of
from handover.configuration.documents import Document, Entry, Reading
from handover.configuration.fields import declared
from handover.configuration.forms import GroupForm, form_of
from handover.configuration.keeping import processes
from handover.configuration.models import Version
from handover.connections import bots
from handover.connections.models import configured
from handover.console import pat, standing
from handover.console.again import DOORS, asked_again
from handover.console.asked import name_of, version_of
from handover.console.sections import group_of, slug_of
from handover.members import forge_hosts, jira_application, oidc
from handover.members.administrators import administrators_only

UNCONFIRMED = (
    "Members are linked without a word of theirs: whoever writes a member's address into their own Jira profile acts "
    "with that member's rights. Have members confirm, unless nobody can edit addresses in Jira."
)
# A new version is taken up within this time by every process.
TAKEN_UP_SECONDS = 2.0


@dataclass
class Editing:
    """One group, or one entry of a list, under an administrator's hands."""

    request: HttpRequest
    name: str
    entry: Entry
    position: int | None = None
    conflict: str = ""

    @property
    def form_class(self) -> type[GroupForm]:
        """Its form."""
        return form_of(self.name)


@require_safe
@administrators_only
def overview(request: HttpRequest) -> HttpResponse:
    """All groups, each with how it stands, and which version every process works with."""
    version = Version.objects.order_by("-number").first()
    context = {
        "version": version,
        "number": version.number if version else 0,
        "entries": standing.overview(store.reading()),
        "processes": processes(),
    }
    return render(request, "console/overview.html", context)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def group(request: HttpRequest, slug: str) -> HttpResponse:
    """A group, or the list of those of which there may be several."""
    name = _name(slug)
    reading = store.reading()
    if name in SINGLE:
        return _edit(Editing(request, name, reading.entries[name][0]))
    entries = standing.entries(name, reading)
    words = standing.WORDS[name]
    context = {"kind": kind_of(name), "slug": slug, "entries": entries, "add": words.add, "nothing": words.nothing}
    return render(request, "console/several.html", context)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def entry_new(request: HttpRequest, slug: str) -> HttpResponse:
    """One more entry of a list."""
    name = _name(slug, of=SEVERAL)
    return _edit(Editing(request, name, Entry(SEVERAL[name]())))


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def entry(request: HttpRequest, slug: str, position: int) -> HttpResponse:
    """One entry of a list, counted from 1."""
    name = _name(slug, of=SEVERAL)
    return _edit(Editing(request, name, _entry(store.reading(), name, position), position))


@require_POST
@administrators_only
def entry_remove(request: HttpRequest, slug: str, position: int) -> HttpResponse:
    """Take an entry out."""
    name = _name(slug, of=SEVERAL)
    if name in DOORS:
        asked_again(request)
    gone = _entry(store.reading(), name, position)
    if "base_url" in gone.locks:
        messages.error(request, f"It is fixed by {gone.locks['base_url']}, and goes only with that.")
        return redirect("console-group", slug)
    try:
        store.write(changes.without(name, dict(gone.stored)), by=name_of(request), after=version_of(request))
    except store.Conflict as conflict:
        messages.error(request, f"{conflict.by} has saved meanwhile. Look again before you remove it.")
    else:
        messages.success(request, f"{gone.value.address} is removed. {taken_up()}")
    return redirect("console-group", slug)


def taken_up() -> str:
    """Wait until every process has the newest version, and say so; or which has not."""
    number, until = store.current().number, time.monotonic() + TAKEN_UP_SECONDS
    while late := [one for one in processes() if one.version < number]:
        if time.monotonic() > until:
            names = ", ".join(f"process {one.pid} on {one.host}" for one in late)
            return f"Version {number} is saved, but {names} has not taken it up. The Doctor tells more."
        time.sleep(0.1)
    return f"Version {number} is saved and holds."


def _edit(editing: Editing) -> HttpResponse:
    if editing.request.method != "POST":
        return _page(editing, editing.form_class(None, editing.entry))
    if editing.name in DOORS:
        asked_again(editing.request, secrets=_secrets(editing.name))
    form = editing.form_class(editing.request.POST, editing.entry)
    if form.is_valid() and _checked(editing, form) and _written(editing, form):
        return redirect("console-group", slug_of(editing.name))
    return _page(editing, form)


def _checked(editing: Editing, form: GroupForm) -> bool:
    """Ask Jira about the service account, where the integration is to run."""
    if not (isinstance(form.value, JiraHost) and form.value.enabled):
        return True
    found = async_to_sync(pat.check)(form.value)
    for name, sentence in found.wrong:
        form.add_error(name, sentence)
    if found.bot and not found.wrong:
        form.bot = found.bot
        for note in found.notes:
            messages.info(editing.request, note)
    return not found.wrong


def _written(editing: Editing, form: GroupForm) -> bool:
    change = _change(editing, form)
    try:
        store.write(change, by=name_of(editing.request), after=version_of(editing.request))
    except store.Conflict as conflict:
        editing.conflict = conflict.by
        return False
    except changes.Twice as error:
        form.add_error(None, str(error))
        return False
    _keep_bot(form)
    if form.cleared:
        gone = ", ".join(form.cleared)
        given = (
            f"given for {editing.entry.value.address}" if editing.entry.value.address else "given for another address"
        )
        messages.warning(editing.request, f"Cleared: {gone}. It was {given}, and a secret is never sent elsewhere.")
    if isinstance(form.value, JiraHost) and form.value.links_unconfirmed:
        messages.warning(editing.request, UNCONFIRMED)
    messages.success(editing.request, taken_up())
    return True


def _change(editing: Editing, form: GroupForm) -> changes.Change:
    if editing.name in SINGLE:
        return changes.single(editing.name, form.stored)
    before: Document | None = dict(editing.entry.stored) or None
    return changes.entry(editing.name, before, form.stored)


def _keep_bot(form: GroupForm) -> None:
    """Whose the token is was just asked: the door knows it from the first delivery on."""
    if form.bot is None:
        return
    for connection in configured():
        if connection.base_url == form.value.base_url:
            bots.known(connection, key=form.bot.key, name=form.bot.name)


def _page(editing: Editing, form: GroupForm) -> HttpResponse:
    name, value = editing.name, editing.entry.value
    several = name in SEVERAL
    where = (value.address or "new") if several else ""
    context: dict[str, Any] = {
        "kind": kind_of(name),
        "slug": slug_of(name),
        "form": form,
        "after": store.current().number,
        "where": where,
        "before": value.address,
        "conflict": editing.conflict,
        "several": several,
        "removable": editing.position is not None and "base_url" not in editing.entry.locks,
        "position": editing.position,
        "without": standing.WORDS[name].without if several else "",
        "callback": _callback(name, value),
        "has_secrets": bool(_secrets(name)),
    }
    return render(editing.request, "console/group.html", context, status=200)


def _secrets(name: str) -> list[str]:
    return [field for field, what in declared(kind_of(name)).items() if what.kind == "secret"]


def _callback(name: str, value: Any) -> str:
    """The address that an OAuth client of this group is registered with; "" where it has none."""
    match name:
        case "jira":
            return settings.PUBLIC_URL + jira_application.CALLBACK
        case "forges":
            return settings.PUBLIC_URL + forge_hosts.CALLBACK_PATH
        case "oidc":
            return oidc.callback_of(value.slug or "SHORT-NAME")
    return ""


def _name(slug: str, *, of: Any = ORDER) -> str:
    name = group_of(slug)
    if name is None or name not in of:
        raise Http404
    return name


def _entry(reading: Reading, name: str, position: int) -> Entry:
    entries = reading.entries[name]
    if not 1 <= position <= len(entries):
        raise Http404
    return entries[position - 1]
