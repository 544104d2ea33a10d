import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail as outbox
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from auth_service.accounts import operations, tasks
from auth_service.accounts.models import QueuedEmail, Session, User
from auth_service.clients import mail
from auth_service.credentials import links
from auth_service.tests.factories import PASSWORD, UserFactory
from contracts.user import UserSessionsEnded
from service_defaults.rate_limits.rates import Rate
from shared_events.models import OutgoingCommand
from shared_events.testing import recorded_events

FORGOT, RESET = "/api/users/password/forgot", "/api/users/password/reset"
VERIFY, AGAIN = "/api/users/email/verify", "/api/users/email/verification"
NEW = "ten purple bottles"


def _send() -> list[Any]:
    """Run the queued commands as relay and worker do, and return the e-mails sent."""
    for command in OutgoingCommand.objects.filter(task="accounts.send_email"):
        command.delete()
        tasks.send_email(**command.kwargs)
    return list(outbox.outbox)


def _token(email: Any) -> str:
    found = re.search(r"token=(\S+)", email.body)
    assert found
    return found[1].replace("%3A", ":")


def _forgot(email: str = "member@example.com") -> Any:
    return APIClient().post(FORGOT, {"email": email})


def _reset(token: str, password: str = NEW) -> Any:
    return APIClient().post(RESET, {"token": token, "password": password})


def _sign_in(password: str) -> int:
    body = {"email": "member@example.com", "password": password}
    return APIClient().post("/api/users/signin", body).status_code


@pytest.fixture
def link(member: User) -> str:
    """The token of the reset link in the member's e-mail."""
    _forgot()
    [email] = _send()
    return _token(email)


@pytest.mark.django_db
class TestForgotPassword:
    def test_sends_a_link(self, member: User, settings) -> None:
        assert _forgot().status_code == 202
        [email] = _send()
        assert email.to == ["member@example.com"]
        assert f"{settings.PUBLIC_ORIGIN}/auth/reset?token=" in email.body
        assert not QueuedEmail.objects.exists()

    def test_has_the_same_response_without_an_account(self, member: User) -> None:
        known, unknown = _forgot(), _forgot("unknown@example.com")
        assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
        assert QueuedEmail.objects.count() == 2
        assert [email.to for email in _send()] == [["member@example.com"]]
        assert not QueuedEmail.objects.exists()

    def test_is_limited_per_address(self, member: User, settings) -> None:
        settings.RATES = settings.RATES | {"emails": Rate(name="emails", limit=2, seconds=900)}
        for email in ("member@example.com", "unknown@example.com"):
            assert [_forgot(email).status_code for _ in range(3)] == [202, 202, 429]
        assert len(_send()) == 2


@pytest.mark.django_db
class TestAResetLink:
    def test_sets_the_password_once_and_ends_every_session(
        self, link: str, session: Session, browser: APIClient
    ) -> None:
        assert _reset(link).status_code == 200
        assert (_sign_in(PASSWORD), _sign_in(NEW)) == (400, 200)
        session.refresh_from_db()
        assert session.end_reason == "password changed"
        assert [type(event) for event in recorded_events()] == [UserSessionsEnded]
        answer = _reset(link, "eleven purple bottles")
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "link-used-up")
        assert "was changed" in _send()[-1].subject

    def test_refuses_a_weak_password_and_works_afterwards(self, link: str) -> None:
        answer = _reset(link, "12345678")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "password")
        assert _reset(link, "member@example").status_code == 400
        assert _reset(link).status_code == 200

    def test_expires(self, link: str, settings) -> None:
        settings.PASSWORD_RESET_TIMEOUT = -1
        assert _reset(link).status_code == 400

    def test_is_refused_once_another_one_was_used(self, link: str) -> None:
        _forgot()
        other = _token(_send()[-1])
        assert _reset(other).status_code == 200
        assert _reset(link, "eleven purple bottles").status_code == 400

    @pytest.mark.parametrize(
        "token", ["", "nonsense", "a:b:c", "é", "0" * 32, f"{'0' * 32}.a-b", f"{'0' * 32}.é-é-é"]
    )
    def test_is_refused_where_it_is_malformed_or_unknown(self, member: User, token: str) -> None:
        assert _reset(token).status_code == 400
        assert _sign_in(PASSWORD) == 200

    def test_for_another_purpose_is_refused(self, member: User) -> None:
        assert _reset(links.create_confirmation_token(member)).status_code == 400

    def test_of_one_account_is_refused_for_another(self, link: str) -> None:
        other = UserFactory(email="other@example.com")
        forged = links.create_reset_token(other).split(".")[0] + "." + link.split(".")[1]
        assert _reset(forged).status_code == 400

    def test_that_was_used_is_refused_before_a_password_is_hashed(
        self, link: str, hashings: list[str]
    ) -> None:
        assert _reset(link).status_code == 200
        hashings.clear()
        assert _reset(link).status_code == 400
        assert hashings == []

    def test_that_is_used_meanwhile_is_refused_by_the_operation(self, link: str, member: User) -> None:
        read = links.read_reset_token(link)
        assert _reset(link).status_code == 200
        with transaction.atomic(), pytest.raises(operations.LinkUsedUp):
            operations.reset_password(
                user_id=member.id, token=read.token, password_hash="unused", now=timezone.now()
            )

    def test_leaves_a_suspended_account_suspended(self, link: str, member: User) -> None:
        User.objects.update(status="suspended")
        assert _reset(link).status_code == 200
        assert recorded_events()[-1].status == "suspended"  # type: ignore[attr-defined]
        assert _sign_in(NEW) == 403


