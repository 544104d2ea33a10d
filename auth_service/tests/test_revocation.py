from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIClient

from auth_service.accounts import operations
from auth_service.accounts.models import Session, User
from auth_service.credentials.tokens import pair_for
from auth_service.tests.factories import SessionFactory
from auth_service.tests.waiting import meanwhile
from contracts.user import UserSessionEnded, UserSessionsEnded
from service_defaults import tokens
from shared_events.ids import uuid7
from shared_events.testing import nothing_recorded, recorded_events

ENDED = Session.End.PASSWORD_CHANGED


def _show(access: str) -> Response:
    return APIClient().get("/api/users/currentuser", headers={"Authorization": f"Bearer {access}"})


def _end_all(user: User) -> None:
    with transaction.atomic():
        operations.end_sessions(user_id=user.id, reason=ENDED, now=timezone.now())


@pytest.mark.django_db
class TestAnEndedSession:
    def test_is_published_once(self, browser: APIClient, session: Session) -> None:
        browser.post("/api/users/signout", {})
        assert recorded_events() == [UserSessionEnded(status="active", session_id=session.id)]
        with nothing_recorded(), transaction.atomic():
            operations.end_session(session_id=session.id, reason=ENDED, now=timezone.now())

    def test_is_published_where_a_refresh_token_was_reused(self, session: Session) -> None:
        used = pair_for(session).refresh
        assert APIClient().post("/api/users/refresh", {"refresh": used}).status_code == 200
        assert APIClient().post("/api/users/refresh", {"refresh": used}).status_code == 401
        assert recorded_events() == [UserSessionEnded(status="active", session_id=session.id)]

    def test_has_its_access_token_refused(self, session: Session) -> None:
        access = pair_for(session).access
        assert _show(access).status_code == 200
        APIClient().post("/api/users/signout", {}, headers={"Authorization": f"Bearer {access}"})
        answer = _show(access)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, "session-ended")

    def test_that_is_not_stored_is_refused(self, member: User) -> None:
        now = timezone.now()
        unsaved = Session(user=member, created_at=now, refreshed_at=now, expires_at=now)
        access = pair_for(unsaved).access
        assert _show(access).status_code == 401

    def test_that_is_unknown_is_ignored(self) -> None:
        with nothing_recorded(), transaction.atomic():
            operations.end_session(session_id=uuid7(), reason=ENDED, now=timezone.now())


@pytest.mark.django_db
class TestASuspendedAccount:
    def test_is_refused_by_bearer(self, session: Session) -> None:
        access = pair_for(session).access
        with transaction.atomic():
            operations.suspend_user(user_id=session.user_id, operator_id=uuid7(), now=timezone.now())
        answer = _show(access)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "account-suspended")

    def test_may_sign_out(self, browser: APIClient, session: Session) -> None:
        with transaction.atomic():
            operations.suspend_user(user_id=session.user_id, operator_id=uuid7(), now=timezone.now())
        answer = browser.post("/api/users/signout", {})
        assert (answer.status_code, set(answer.cookies)) == (200, {"access_token", "refresh_token"})


@pytest.mark.django_db
class TestEndingEverySession:
    def test_publishes_the_time_since_which_tokens_are_valid(self, member: User, session: Session) -> None:
        _end_all(member)
        member.refresh_from_db()
        assert recorded_events() == [UserSessionsEnded(status="active", not_before=member.not_before)]
        assert member.not_before is not None
        assert member.not_before > tokens.verify(pair_for(session).access).iat

    @pytest.mark.parametrize("ahead", [timedelta(0), timedelta(seconds=3)])
    def test_revokes_every_token_even_with_a_clock_ahead(self, member: User, ahead: timedelta) -> None:
        session = SessionFactory(user=member, created_at=timezone.now() + ahead)
        _end_all(member)
        member.refresh_from_db()
        assert member.not_before is not None
        assert tokens.verify(pair_for(session).access).iat < member.not_before

    def test_leaves_a_session_that_is_opened_later(self, member: User) -> None:
        SessionFactory(user=member, created_at=timezone.now() + timedelta(seconds=3))
        _end_all(member)
        with transaction.atomic():
            session = operations.start_session(user_id=member.id, now=timezone.now())
        assert _show(pair_for(session).access).status_code == 200

    def test_never_moves_back(self, member: User) -> None:
        SessionFactory(user=member, created_at=timezone.now() + timedelta(seconds=3))
        _end_all(member)
        _end_all(member)
        first, second = (event.not_before for event in recorded_events())  # type: ignore[attr-defined]
        assert second >= first


@pytest.mark.django_db(transaction=True)
class TestAConcurrentRefresh:
    def test_after_the_end_is_refused(self) -> None:
        session = SessionFactory()
        body = {"refresh": pair_for(session).refresh}
        with meanwhile(lambda: APIClient().post("/api/users/refresh", body).status_code) as answers:
            operations.end_sessions(user_id=session.user_id, reason=ENDED, now=timezone.now())
        assert answers == [401]

    def test_before_the_end_is_ended_too(self) -> None:
        session = SessionFactory()
        late = timezone.now() - timedelta(seconds=1)
        with meanwhile(lambda: _end_all_at(session, late)) as answers:
            refreshed = _refresh(session)
        assert answers == ["ended"]
        user = User.objects.get(id=session.user_id)
        assert user.not_before is not None
        assert tokens.verify(pair_for(refreshed).access).iat < user.not_before


def _refresh(session: Session) -> Session:
    return operations.refresh_session(
        session_id=session.id, refresh_id=session.refresh_id, now=timezone.now()
    )


def _end_all_at(session: Session, now: datetime) -> str:
    with transaction.atomic():
        operations.end_sessions(user_id=session.user_id, reason=ENDED, now=now)
    return "ended"
