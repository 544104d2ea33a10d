from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.utils import timezone
from rest_framework.test import APIClient

from auth_service.accounts import operations
from auth_service.accounts.models import Session, User
from auth_service.accounts.tasks import purge_old_sessions
from auth_service.credentials.tokens import pair_for, read_refresh
from auth_service.tests.factories import SessionFactory
from auth_service.tests.waiting import meanwhile
from service_defaults import client_ip
from shared_events.testing import nothing_recorded

ROUTE = "/api/users/refresh"


def _codes(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["code"]


@pytest.mark.django_db
class TestRefresh:
    def test_gives_a_browser_a_new_pair_in_its_cookies_alone(
        self, browser: APIClient, session: Session
    ) -> None:
        old = {name: cookie.value for name, cookie in browser.cookies.items()}
        with nothing_recorded():
            answer = browser.post(ROUTE)
        assert (answer.status_code, answer.json()) == (200, {})
        assert answer.cookies["refresh_token"].value != old["refresh_token"]
        assert answer.cookies["access_token"].value != old["access_token"]
        assert browser.get("/api/users/currentuser").json()["currentUser"]["id"] == str(session.user_id)

    def test_gives_an_api_client_a_new_pair_in_the_body_alone(self, session: Session) -> None:
        old = pair_for(session)
        answer = APIClient().post(ROUTE, {"refresh": old.refresh})
        assert (answer.status_code, set(answer.json())) == (200, {"access", "refresh"})
        assert answer.json()["refresh"] != old.refresh
        assert not answer.cookies

    def test_extends_the_session(self, browser: APIClient, session: Session) -> None:
        Session.objects.update(expires_at=timezone.now() + timedelta(minutes=1))
        before = timezone.now()
        answer = browser.post(ROUTE)
        session.refresh_from_db()
        assert Session.objects.count() == 1
        assert session.refreshed_at >= before
        assert session.expires_at == session.refreshed_at + timedelta(seconds=settings.AUTH_REFRESH_SECONDS)
        claims = read_refresh(answer.cookies["refresh_token"].value)
        assert (claims.session_id, claims.refresh_id) == (session.id, session.refresh_id)

    def test_works_again_with_the_new_token(self, browser: APIClient) -> None:
        assert [browser.post(ROUTE).status_code for _ in range(3)] == [200, 200, 200]

    def test_needs_no_access_token(self, browser: APIClient) -> None:
        browser.cookies["access_token"] = "expired long ago"
        assert browser.post(ROUTE, {}).status_code == 200

    def test_has_a_staff_claim_that_has_changed(self, session: Session) -> None:
        refresh = pair_for(session).refresh
        User.objects.update(is_staff=True)
        access = APIClient().post(ROUTE, {"refresh": refresh}).json()["access"]
        assert jwt.decode(access, options={"verify_signature": False})["staff"] is True

    def test_is_refused_to_another_site(self, browser: APIClient, session: Session) -> None:
        answer = browser.post(ROUTE, headers={"Origin": "https://evil.example"})
        assert _codes(answer) == (403, "cross-site-write")
        assert not answer.cookies
        assert browser.post(ROUTE).status_code == 200

    def test_without_any_token_is_refused(self, api: APIClient) -> None:
        assert _codes(api.post(ROUTE)) == (401, "invalid-refresh-token")

    @pytest.mark.parametrize("token", ["x", "a.b.c", "ÿ", "x" * 100_000, "ey" * 4000, 12])
    def test_with_an_invalid_token_is_refused(self, api: APIClient, token: object) -> None:
        answer = api.post(ROUTE, {"refresh": token})
        assert _codes(answer) == (401, "invalid-refresh-token")
        assert answer["WWW-Authenticate"] == "Bearer"

    @pytest.mark.parametrize("token", [None, "", [], {}, True])
    def test_with_a_token_that_is_no_text_is_refused(self, browser: APIClient, token: object) -> None:
        answer = browser.post(ROUTE, {"refresh": token})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "refresh")
        assert not answer.cookies

    def test_of_an_expired_session_is_refused_and_clears_the_cookies(
        self, browser: APIClient, session: Session
    ) -> None:
        Session.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        answer = browser.post(ROUTE)
        assert _codes(answer) == (401, "session-ended")
        assert [cookie.value for cookie in answer.cookies.values()] == ["", ""]

    def test_of_a_deleted_session_is_refused(self, browser: APIClient) -> None:
        Session.objects.all().delete()
        assert _codes(browser.post(ROUTE)) == (401, "session-ended")

    def test_of_a_suspended_account_is_refused(self, browser: APIClient) -> None:
        User.objects.update(status="suspended")
        answer = browser.post(ROUTE)
        assert _codes(answer) == (403, "account-suspended")
        assert [cookie.value for cookie in answer.cookies.values()] == ["", ""]


