"""`handover admin create`, and what `handover member add` does with an address."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from click.testing import CliRunner
from django.test import Client

from handover.members import invitations
from handover.members.accounts_commands import admin
from handover.members.commands import member as member_command
from handover.members.models import Member

PASSWORD = "a good long one"

pytestmark = pytest.mark.usefixtures("django_db")


@pytest.fixture
def lina() -> Member:
    return Member.objects.create_user("lina", email="lina@acme.example", password=PASSWORD)


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    """What a start prints."""
    invitations.first_link()
    return capsys.readouterr().out


def command(*arguments: str, given: str = PASSWORD) -> tuple[int, str]:
    result = CliRunner().invoke(admin, ["create", *arguments, "--password-file", "-"], input=given)
    return result.exit_code, result.output


def test_a_shell_makes_an_administrator(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("ada", "--email", "Ada@acme.example") == (0, "ada is an administrator and may sign in.\n")
    address = EmailAddress.objects.get()
    assert (address.email, address.verified, address.primary) == ("ada@acme.example", True, True)
    for login in ("ada", "ada@acme.example"):
        assert Client().post("/sign-in", {"login": login, "password": PASSWORD}).headers["Location"] == "/"
    assert "There is no administrator" not in printed(capsys)


def test_whoever_is_locked_out_comes_in_again_by_the_shell(lina: Member) -> None:
    Member.objects.update(is_active=False)
    Authenticator.objects.create(user=lina, type=Authenticator.Type.TOTP, data={"secret": "x"})
    assert command("lina", "--without-second-factor", given="another good long one")[0] == 0
    lina.refresh_from_db()
    assert (lina.is_superuser, lina.is_active, lina.check_password("another good long one")) == (True, True, True)
    assert Authenticator.objects.count() == 0


@pytest.mark.parametrize(
    ("arguments", "given", "said"),
    [
        (("ada",), "short", "too short"),
        (("ada", "--email", "no address"), PASSWORD, "valid email"),
        (("ada@acme.example",), PASSWORD, "A name has no @"),
        (("a b",), PASSWORD, "valid username"),
        (("ada", "--email", "lina@acme.example"), PASSWORD, "is the address of lina here"),
    ],
)
def test_what_a_shell_gets_wrong_is_told(lina: Member, arguments: tuple[str, ...], given: str, said: str) -> None:
    EmailAddress.objects.create(user=lina, email="lina@acme.example", verified=True)
    status, told = command(*arguments, given=given)
    assert status == 1 and said in told
    assert list(Member.objects.all()) == [lina]


def test_without_a_terminal_the_password_comes_from_a_file() -> None:
    result = CliRunner().invoke(admin, ["create", "ada"], input=PASSWORD)
    assert result.exit_code == 1 and "--password-file" in result.output


def added(*arguments: str, given: str = PASSWORD) -> tuple[int, str]:
    result = CliRunner().invoke(member_command, ["add", *arguments, "--password-file", "-"], input=given)
    return result.exit_code, result.output


def test_a_name_in_other_letters_is_the_same_member(lina: Member) -> None:
    assert added("Lina", given="another good long one") == (0, "lina may sign in.\n")
    lina.refresh_from_db()
    assert list(Member.objects.all()) == [lina] and lina.check_password("another good long one")
    assert Client().post("/sign-in", {"login": "LINA", "password": "another good long one"}).status_code == 302


@pytest.mark.parametrize(
    ("name", "said"),
    [("we ird/<name>", "valid username"), ("olga@acme.example", "A name has no @"), ("x" * 151, "at most 150")],
)
def test_a_member_gets_a_name_that_the_pages_would_take(name: str, said: str) -> None:
    status, told = added(name)
    assert (status, said in told, Member.objects.count()) == (1, True, 0)


def test_whoever_is_given_a_new_password_keeps_their_rights(lina: Member) -> None:
    Member.objects.update(is_superuser=True)
    assert added("lina")[0] == 0
    lina.refresh_from_db()
    assert lina.is_superuser is True


def test_an_address_that_a_shell_gives_a_member_counts_as_verified() -> None:
    arguments = ["add", "lina", "--email", "lina@acme.example", "--password-file", "-"]
    assert CliRunner().invoke(member_command, arguments, input=PASSWORD).exit_code == 0
    assert EmailAddress.objects.get().verified is True
