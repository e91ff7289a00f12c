"""The doctor's page in the Admin Console, and what a request looks like when it arrives here."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from asgiref.sync import async_to_sync
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from handover.doctor import forms
from handover.doctor.checks import Check, Symptom, verdict
from handover.doctor.examination import examine
from handover.doctor.explaining import explain
from handover.doctor.public import proof_of
from handover.doctor.sending import send, told
from handover.members.administrators import administrators_only

NONCE = re.compile(r"[0-9a-f]{32}", re.ASCII)
PAGE = "console/doctor.html"


@dataclass(frozen=True)
class Group:
    """The checks of one symptom."""

    title: str
    checks: Sequence[Check]

    @property
    def wrong(self) -> list[Check]:
        """Those that are out of order."""
        return [check for check in self.checks if not check.ok]

    @property
    def well(self) -> list[Check]:
        """The others."""
        return [check for check in self.checks if check.ok]


def grouped(checks: Sequence[Check]) -> list[Group]:
    """By symptom."""
    found = (Group(one.value, [check for check in checks if check.symptom is one]) for one in Symptom)
    return [group for group in found if group.checks]


@require_safe
@administrators_only
def page(request: HttpRequest) -> HttpResponse:
    """The page at once; its script asks for the checks. Without a script, a link does."""
    checks = _examined() if "look" in request.GET else {}
    return render(request, PAGE, {**_questions(), **checks})


@require_safe
@administrators_only
def checks(request: HttpRequest) -> HttpResponse:
    """The checks alone, as a part of the page."""
    return render(request, "console/doctor_checks.html", _examined())


@require_safe
@administrators_only
def explanation(request: HttpRequest) -> HttpResponse:
    """Why nothing starts on an issue, or by a delivery."""
    about = forms.About(request.GET, prefix="about")
    if not about.is_valid():
        return render(request, PAGE, {**_questions(), "about": about}, status=400)
    steps = async_to_sync(explain)(
        about.connection, delivery_id=about.delivery_id, issue_key=about.cleaned_data["about"]
    )
    return render(request, PAGE, {**_questions(), "about": about, "steps": steps})


@require_POST
@administrators_only
def test(request: HttpRequest) -> HttpResponse:
    """Send a test and wait for it, twenty seconds at most."""
    asked = forms.Test(request.POST, prefix="test")
    if not asked.is_valid():
        return render(request, PAGE, {**_questions(), "test": asked}, status=400)
    outcome = async_to_sync(send)(asked.connection, asked.cleaned_data["issue"])
    return render(request, PAGE, {**_questions(), "test": asked, "tested": told(outcome)})


@require_safe
@login_not_required
def seen(request: HttpRequest) -> HttpResponse:
    """How this very request came: the doctor asks our public URL for it. Tells nothing that the asker does not know."""
    nonce = request.GET.get("nonce", "")
    if not NONCE.fullmatch(nonce):
        return HttpResponseBadRequest()
    answer = JsonResponse({"scheme": request.scheme, "host": request.get_host(), "proof": proof_of(nonce)})
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _questions() -> dict[str, object]:
    return {"about": forms.About(prefix="about"), "test": forms.Test(prefix="test")}


def _examined() -> dict[str, object]:
    found = async_to_sync(examine)()
    return {"groups": grouped(found), "bad": any(not check.ok for check in found), "verdict": verdict(found)}
