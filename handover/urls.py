"""Every URL."""

from django.urls import URLPattern, path

from handover.members import views as members
from handover.runs import live
from handover.runs import views as runs

urlpatterns: list[URLPattern] = [
    path("", runs.runs, name="runs"),
    path("runs/<uuid:run_id>", runs.run, name="run"),
    path("runs/<uuid:run_id>/live", live.live, name="run-live"),
    path("runs/<uuid:run_id>/stop", runs.stop, name="run-stop"),
    path("sign-in", members.sign_in, name="sign-in"),
    path("sign-out", members.sign_out, name="sign-out"),
]
