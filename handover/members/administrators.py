"""Who is an administrator. There is always one who can sign in, once there was one."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from handover.members.models import Member

P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponseBase)
View = Callable[Concatenate[HttpRequest, P], R]


class LastAdministrator(Exception):
    """Handover would be left without an administrator. The message is a sentence."""

    def __init__(self, member: Member) -> None:
        super().__init__(f"{member} is the last administrator. Make somebody else an administrator first.")


def administrators() -> QuerySet[Member]:
    """Who may open the Admin Console now."""
    return Member.objects.filter(is_superuser=True, is_active=True)


def administrators_only(view: View[P, R]) -> View[P, R]:
    """Answer members who are no administrators with 403."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *arguments: P.args, **named: P.kwargs) -> R:
        if not request.user.is_superuser:
            raise PermissionDenied
        return view(request, *arguments, **named)

    return guarded


def make(member: Member) -> None:
    """Make the member an administrator."""
    Member.objects.filter(pk=member.pk).update(is_superuser=True)


def unmake(member: Member) -> None:
    """Take the right away. Raises LastAdministrator."""
    with transaction.atomic():
        _keep_one_beside(member)
        Member.objects.filter(pk=member.pk).update(is_superuser=False)


def close(member: Member) -> None:
    """Close the account: it stays, with its history, and signs in no more. Raises LastAdministrator."""
    with transaction.atomic():
        _keep_one_beside(member)
        Member.objects.filter(pk=member.pk).update(is_active=False)


def reopen(member: Member) -> None:
    """Let the member sign in again."""
    Member.objects.filter(pk=member.pk).update(is_active=True)


def _keep_one_beside(member: Member) -> None:
    # Locked, so that two administrators who unmake each other at once end with one. SQLite has one writer anyway.
    standing = [one.pk for one in administrators().select_for_update()]
    if standing == [member.pk]:
        raise LastAdministrator(member)