@pytest.mark.django_db
class TestAUsedRefreshToken:
    def test_ends_the_whole_session(self, browser: APIClient, session: Session) -> None:
        stolen = browser.cookies["refresh_token"].value
        browser.post(ROUTE)
        thief = APIClient()
        assert _codes(thief.post(ROUTE, {"refresh": stolen})) == (401, "refresh-token-reused")
        session.refresh_from_db()
        assert (session.end_reason, session.ended_at is None) == ("refresh token used twice", False)
        assert browser.get("/api/users/currentuser").json() == {"currentUser": None}
        assert _codes(browser.post(ROUTE)) == (401, "session-ended")

    def test_leaves_the_accounts_other_sessions_alone(self, browser: APIClient, session: Session) -> None:
        other = SessionFactory(user=session.user)
        stolen = browser.cookies["refresh_token"].value
        browser.post(ROUTE)
        APIClient().post(ROUTE, {"refresh": stolen})
        other.refresh_from_db()
        assert other.ended_at is None


@pytest.mark.django_db(transaction=True)
class TestARefreshToken:
    def test_used_twice_at_once_succeeds_once(self) -> None:
        """The second waits for the row; without the lock it would read the old token, and succeed."""
        session = SessionFactory()
        body = {"refresh": pair_for(session).refresh}
        with meanwhile(lambda: _codes(APIClient().post(ROUTE, body))) as answers:
            operations.refresh_session(
                session_id=session.id, refresh_id=session.refresh_id, now=timezone.now()
            )
        assert answers == [(401, "refresh-token-reused")]
        assert Session.objects.get().end_reason == "refresh token used twice"


@pytest.mark.django_db
class TestPurgeOldSessions:
    def test_deletes_sessions_a_month_after_they_expired(self) -> None:
        now = timezone.now()
        gone = SessionFactory(expires_at=now - timedelta(days=31))
        kept = [SessionFactory(expires_at=now - timedelta(days=29)), SessionFactory()]
        assert purge_old_sessions() == 1
        assert set(Session.objects.all()) == set(kept)
        assert User.objects.filter(id=gone.user_id).exists()
        assert purge_old_sessions() == 0


@pytest.mark.django_db
class TestAConcurrentRefresh:
    """A browser sends requests at once; several of the frontend's processes refresh with the same token."""

    @staticmethod
    def _by_frontend(token: str) -> Any:
        headers = {client_ip.HEADER: client_ip.sign("192.0.2.1")}
        return APIClient().post(ROUTE, {"refresh": token}, headers=headers)

    def test_gets_the_tokens_of_the_first(self, session: Session) -> None:
        token = pair_for(session).refresh
        first, second = self._by_frontend(token).json(), self._by_frontend(token).json()
        assert read_refresh(first["refresh"]) == read_refresh(second["refresh"])
        assert self._by_frontend(second["refresh"]).status_code == 200

    def test_is_a_reuse_where_it_is_not_from_the_frontend(self, session: Session) -> None:
        token = pair_for(session).refresh
        self._by_frontend(token)
        assert _codes(APIClient().post(ROUTE, {"refresh": token})) == (401, "refresh-token-reused")

    def test_is_a_reuse_after_a_few_seconds(self, session: Session) -> None:
        token = pair_for(session).refresh
        self._by_frontend(token)
        Session.objects.update(refreshed_at=timezone.now() - timedelta(seconds=11))
        assert _codes(self._by_frontend(token)) == (401, "refresh-token-reused")

    def test_is_a_reuse_after_another_refresh(self, session: Session) -> None:
        token = pair_for(session).refresh
        self._by_frontend(self._by_frontend(token).json()["refresh"])
        assert self._by_frontend(token).status_code == 401

    def test_of_a_suspended_account_gets_nothing(self, session: Session) -> None:
        token = pair_for(session).refresh
        self._by_frontend(token)
        User.objects.update(status="suspended")
        assert self._by_frontend(token).status_code == 403
