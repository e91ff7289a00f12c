"""`handover admin`."""

import getpass
import sys
from typing import IO

import click
from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from handover.members import second_factor
from handover.members.accounts import Accounts
from handover.members.models import Member


@click.group()
def admin() -> None:
    """Make administrators, from this machine."""


@admin.command("create")
@click.argument("name")
@click.option("--email", default="", help="The administrator's address. It counts as verified.")
@click.option("--password-file", type=click.File("r"), help="File with the password; - for standard input.")
@click.option("--without-second-factor", is_flag=True, help="Remove the second factor too, for a lost phone.")
def create(*, name: str, email: str, password_file: IO[str] | None, without_second_factor: bool) -> None:
    """Make NAME an administrator, with a new password. Without --password-file it is asked for.

    NAME may be a member already: whoever is locked out comes in again this way.
    """
    member = Member.objects.filter(username__iexact=name).first() or Member(username=name)
    password = password_file.read().strip() if password_file else _asked_for()
    try:
        _check(member, email, password)
    except ValidationError as error:
        raise click.ClickException(" ".join(error.messages)) from error
    with transaction.atomic():
        member.is_superuser = member.is_active = True
        member.set_password(password)
        member.save()
        if email:
            give_address(member, email)
        if without_second_factor:
            second_factor.remove(member)
    click.echo(f"{member} is an administrator and may sign in.")


def give_address(member: Member, email: str) -> None:
    """Make this the member's first address, verified: who has a shell here is believed. Raises ClickException."""
    email = email.lower()
    if EmailAddress.objects.filter(email=email, verified=True).exclude(user=member).exists():
        raise click.ClickException(f"{email} is the address of another member.")
    address, _ = EmailAddress.objects.get_or_create(user=member, email=email)
    address.set_verified()
    address.set_as_primary()


def _check(member: Member, email: str, password: str) -> None:
    if member.pk is None:
        Accounts().clean_username(member.username)
        member.full_clean(exclude=["password"])
    if email:
        validate_email(email)
    validate_password(password, member)


def _asked_for() -> str:
    if not sys.stdin.isatty():
        raise click.ClickException("Give the password with --password-file.")
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Once more: "):
        raise click.ClickException("These were two different passwords.")
    return password
