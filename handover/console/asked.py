"""What a form of the console says beside its fields."""

from django.http import HttpRequest

NO_VERSION = -1


def version_of(request: HttpRequest) -> int:
    """The version that the administrator looked at; one that never was where the form does not say."""
    given = request.POST.get("after", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else NO_VERSION


def name_of(request: HttpRequest) -> str:
    """Who asks, as the history names them."""
    return str(request.user.get_username())
