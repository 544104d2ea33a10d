from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from service_defaults.revocation import operations
from service_defaults.revocation.models import Revocation
from service_defaults.testing import ORIGIN, token_for
from service_defaults.tests.ids import uuid7

ME, NOTES = "/api/notes/me", "/api/notes"


def _by_bearer(token: str, method: str = "get", path: str = ME) -> tuple[int, str]:
    answer = getattr(APIClient(), method)(path, headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, answer.json().get("errors", [{}])[0].get("code", "")


def _by_cookie(token: str, method: str, path: str) -> tuple[int, str]:
    browser = APIClient(HTTP_ORIGIN=ORIGIN)
    browser.cookies["access_token"] = token
    answer = getattr(browser, method)(path, {"text": "x"} if method == "post" else None)
    body = answer.json()
    return answer.status_code, body["errors"][0]["code"] if "errors" in body else str(body)


def _suspend(user: UUID) -> None:
    operations.revoke_user_tokens(user_id=user, version=1, suspended=True, not_before=timezone.now())


class TestATokenOfAnEndedSession:
    def test_is_refused_by_bearer_and_anonymous_by_cookie(self, writer: UUID) -> None:
        session = uuid7()
        token = token_for(writer, session_id=session)
        operations.end_session(session_id=session, ended_at=timezone.now())
        assert _by_bearer(token) == (401, "session-ended")
        assert _by_cookie(token, "get", ME) == (200, "{'id': None}")
        assert _by_cookie(token, "post", NOTES) == (401, "not-authenticated")

    def test_is_refused_whenever_it_was_issued(self, writer: UUID) -> None:
        session = uuid7()
        operations.end_session(session_id=session, ended_at=timezone.now() - timedelta(minutes=1))
        assert _by_bearer(token_for(writer, session_id=session))[0] == 401

    def test_does_not_affect_the_users_other_sessions(self, writer: UUID) -> None:
        operations.end_session(session_id=uuid7(), ended_at=timezone.now())
        assert _by_bearer(token_for(writer))[0] == 200


class TestATokenOfTheUser:
    def test_is_refused_where_it_was_issued_before_the_revocation(self, writer: UUID) -> None:
        end = datetime.fromtimestamp(int(timezone.now().timestamp()), UTC) + timedelta(microseconds=500)
        operations.revoke_user_tokens(user_id=writer, version=1, suspended=False, not_before=end)
        before, at = (end + step for step in (timedelta(microseconds=-1), timedelta(0)))
        assert _by_bearer(token_for(writer, iat=before.timestamp())) == (401, "session-ended")
        assert _by_bearer(token_for(writer, iat=at.timestamp()))[0] == 200

    def test_does_not_affect_other_users(self, writer: UUID) -> None:
        later = timezone.now() + timedelta(minutes=1)
        operations.revoke_user_tokens(user_id=uuid7(), version=1, suspended=False, not_before=later)
        assert _by_bearer(token_for(writer))[0] == 200


class TestATokenOfASuspendedAccount:
    def test_is_refused_by_bearer_even_on_a_public_route(self, writer: UUID) -> None:
        _suspend(writer)
        assert _by_bearer(token_for(writer)) == (403, "account-suspended")

    def test_by_cookie_reads_anonymously_and_writes_nothing(self, writer: UUID) -> None:
        _suspend(writer)
        token = token_for(writer)
        assert _by_cookie(token, "get", ME) == (200, "{'id': None}")
        assert _by_cookie(token, "get", NOTES) == (401, "not-authenticated")
        assert _by_cookie(token, "post", NOTES) == (403, "account-suspended")

    def test_stays_refused_after_a_reinstatement_but_a_new_one_is_accepted(self, writer: UUID) -> None:
        old = token_for(writer, iat=timezone.now().timestamp() - 1)
        _suspend(writer)
        operations.revoke_user_tokens(user_id=writer, version=2, suspended=False, not_before=timezone.now())
        assert _by_bearer(old) == (401, "session-ended")
        assert _by_bearer(token_for(writer, iat=timezone.now().timestamp()))[0] == 200


class TestAToken:
    def test_that_outlives_the_retention_of_revocations_is_refused(self, writer: UUID) -> None:
        assert _by_bearer(token_for(writer, lasts=3600))[0] == 200
        assert _by_bearer(token_for(writer, lasts=3601)) == (401, "invalid-token")

    @pytest.mark.django_db
    def test_is_looked_up_by_one_query(self, writer: UUID, django_assert_num_queries) -> None:
        token = token_for(writer)
        with django_assert_num_queries(1):
            _by_bearer(token)


class TestAnOlderVersion:
    def test_changes_nothing(self, writer: UUID) -> None:
        now = timezone.now()
        operations.revoke_user_tokens(user_id=writer, version=3, suspended=False, not_before=now)
        for version in (2, 3):
            later = now + timedelta(minutes=1)
            operations.revoke_user_tokens(user_id=writer, version=version, suspended=True, not_before=later)
        assert Revocation.objects.values_list("suspended", "not_before", "version").get() == (False, now, 3)

    def test_of_a_session_changes_nothing(self, writer: UUID) -> None:
        session, now = uuid7(), timezone.now()
        for at in (now, now + timedelta(minutes=1)):
            operations.end_session(session_id=session, ended_at=at)
        assert Revocation.objects.get().not_before == now


class TestPurgeOldRevocations:
    def test_keeps_sessions_of_unexpired_tokens_and_every_user(self, writer: UUID) -> None:
        now = timezone.now()
        old = now - operations.RETENTION - timedelta(seconds=1)
        kept, purged, suspended, reinstated = uuid7(), uuid7(), uuid7(), uuid7()
        operations.end_session(session_id=kept, ended_at=now - timedelta(hours=1))
        operations.end_session(session_id=purged, ended_at=old)
        operations.revoke_user_tokens(user_id=suspended, version=1, suspended=True, not_before=old)
        operations.revoke_user_tokens(user_id=reinstated, version=2, suspended=False, not_before=old)
        assert operations.purge_old_revocations() == 1
        assert set(Revocation.objects.values_list("subject", flat=True)) == {kept, suspended, reinstated}