@pytest.mark.django_db
class TestAConfirmationLink:
    def test_is_sent_to_a_new_account_and_works_once(self, api: APIClient) -> None:
        api.post("/api/users/signup", {"email": "new@example.com", "password": PASSWORD})
        assert api.get("/api/users/currentuser").json()["currentUser"]["emailVerified"] is False
        [email] = _send()
        assert APIClient().post(VERIFY, {"token": _token(email)}).status_code == 200
        assert api.get("/api/users/currentuser").json()["currentUser"]["emailVerified"] is True
        assert APIClient().post(VERIFY, {"token": _token(email)}).status_code == 400

    def test_expires(self, member: User, settings) -> None:
        settings.AUTH_VERIFY_SECONDS = -1
        token = links.create_confirmation_token(member)
        assert APIClient().post(VERIFY, {"token": token}).status_code == 400

    def test_for_another_purpose_is_refused(self, member: User) -> None:
        token = links.create_reset_token(member)
        assert APIClient().post(VERIFY, {"token": token}).status_code == 400

    def test_is_sent_again_on_request_until_it_is_used(self, browser: APIClient, member: User) -> None:
        assert browser.post(AGAIN, {}).status_code == 202
        assert len(_send()) == 1
        User.objects.update(email_verified_at=timezone.now())
        assert browser.post(AGAIN, {}).status_code == 202
        assert len(_send()) == 1


@pytest.mark.django_db
class TestAQueuedEmail:
    def test_is_retried_while_the_server_is_unavailable(self, member: User, settings) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
        _forgot()
        with pytest.raises(mail.MailNotSent):
            _send()
        assert tasks.send_due_emails() == 0
        QueuedEmail.objects.update(due_at=timezone.now())
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        assert tasks.send_due_emails() == 1
        assert len(_send()) == 1

    def test_is_not_sent_twice_at_once(self, member: User) -> None:
        _forgot()
        email = QueuedEmail.objects.get()
        QueuedEmail.objects.update(tries=1)
        tasks.send_email(email_id=str(email.id))
        assert outbox.outbox == []

    def test_is_deleted_when_it_is_out_of_date(self, member: User) -> None:
        _forgot()
        QueuedEmail.objects.update(created_at=timezone.now() - timedelta(hours=2))
        tasks.send_due_emails()
        assert not QueuedEmail.objects.exists()

    def test_stays_queued_without_a_server(self, member: User, settings) -> None:
        settings.EMAIL_BACKEND = ""
        _forgot()
        assert _send() == []
        assert QueuedEmail.objects.count() == 1


class TestTheMailServer:
    def test_is_read_from_a_url(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("X_MAIL", "smtps://me%40x:p%2Fw@mail.test")
        server = mail.server_from("X_MAIL")
        assert (server.host, server.port, server.user, server.password) == ("mail.test", 465, "me@x", "p/w")
        assert (server.use_ssl, server.use_tls) == (True, False)
        monkeypatch.setenv("X_MAIL", "smtp://me:pw@mail.test:2525")
        server = mail.server_from("X_MAIL")
        assert (server.port, server.use_ssl, server.use_tls) == (2525, False, True)
        monkeypatch.setenv("X_MAIL", f"file://{tmp_path}")
        assert mail.server_from("X_MAIL").directory == str(tmp_path)
        monkeypatch.delenv("X_MAIL")
        assert mail.server_from("X_MAIL").backend == ""

    @pytest.mark.parametrize("url", ["mail.test", "http://mail.test", "smtp://", "file://"])
    def test_is_refused_where_the_url_is_invalid(self, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
        monkeypatch.setenv("X_MAIL", url)
        with pytest.raises(ImproperlyConfigured, match="X_MAIL must be"):
            mail.server_from("X_MAIL")
