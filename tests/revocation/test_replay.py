"""The `user` stream, read again, changes nothing. Run with the settings of each service that follows it."""

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
    UserState,
    UserSuspended,
)
from service_defaults.revocation.operations import RETENTION, purge_old_revocations
from service_defaults.testing import token_for
from shared_events.envelope import RawEnvelope
from shared_events.ids import uuid7
from shared_events.testing import deliver_batch, enveloped
from tests.replaying import replay, rows

pytestmark = pytest.mark.django_db


def _stream(user: UUID, events: list[UserState]) -> list[RawEnvelope]:
    """Apply the events that auth publishes of one user; return them."""
    stream = [
        enveloped(event, aggregate_id=user, version=version, position=version)
        for version, event in enumerate(events, 1)
    ]
    deliver_batch(stream)
    return stream


def _suspended_and_reinstated(at: datetime) -> list[UserState]:
    return [
        UserSignedUp(status="active"),
        UserSuspended(status="suspended", not_before=at),
        UserReinstated(status="active", not_before=at),
        UserSessionEnded(status="active", session_id=uuid7(), not_before=at),
        UserSessionsEnded(status="active", not_before=at + timedelta(microseconds=1)),
    ]


def _show(user: UUID) -> int:
    headers = {"Authorization": f"Bearer {token_for(user, iat=timezone.now().timestamp())}"}
    return APIClient().get(f"/api/{settings.SERVICE}", headers=headers).status_code


class TestTheUserStream:
    def test_refuses_no_user_who_was_reinstated(self) -> None:
        user = uuid7()
        stream = _stream(user, _suspended_and_reinstated(timezone.now() - timedelta(minutes=1)))
        assert _show(user) == 200

        def people_read() -> None:
            assert _show(user) == 200

        replay(stream, people_read)

    def test_lets_no_suspended_user_in(self) -> None:
        user, now = uuid7(), timezone.now()
        again = UserSuspended(status="suspended", not_before=now)
        stream = _stream(user, [*_suspended_and_reinstated(now - timedelta(minutes=1)), again])

        def people_read() -> None:
            assert _show(user) == 403

        replay(stream, people_read)

    def test_refuses_no_user_after_old_revocations_were_purged(self) -> None:
        user = uuid7()
        long_ago = timezone.now() - RETENTION - timedelta(minutes=1)
        stream = _stream(user, _suspended_and_reinstated(long_ago))
        purge_old_revocations()
        replicas = {table: found for table, found in rows().items() if "replica" in table}
        assert "users_userreplica" in replicas
        for event in stream:
            deliver_batch([event])
            assert _show(user) == 200
        assert {table: found for table, found in rows().items() if "replica" in table} == replicas
