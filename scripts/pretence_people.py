"""Invented people for pictures: members, invitations, sessions, a provider to sign in with."""

from datetime import timedelta
from importlib import import_module
from urllib.parse import urlsplit

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from handover.configuration import plain, store
from handover.configuration.documents import Document, read
from handover.lib import clock
from handover.members import invitations
from handover.members.models import Member

PROVIDER = {
    "name": "Acme",
    "slug": "acme",
    "base_url": "https://login.acme.example/realms/acme",
    "client_id": "handover",
}
MAIL = {"host": "127.0.0.1", "port": 1, "sender": "handover@acme.example"}
BROWSERS = (
    ("10.20.4.17", "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", 3),
    ("10.20.9.3", "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) Version/19.1 Safari/604.1", 50),
)


def pretend_people() -> tuple[dict[str, str], dict[str, str]]:
    """After `pretend`. The addresses for whoever is signed out, and those for the administrator, by picture."""
    store.write(_configured, by="ada")
    ada, lina = (Member.objects.get(username=name) for name in ("ada", "lina"))
    _addresses(ada, lina)
    _members(lina)
    for ip, program, hours in BROWSERS:
        _session(ada, ip=ip, program=program, hours=hours)
    welcome = invitations.invite("nora.nord@acme.example", administrator=False, by=ada)
    invitations.invite("chris.core@acme.example", administrator=True, by=ada)
    outside = {
        "sign-in": "/sign-in",
        "sign-in-forgotten": "/sign-in/forgotten",
        "welcome": urlsplit(welcome.address).path,
    }
    inside = {
        "account": "/account",
        "account-addresses": "/account/addresses",
        "account-password": "/account/password",
        "account-second-factor": "/account/second-factor",
        "account-connected": "/account/connected",
        "account-sessions": "/account/sessions",
        "console-people": "/console/people",
    }
    return outside, inside


def _configured(before: Document) -> Document:
    known = plain.exported(read(before))
    provider = [{**PROVIDER, "client_secret": "invented", "sign_up": True}]
    return plain.document_of({"mail": MAIL, **known, "oidc": provider}, before=before)


def _addresses(ada: Member, lina: Member) -> None:
    for member, email, verified in (
        (ada, "ada.adler@acme.example", True),
        (ada, "ada@adler.example", False),
        (lina, "lina.linde@acme.example", True),
    ):
        address = EmailAddress.objects.create(user=member, email=email, verified=verified)
        if verified:
            address.set_as_primary()


def _members(lina: Member) -> None:
    SocialAccount.objects.create(
        user=lina, provider="acme", uid="lina", extra_data={"email": "lina.linde@acme.example"}
    )
    petra = Member.objects.create_user("petra", email="petra.pohl@acme.example", is_superuser=True)
    Authenticator.objects.create(user=petra, type=Authenticator.Type.TOTP, data={})
    Member.objects.filter(pk=lina.pk).update(last_login=clock.now() - timedelta(hours=2))
    Member.objects.create_user("olga", email="olga.ohm@acme.example", is_active=False, last_login=clock.now())


def _session(member: Member, *, ip: str, program: str, hours: int) -> None:
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(member.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = member.get_session_auth_hash()
    session.save()
    at = clock.now() - timedelta(hours=hours)
    key = session.session_key
    UserSession.objects.create(user=member, ip=ip, user_agent=program, session_key=key, created_at=at, last_seen_at=at)
