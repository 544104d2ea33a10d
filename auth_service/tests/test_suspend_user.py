from datetime import datetime

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from auth_service.accounts import operations
from auth_service.accounts.models import Session, User
from auth_service.credentials.tokens import pair_for
from auth_service.tests.factories import PASSWORD, SessionFactory, UserFactory
from auth_service.tests.waiting import meanwhile
from contracts.user import UserReinstated, UserSuspended
from shared_events.ids import uuid7
from shared_events.models import LoggedEvent
from shared_events.testing import nothing_recorded, recorded_events

CREDENTIALS = {"email": "member@example.com", "password": PASSWORD}


def _suspend(user: User) -> User:
    with transaction.atomic():
        return operations.suspend_user(user_id=user.id, operator_id=uuid7(), now=timezone.now())


def _reinstate(user: User) -> User:
    with transaction.atomic():
        return operations.reinstate_user(user_id=user.id)


@pytest.mark.django_db
class TestSuspendUser:
    def test_suspends_the_account_and_publishes_that(self, member: User) -> None:
        _suspend(member)
        member.refresh_from_db()
        assert (member.status, member.version) == ("suspended", 2)
        assert recorded_events() == [UserSuspended(status="suspended", not_before=_not_before(member))]
        row = LoggedEvent.objects.get()
        assert (row.aggregate_id, row.version) == (member.id, 2)

    def test_ends_every_live_session_of_this_account_alone(self, member: User, session: Session) -> None:
        now = timezone.now()
        ended = SessionFactory(user=member, ended_at=now, end_reason="signed out")
        other = SessionFactory()
        _suspend(member)
        reasons = {row.id: row.end_reason for row in Session.objects.all()}
        assert reasons == {session.id: "account suspended", ended.id: "signed out", other.id: ""}

    def test_prevents_a_sign_in(self, api: APIClient, member: User) -> None:
        _suspend(member)
        answer = api.post("/api/users/signin", CREDENTIALS)
        assert (answer.status_code, answer.json()["detail"]) == (403, "Account suspended")
        assert not answer.cookies
        assert not Session.objects.exists()

    def test_prevents_a_refresh(self, browser: APIClient, member: User) -> None:
        _suspend(member)
        assert browser.get("/api/users/currentuser").json() == {"currentUser": None}
        assert browser.post("/api/users/refresh").status_code == 401

    def test_refuses_an_account_that_is_suspended(self, member: User) -> None:
        _suspend(member)
        with nothing_recorded(), pytest.raises(operations.AlreadySuspended):
            _suspend(member)

    def test_refuses_the_operators_own_account(self, member: User) -> None:
        with nothing_recorded(), pytest.raises(operations.CannotSuspendYourself), transaction.atomic():
            operations.suspend_user(user_id=member.id, operator_id=member.id, now=timezone.now())


@pytest.mark.django_db
class TestReinstateUser:
    def test_makes_the_account_active_and_publishes_that(self, api: APIClient, member: User) -> None:
        _suspend(member)
        _reinstate(member)
        member.refresh_from_db()
        assert (member.status, member.version) == ("active", 3)
        assert recorded_events()[-1] == UserReinstated(status="active", not_before=_not_before(member))
        assert api.post("/api/users/signin", CREDENTIALS).status_code == 200

    def test_does_not_bring_back_old_sessions(self, browser: APIClient, member: User) -> None:
        _suspend(member)
        _reinstate(member)
        assert browser.post("/api/users/refresh").status_code == 401

    def test_refuses_an_account_that_is_not_suspended(self, member: User) -> None:
        with nothing_recorded(), pytest.raises(operations.NotSuspended):
            _reinstate(member)


@pytest.mark.django_db(transaction=True)
class TestAConcurrentSuspension:
    """Each request waits for the suspension's locks; `meanwhile` fails where it doesn't."""

    def test_is_seen_by_a_sign_in(self) -> None:
        member = UserFactory()
        body = {"email": member.email, "password": PASSWORD}
        with meanwhile(lambda: _status("/api/users/signin", body)) as answers:
            _suspend(member)
        assert answers == [403]
        assert not Session.objects.exists()

    def test_is_seen_by_a_refresh(self) -> None:
        session = SessionFactory()
        body = {"refresh": pair_for(session).refresh}
        with meanwhile(lambda: _status("/api/users/refresh", body)) as answers:
            _suspend(session.user)
        assert answers == [401]
        assert Session.objects.get().end_reason == "account suspended"

    def test_is_seen_by_another_suspension(self) -> None:
        member = UserFactory()
        with meanwhile(lambda: _outcome(member)) as answers:
            _suspend(member)
        assert answers == ["refused"]
        assert recorded_events() == [UserSuspended(status="suspended", not_before=_not_before(member))]


def _not_before(user: User) -> datetime | None:
    return User.objects.get(id=user.id).not_before


def _status(route: str, body: dict[str, str]) -> int:
    return APIClient().post(route, body).status_code


def _outcome(member: User) -> str:
    try:
        _suspend(member)
    except operations.AlreadySuspended:
        return "refused"
    return "suspended"
