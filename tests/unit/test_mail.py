"""Mail over real SMTP: invitations, forgotten passwords, addresses, and what a mail server does wrong."""

import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from handover.configuration.declared import Mail
from handover.configuration.store import current
from handover.members import mail
from handover.members.models import Invitation, Member
from standins.authority import Authority, Identity
from tests.configured import configured
from tests.unit.mail_world import PASSWORD as MAIL_PASSWORD
from tests.unit.mail_world import USER, post_office

PASSWORD, OTHER = "a good long one", "another good long one"
LINA = "lina@acme.example"

pytestmark = pytest.mark.usefixtures("django_db")


@pytest.fixture
def lina() -> Member:
    made = Member.objects.create_user("lina", email=LINA, password=PASSWORD)
    EmailAddress.objects.create(user=made, email=LINA, verified=True, primary=True)
    return made


@pytest.fixture
def console() -> Client:
    ada = Member.objects.create_user("ada", password=PASSWORD, is_superuser=True)
    browser = Client()
    browser.force_login(ada)
    browser.post("/account/confirm", {"password": PASSWORD})
    return browser


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def signed_in(login: str = "lina", password: str = PASSWORD) -> Client:
    browser = Client()
    assert browser.post("/sign-in", {"login": login, "password": password}).status_code == 302
    return browser


def test_an_invitation_is_mailed_and_its_link_makes_the_account(console: Client) -> None:
    with post_office() as post:
        page = text_of(console.post("/console/people", {"email": LINA, "administrator": "on"}))
        assert "and the link is mailed" in page
        assert (post.recipients, str(post.mails[0]["From"])) == ([LINA], "handover@acme.example")
        assert str(post.mails[0]["Subject"]) == "You are invited to Handover"
        assert "ada invites you to Handover at http://127.0.0.1:8080, as an administrator." in post.text()
        assert Client().get(post.link()).status_code == 200
        assert Invitation.objects.get().mailed_at is not None


def test_a_forgotten_password_is_chosen_anew_by_a_mailed_link(lina: Member) -> None:
    elsewhere = signed_in()
    with post_office() as post:
        browser = Client(headers={"Host": "evil.example"})
        assert browser.post("/sign-in/forgotten", {"email": "Lina@ACME.example"}).headers["Location"].endswith("/sent")
        assert post.recipients == [LINA]
        assert "evil.example" not in post.text()
        form = Client()
        page = form.get(post.link(), follow=True)
        assert page.status_code == 200
        action = re.search(r'action="([^"]+set-password)"', text_of(page))
        assert action
        done = form.post(action[1], {"password1": OTHER, "password2": OTHER}, follow=True)
        assert "The password is set" in text_of(done)
        assert elsewhere.get("/account").status_code == 302
        signed_in(password=OTHER)
        assert "This link has ended" in text_of(Client().get(post.link(0), follow=True))
        assert "Something was changed on your account" in post.text()


def test_an_address_without_account_gets_no_mail_and_the_same_page(lina: Member) -> None:
    with post_office() as post:
        known = Client().post("/sign-in/forgotten", {"email": LINA}, follow=True)
        unknown = Client().post("/sign-in/forgotten", {"email": "nobody@acme.example"}, follow=True)
        assert re.sub(r"csrf\S+", "", text_of(known)) == re.sub(r"csrf\S+", "", text_of(unknown))
        assert post.recipients == [LINA]
        assert post.asked_for == [LINA, "nobody@acme.example"]


def test_an_address_that_nobody_has_verified_gets_no_link_and_the_same_page(lina: Member) -> None:
    EmailAddress.objects.create(user=lina, email="typed@acme.example")
    Member.objects.create_user("olga", email="olga@acme.example", password=PASSWORD)
    with post_office() as post:
        for address in ("typed@acme.example", "olga@acme.example"):
            answer = Client().post("/sign-in/forgotten", {"email": address})
            assert answer.headers["Location"].endswith("/sent")
        assert post.mails == []
        assert post.asked_for == ["typed@acme.example", "olga@acme.example"]


def test_a_closed_account_gets_no_link(lina: Member) -> None:
    Member.objects.update(is_active=False)
    with post_office() as post:
        Client().post("/sign-in/forgotten", {"email": LINA})
        assert post.mails == []


