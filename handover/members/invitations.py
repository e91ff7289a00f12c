"""Links by which people get an account: one for the first administrator, and one for whoever is invited."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

import click
from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from handover.lib import clock
from handover.members.accounts import AddressTaken, public, vouch_for
from handover.members.administrators import administrators
from handover.members.models import Invitation, Member

LIFE = timedelta(days=7)
# The first administrator's link ends at the next start, or when there is one.
FIRST_LIFE = timedelta(days=365)


class CannotInvite(Exception):
    """The message is a sentence for the administrator."""


class InvitationEnded(Exception):
    """The link opens nothing. The message is a sentence for whoever opened it."""


@dataclass(frozen=True)
class Link:
    """An invitation with its address, which is known only now."""

    invitation: Invitation
    address: str


def invite(email: str, *, administrator: bool, by: Member) -> Link:
    """Invite whoever reads this address. An earlier invitation of it ends. Raises CannotInvite."""
    email = email.lower()
    holder = EmailAddress.objects.filter(email=email, verified=True).select_related("user").first()
    if holder:
        raise CannotInvite(f"{email} has an account here already: {holder.user}.")
    with transaction.atomic():
        waiting().filter(email=email).delete()
        return _made(email=email, administrator=administrator, invited_by=by, life=LIFE)


def waiting() -> QuerySet[Invitation]:
    """The invitations that can still be used, newest first."""
    return Invitation.objects.filter(used_at=None, until__gt=clock.now()).exclude(email="").order_by("-created_at")


def first_link() -> None:
    """Print the link that makes the first administrator, while there is none. A former one ends."""
    with transaction.atomic():
        Invitation.objects.filter(email="", used_at=None).delete()
        if administrators().exists():
            return
        link = _made(email="", administrator=True, invited_by=None, life=FIRST_LIFE)
    click.echo(f"There is no administrator yet. Open this link once to become it: {link.address}")


def opened(token: str) -> Invitation:
    """The invitation of a link. Raises InvitationEnded."""
    found = Invitation.objects.filter(token_hash=_hash(token)).select_related("invited_by").first()
    if found is None:
        raise InvitationEnded("This link is not known here. It may have been withdrawn, or a newer one took its place.")
    _look(found)
    return found


def accept(invitation: Invitation, member: Member) -> None:
    """Use the invitation up for this member, who is saved. Raises InvitationEnded. Run it in a transaction."""
    _look(invitation)
    now = clock.now()
    if not Invitation.objects.filter(pk=invitation.pk, used_at=None, until__gt=now).update(used_at=now):
        raise InvitationEnded("This link was used meanwhile.")
    if invitation.administrator:
        Member.objects.filter(pk=member.pk).update(is_superuser=True)


def join(invitation: Invitation, *, name: str, password: str) -> Member:
    """Make the account. The address counts as verified: an administrator vouches for it. Raises InvitationEnded."""
    with transaction.atomic():
        member = Member.objects.create_user(name, password=password)
        accept(invitation, member)
        if invitation.email:
            _vouch(member, invitation)
    member.refresh_from_db()
    return member


def _made(*, email: str, administrator: bool, invited_by: Member | None, life: timedelta) -> Link:
    token, now = secrets.token_urlsafe(32), clock.now()
    invitation = Invitation.objects.create(
        email=email,
        administrator=administrator,
        token_hash=_hash(token),
        invited_by=invited_by,
        created_at=now,
        until=now + life,
    )
    return Link(invitation, public(reverse("welcome", args=[token])))


def _vouch(member: Member, invitation: Invitation) -> None:
    try:
        vouch_for(member, invitation.email)
    except AddressTaken as error:
        raise InvitationEnded(f"{invitation.email} has an account here meanwhile. Sign in with it.") from error


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _look(invitation: Invitation) -> None:
    if invitation.used_at:
        raise InvitationEnded("This link was used already. Sign in with the account that it made.")
    if invitation.until <= clock.now():
        raise InvitationEnded(f"This invitation ended on {invitation.until:%-d %b %Y, %H:%M} UTC. Ask for a new one.")
    if not invitation.email and administrators().exists():
        raise InvitationEnded("There is an administrator already. Ask for an invitation.")
