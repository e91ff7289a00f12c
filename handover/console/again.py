"""The password, asked for again: whoever found a browser signed in gets no rights that outlast its session."""

from collections.abc import Iterable
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows import reauthentication
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect

APP = "allauth.account"
# The groups that say who comes in, and who is an administrator.
DOORS = ("sign_in", "oidc")
ONCE_MORE = (
    "Confirm that it is you, then fill in the form once more. Nothing was saved: a form with a secret in it is not "
    "kept meanwhile."
)


def asked_again(request: HttpRequest, *, secrets: Iterable[str] = ()) -> None:
    """Go on only where the password was given a moment ago. Else it is asked for, and what was posted is done then.

    What is posted waits in the session, in clear. With one of `secrets` in it, it does not wait.
    """
    if not reauthentication.is_reauthentication_required(request, app=APP):
        return
    if any(request.POST.get(name) for name in secrets):
        request.session.pop(reauthentication.STATE_SESSION_KEY, None)
        messages.info(request, ONCE_MORE)
        way = get_adapter().get_reauthentication_methods(request.user)[0]["url"]
        raise ImmediateHttpResponse(redirect(f"{way}?{urlencode({'next': request.path})}"))
    reauthentication.raise_if_reauthentication_required(request, app=APP)
