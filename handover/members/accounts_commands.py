"""`handover admin`."""

import getpass
import sys
from typing import IO

import click
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from handover.members import second_factor
from handover.members.accounts import Accounts, AddressTaken, vouch_for
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
    member = named(name)
    give_password(member, password_file, email=email)
    member.is_superuser = member.is_active = True
    save(member, email=email)
    if without_second_factor:
        second_factor.remove(member)
    click.echo(f"{member} is an administrator and may sign in.")


def named(name: str) -> Member:
    """The member of this name, in whatever letters, or a new one."""
    return Member.objects.filter(username__iexact=name).first() or Member(username=name)


def give_password(member: Member, file: IO[str] | None, *, email: str) -> None:
    """Set the one of the file, or ask for it, once name and address will do too. Raises click.ClickException."""
    password = file.read().strip() if file else _asked_for()
    try:
        _check(member, email, password)
    except ValidationError as error:
        raise click.ClickException(" ".join(error.messages)) from error
    member.set_password(password)


def save(member: Member, *, email: str) -> None:
    """Save the member, with the address verified: who has a shell here is believed. Raises click.ClickException."""
    try:
        with transaction.atomic():
            member.save()
            if email:
                vouch_for(member, email)
    except AddressTaken as error:
        raise click.ClickException(str(error)) from error


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
