import json
import logging
from typing import Any

import pytest
from rest_framework.test import APIClient

from auth_service.accounts.models import Session, User
from auth_service.credentials.tokens import pair_for
from auth_service.tests.factories import PASSWORD, SessionFactory
from contracts.user import UserSessionEnded, UserSessionsEnded
from shared_events.ids import uuid7
from shared_events.testing import recorded_events

SESSIONS, CHANGE = "/api/users/sessions", "/api/users/password"
NEW = "ten purple bottles"


def _bearer(session: Session) -> dict[str, str]:
    return {"Authorization": f"Bearer {pair_for(session).access}"}


@pytest.mark.django_db
class TestOwnSessions:
    def test_are_listed_with_user_agent_and_address(self, api: APIClient, member: User) -> None:
        credentials = {"email": member.email, "password": PASSWORD}
        headers = {"User-Agent": "Firefox\x07 on Linux"}
        api.post("/api/users/signin", credentials, headers=headers, REMOTE_ADDR="192.0.2.7")
        other = SessionFactory(user=member, ended_at=None)
        SessionFactory()
        shown = {item["id"]: item for item in api.get(SESSIONS).json()}
        assert set(shown) == {str(session.id) for session in Session.objects.filter(user=member)}
        [current] = [item for item in shown.values() if item["current"]]
        assert (current["program"], current["address"]) == ("Firefox on Linux", "192.0.2.7")
        assert str(other.id) in shown

    def test_that_have_ended_are_not_listed(self, browser: APIClient, member: User) -> None:
        other = SessionFactory(user=member)
        assert browser.delete(f"{SESSIONS}/{other.id}").status_code == 204
        assert len(browser.get(SESSIONS).json()) == 1
        assert recorded_events() == [UserSessionEnded(status="active", session_id=other.id)]
        assert browser.delete(f"{SESSIONS}/{other.id}").status_code == 404

    def test_of_others_can_not_be_ended(self, browser: APIClient) -> None:
        other = SessionFactory()
        for session_id in (other.id, uuid7()):
            answer = browser.delete(f"{SESSIONS}/{session_id}")
            assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "session-not-found")
        other.refresh_from_db()
        assert other.ended_at is None

    def test_can_be_ended_all_at_once(self, browser: APIClient, member: User, session: Session) -> None:
        other = SessionFactory(user=member)
        answer = browser.delete(SESSIONS)
        assert answer.status_code == 204
        assert {cookie.value for cookie in answer.cookies.values()} == {""}
        for ended in (session, other):
            assert APIClient().get(SESSIONS, headers=_bearer(ended)).status_code == 401
        assert [type(event) for event in recorded_events()] == [UserSessionsEnded]


@pytest.mark.django_db
class TestChangingThePassword:
    def test_ends_every_session_and_opens_a_new_one(
        self, browser: APIClient, member: User, session: Session
    ) -> None:
        answer = browser.post(CHANGE, {"currentPassword": PASSWORD, "password": NEW})
        assert (answer.status_code, answer.json()) == (200, {})
        assert browser.get(SESSIONS).status_code == 200
        assert APIClient().get(SESSIONS, headers=_bearer(session)).status_code == 401
        body = {"email": member.email, "password": NEW}
        assert APIClient().post("/api/users/signin", body).status_code == 200

    def test_gives_an_api_client_its_new_pair(self, session: Session) -> None:
        body = {"currentPassword": PASSWORD, "password": NEW}
        answer = APIClient().post(CHANGE, body, headers=_bearer(session))
        assert set(answer.json()) == {"access", "refresh"}
        assert not answer.cookies
        headers = {"Authorization": f"Bearer {answer.json()['access']}"}
        assert APIClient().get(SESSIONS, headers=headers).status_code == 200

    def test_needs_the_current_one(self, browser: APIClient, session: Session) -> None:
        answer = browser.post(CHANGE, {"currentPassword": "a wrong guess", "password": NEW})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == "currentPassword"
        session.refresh_from_db()
        assert session.ended_at is None

    def test_limits_guesses_of_the_current_one(self, browser: APIClient) -> None:
        body = {"currentPassword": "a wrong guess", "password": NEW}
        answers = [browser.post(CHANGE, body).status_code for _ in range(11)]
        assert answers == [400] * 10 + [429]

    @pytest.mark.parametrize("password", ["12345678", "short", "", "member@example.com"])
    def test_refuses_a_weak_one(self, browser: APIClient, password: str) -> None:
        answer = browser.post(CHANGE, {"currentPassword": PASSWORD, "password": password})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "password")


@pytest.mark.django_db
class TestTheAuditLog:
    def test_has_each_event_and_no_secret(
        self, browser: APIClient, member: User, session: Session, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "audit")
        refresh = browser.cookies["refresh_token"].value
        browser.post("/api/users/signin", {"email": member.email, "password": "a wrong guess"})
        browser.post("/api/users/signin", {"email": member.email, "password": PASSWORD})
        browser.post(CHANGE, {"currentPassword": PASSWORD, "password": NEW})
        APIClient().post("/api/users/refresh", {"refresh": refresh})
        browser.post("/api/users/signout", {})
        lines = [vars(record) for record in caplog.records if record.name == "audit"]
        events = [line["event"] for line in lines]
        assert events == [
            "sign_in.failed",
            "signed_in",
            "password.changed",
            "request.refused",
            "signed_out",
        ]
        assert {line.get("user") for line in lines} == {None, str(member.id)}
        for secret in (PASSWORD, NEW, "a wrong guess", refresh, member.email):
            assert secret not in _as_written(lines)

    def test_has_a_warning_for_a_reused_refresh_token(
        self, session: Session, caplog: pytest.LogCaptureFixture
    ) -> None:
        used = pair_for(session).refresh
        for _ in range(2):
            APIClient().post("/api/users/refresh", {"refresh": used})
        line = next(record for record in caplog.records if record.name == "audit")
        assert (line.levelname, vars(line)["event"]) == ("WARNING", "refresh_token.reused")
        assert vars(line)["session"] == str(session.id)


def _as_written(lines: list[dict[str, Any]]) -> str:
    return json.dumps(lines, default=str)
