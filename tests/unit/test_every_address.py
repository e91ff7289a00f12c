"""Every address of the list: who may open it, and that no form is taken without its token."""

import uuid

import pytest
from django.test import Client
from django.urls import URLPattern

from handover.connections.models import Connection
from handover.members.models import Member
from handover.urls import urlpatterns
from tests.configured import add_jira

pytestmark = pytest.mark.usefixtures("django_db")

CONNECTION = uuid.UUID(int=7)
PARTS = {
    "run_id": CONNECTION,
    "connection_id": CONNECTION,
    "slug": "limits",
    "name": "git.acme.example",
    "token": "x",
    "uidb36": "1",
    "key": "x-y",
    "position": 1,
    "number": 1,
    "member_id": 1,
    "invitation_id": 1,
    "account_id": 1,
    "session_id": 1,
    "deed": "close",
}
# What somebody who is not signed in may open: signing in, and what leads there.
OPEN_TO_ALL = {
    "sign-in",
    "account_login",
    "account_inactive",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_confirm_email",
    "account_email_verification_sent",
    "mfa_authenticate",
    "openid_connect_login",
    "openid_connect_callback",
    "socialaccount_login_cancelled",
    "sign-out",
    "account_logout",
    "welcome",
    # What comes back is bound to a session; a code must not be carried on in the address of the sign-in.
    "jira-dc-callback",
    "forge-callback",
    # The doctor's way of looking at us from outside: it tells only how a request arrived.
    "doctor-seen",
}
FOR_ADMINISTRATORS = ("console", "settings/integrations/jira-dc/<uuid:connection_id>/webhook")


def address_of(pattern: URLPattern) -> str:
    """An address that the pattern takes."""
    if pattern.name == "account_reset_password_from_key":
        return "/sign-in/new-password/1-x"
    path = str(pattern.pattern)
    for name, converter in pattern.pattern.converters.items():
        kind = {"UUIDConverter": "uuid", "SlugConverter": "slug", "StringConverter": "str", "IntConverter": "int"}
        path = path.replace(f"<{kind[type(converter).__name__]}:{name}>", str(PARTS[name]))
    return f"/{path}"


def named(pattern: URLPattern) -> str:
    return str(pattern.name)


CLOSED = [one for one in urlpatterns if one.name not in OPEN_TO_ALL]
ADMINISTRATORS = [one for one in urlpatterns if str(one.pattern).startswith(FOR_ADMINISTRATORS)]


@pytest.fixture
def lina() -> Client:
    return signed_in("lina")


def signed_in(name: str, *, strict: bool = False, administrator: bool = False) -> Client:
    client = Client(enforce_csrf_checks=strict)
    client.force_login(Member.objects.create_user(name, is_superuser=administrator))
    return client


@pytest.fixture(autouse=True)
def jira(django_db: object) -> None:
    add_jira("https://jira.acme.example")
    Connection.objects.create(id=CONNECTION, base_url="https://jira.acme.example")


@pytest.mark.parametrize("pattern", CLOSED, ids=named)
def test_who_is_not_signed_in_is_asked_to(pattern: URLPattern) -> None:
    for answer in (Client().get(address_of(pattern)), Client().post(address_of(pattern))):
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/sign-in?next=/")


@pytest.mark.parametrize("pattern", ADMINISTRATORS, ids=named)
def test_a_member_at_an_administrators_address(pattern: URLPattern, lina: Client) -> None:
    answers = [lina.get(address_of(pattern)), lina.post(address_of(pattern), {"after": "1"})]
    assert {answer.status_code for answer in answers} <= {403, 405}
    assert 403 in {answer.status_code for answer in answers}


@pytest.mark.parametrize("pattern", urlpatterns, ids=named)
def test_no_form_is_taken_without_its_token(pattern: URLPattern) -> None:
    ada = signed_in("ada", strict=True, administrator=True)
    assert ada.post(address_of(pattern), {"after": "1"}).status_code in (403, 405)


def test_administrators_have_more_than_a_few_addresses() -> None:
    assert len(ADMINISTRATORS) > 15
    assert len(CLOSED) > 40