def test_asking_often_for_a_new_password_is_refused(lina: Member) -> None:
    with post_office() as post:
        answers = [Client().post("/sign-in/forgotten", {"email": LINA}) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [302] * 5 + [429]
        assert len(post.mails) == 5


REFUSALS = {
    "wants a log-in": ("sender", "530 5.7.0 Authentication required", "the mail server wants a log-in"),
    "wants a log-in at the recipient": (
        "recipient",
        "530 5.7.0 Authentication required",
        "the mail server wants a log-in",
    ),
    "refuses the sender": ("sender", "553 not yours", "does not take mail from Handover&#x27;s sender address"),
    "refuses the recipient": ("recipient", "550 no such user", "does not take mail to this address"),
}


@pytest.mark.parametrize(("step", "answer", "said"), REFUSALS.values(), ids=REFUSALS)
@pytest.mark.parametrize("address", [LINA, "nobody@acme.example"])
def test_a_refusal_is_told_alike_whether_there_is_an_account_or_not(
    lina: Member, address: str, step: str, answer: str, said: str
) -> None:
    with post_office() as post:
        post.refuse[step] = answer
        page = Client().post("/sign-in/forgotten", {"email": address})
        assert page.status_code == 200
        assert said in text_of(page) and "ask an administrator" in text_of(page)
        assert answer not in text_of(page)


@pytest.mark.parametrize(
    ("step", "answer", "said"), [*REFUSALS.values(), ("message", "554 looks like spam", "refused the message")]
)
def test_an_invitation_that_is_not_mailed_stands_and_its_link_is_shown(
    console: Client, step: str, answer: str, said: str
) -> None:
    with post_office() as post:
        post.refuse[step] = answer
        page = text_of(console.post("/console/people", {"email": LINA}))
    assert said in page and answer.split(maxsplit=1)[1] in page
    link = re.search(r'id="link">http://127\.0\.0\.1:8080(/welcome/[\w-]+)<', page)
    assert link and Client().get(link[1]).status_code == 200
    assert Invitation.objects.get().mailed_at is None


@pytest.mark.parametrize("address", [LINA, "nobody@acme.example"])
def test_a_mail_server_that_is_down_is_told(lina: Member, address: str) -> None:
    with post_office(port=1):
        page = text_of(Client().post("/sign-in/forgotten", {"email": address}))
    assert "No mail was sent: the mail server does not answer." in page
    assert "127.0.0.1" not in page


WRONG_HOSTS = {
    "an empty label": ("a..b", "is spelled as none can be"),
    "a label that is too long": (f"{'x' * 64}.example.com", "is spelled as none can be"),
    "link-local": ("169.254.169.254", "the mail server is where Handover sends nothing"),
    "link-local by its number": ("2852039166", "the mail server is where Handover sends nothing"),
}


@pytest.mark.parametrize(("host", "said"), WRONG_HOSTS.values(), ids=WRONG_HOSTS)
def test_a_server_that_can_be_none_is_told(
    lina: Member, console: Client, monkeypatch: pytest.MonkeyPatch, host: str, said: str
) -> None:
    """Checked where it is filled in, too; but a file of before, or a name that leads elsewhere by now, passes that."""
    about = Mail(host=host, port=25, security="none", sender=LINA)
    monkeypatch.setattr(mail, "current", lambda: replace(current(), mail=about))
    for address in (LINA, "nobody@acme.example"):
        page = text_of(Client().post("/sign-in/forgotten", {"email": address}))
        assert said in page and host not in page
    page = text_of(console.post("/console/people", {"email": "new@acme.example"}))
    assert said in page and "The invitation stands" in page and host in page


def test_an_address_with_letters_of_its_own_is_asked_for_as_it_is_sent_to(lina: Member) -> None:
    with post_office(sender="handover@grün.example") as post:
        assert Client().post("/sign-in/forgotten", {"email": "nobody@bücher.example"}).status_code == 302
    assert post.asked_for == ["nobody@xn--bcher-kva.example"]


@pytest.fixture
def identity(tmp_path: Path, django_db: Path) -> Iterator[Identity]:
    """A certificate that is trusted."""
    authority = Authority(tmp_path / "trusted")
    configured(trust={"certificates": authority.root_pem})
    yield authority.identity()
    configured(trust={"certificates": ""})


def test_with_a_log_in(console: Client, identity: Identity) -> None:
    with post_office(security="starttls", identity=identity, log_in=True, user=USER, password=MAIL_PASSWORD) as post:
        console.post("/console/people", {"email": LINA})
        assert post.recipients == [LINA]


def test_a_wrong_log_in_is_told_and_its_password_is_not(console: Client, identity: Identity) -> None:
    with post_office(security="starttls", identity=identity, log_in=True, user=USER, password="wrong password"):
        page = text_of(console.post("/console/people", {"email": LINA}))
    assert "did not take Handover&#x27;s user and password" in page
    assert "wrong password" not in page


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_protected_by_a_certificate_of_a_private_ca(console: Client, tmp_path: Path, security: Any) -> None:
    authority = Authority(tmp_path)
    with post_office(security=security, identity=authority.identity()) as post:
        page = text_of(console.post("/console/people", {"email": LINA}))
        assert "the mail server&#x27;s certificate is not trusted" in page
        configured(trust={"certificates": authority.root_pem})
        console.post("/console/people", {"email": LINA})
        assert post.recipients == [LINA]
    configured(trust={"certificates": ""})


def test_a_server_without_starttls_gets_no_mail_in_clear(console: Client) -> None:
    with post_office() as post:
        configured(mail={**_as_configured(), "security": "starttls"})
        page = text_of(console.post("/console/people", {"email": LINA}))
        assert "does not offer what is configured for it" in page
        assert post.asked_for == []


def test_a_server_that_speaks_no_tls_is_told(console: Client) -> None:
    with post_office() as post:
        configured(mail={**_as_configured(), "security": "tls"})
        page = text_of(console.post("/console/people", {"email": LINA}))
        assert "No mail was sent: the mail server does not" in page
        assert post.asked_for == []


def test_an_address_is_verified_by_a_mailed_link(lina: Member) -> None:
    browser = signed_in()
    browser.post("/account/confirm", {"password": PASSWORD})
    with post_office() as post:
        browser.post("/account/addresses", {"action_add": "1", "email": "new@acme.example"})
        assert post.recipients == ["new@acme.example"]
        assert "The account lina has given this address" in post.text()
        page = text_of(browser.get(post.link()))
        assert "new@acme.example" in page and not EmailAddress.objects.get(email="new@acme.example").verified
        browser.post(post.link())
        assert EmailAddress.objects.get(email="new@acme.example").verified
        assert "This link has ended" in text_of(browser.get(post.link(0)))


def test_an_address_is_kept_where_the_link_cannot_be_mailed(lina: Member) -> None:
    browser = signed_in()
    browser.post("/account/confirm", {"password": PASSWORD})
    with post_office() as post:
        post.refuse["recipient"] = "550 no such user"
        answer = browser.post("/account/addresses", {"action_add": "1", "email": "new@acme.example"}, follow=True)
        assert "The address is kept; ask for the link again later." in text_of(answer)
        assert EmailAddress.objects.filter(email="new@acme.example", verified=False).exists()


def test_a_link_is_not_mailed_again_at_once_and_that_is_told(lina: Member) -> None:
    EmailAddress.objects.create(user=lina, email="new@acme.example")
    browser, sent = signed_in(), {"action_send": "1", "email": "new@acme.example"}
    with post_office() as post:
        browser.post("/account/addresses", sent)
        assert "Wait three minutes" in text_of(browser.post("/account/addresses", sent, follow=True))
        assert len(post.mails) == 1


def test_an_address_of_another_account_is_not_verified_by_its_link(lina: Member) -> None:
    olga = Member.objects.create_user("olga", password=PASSWORD)
    EmailAddress.objects.create(user=olga, email=LINA)
    with post_office() as post:
        signed_in("olga").post("/account/addresses", {"action_send": "1", "email": LINA})
        page = text_of(signed_in().get(post.link()))
        assert "is confirmed by another account already" in page
        signed_in().post(post.link())
    assert not EmailAddress.objects.filter(user=olga, verified=True).exists()


def test_a_change_of_the_password_is_told_by_mail_and_does_not_hang_on_it(lina: Member) -> None:
    sent = {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER}
    with post_office() as post:
        signed_in().post("/account/password", sent)
        assert post.recipients == [LINA] and "127.0.0.1" in post.text()
        post.refuse["message"] = "554 no"
        back = {"oldpassword": OTHER, "password1": PASSWORD, "password2": PASSWORD}
        assert signed_in(password=OTHER).post("/account/password", back).status_code == 302
    lina.refresh_from_db()
    assert lina.check_password(PASSWORD)


def test_without_a_mail_server_nothing_is_sent() -> None:
    assert mail.is_set_up() is False
    mail.send(to=LINA, subject="x", text="y")
    mail.ask_for(LINA)


def test_a_name_that_would_break_a_header_sends_nothing_odd(console: Client) -> None:
    with post_office() as post:
        console.post("/console/people", {"email": "lina@acme.example\r\nBcc: x@evil.example"})
        assert post.asked_for == []


def _as_configured() -> dict[str, Any]:
    from handover.configuration.store import current

    held = current().mail
    return {"host": held.host, "port": held.port, "sender": held.sender}


def test_a_mail_server_that_says_nothing_is_given_up(lina: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        configured(mail={"host": "127.0.0.1", "port": silent.getsockname()[1], "security": "none", "sender": LINA})
        page = text_of(Client().post("/sign-in/forgotten", {"email": LINA}))
    assert "the mail server does not answer" in page
    configured(mail={})
