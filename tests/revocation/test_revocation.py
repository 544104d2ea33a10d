"""User events take effect here. Run with the settings of each service that follows them."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.utils import timezone
from rest_framework.test import APIClient

from contracts.user import (
    UserReinstated,
    UserSessionEnded,
    UserSessionsEnded,
    UserSignedUp,
    UserSuspended,
)
from service_defaults.testing import token_for
from shared_events.ids import uuid7
from shared_events.testing import deliver

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> UUID:
    user = uuid7()
    deliver(UserSignedUp(status="active"), aggregate_id=user, position=1)
    return user


def _show(token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return APIClient().get(f"/api/{settings.SERVICE}", headers=headers).status_code


def _token(user: UUID, *, issued: datetime | None = None, session: UUID | None = None) -> str:
    return token_for(user, iat=(issued or timezone.now()).timestamp(), session_id=session)


class TestASuspension:
    def test_refuses_every_token_until_it_is_lifted_and_older_ones_for_good(self, user: UUID) -> None:
        old = _token(user)
        assert _show(old) == 200
        suspended = UserSuspended(status="suspended", not_before=timezone.now())
        deliver(suspended, aggregate_id=user, version=2, position=2)
        assert (_show(old), _show(_token(user))) == (403, 403)
        reinstated = UserReinstated(status="active", not_before=suspended.not_before)
        deliver(reinstated, aggregate_id=user, version=3, position=3)
        assert (_show(old), _show(_token(user))) == (401, 200)

    def test_of_an_older_log_counts_from_when_it_was_recorded(self, user: UUID) -> None:
        old = _token(user, issued=timezone.now() - timedelta(seconds=1))
        deliver(UserSuspended(status="suspended"), aggregate_id=user, version=2, position=2)
        assert _show(old) == 403


class TestTheEndOfOneSession:
    def test_refuses_its_tokens_alone(self, user: UUID) -> None:
        ended, other = uuid7(), uuid7()
        event = UserSessionEnded(status="active", session_id=ended)
        deliver(event, aggregate_id=user, version=2, position=2)
        assert (_show(_token(user, session=ended)), _show(_token(user, session=other))) == (401, 200)


class TestTheEndOfAllSessions:
    def test_refuses_the_tokens_from_before(self, user: UUID) -> None:
        now = timezone.now()
        deliver(UserSessionsEnded(status="active", not_before=now), aggregate_id=user, version=2, position=2)
        before, after = now - timedelta(microseconds=1), now + timedelta(microseconds=1)
        assert (_show(_token(user, issued=before)), _show(_token(user, issued=after))) == (401, 200)

    def test_lifts_no_suspension(self, user: UUID) -> None:
        event = UserSessionsEnded(status="suspended", not_before=timezone.now())
        deliver(event, aggregate_id=user, version=2, position=2)
        assert _show(_token(user)) == 403
