from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from auth_service.accounts.models import Session, User
from auth_service.credentials.tokens import pair_for
from auth_service.tests.factories import UserFactory
from service_defaults.testing import token_for
from shared_events.ids import uuid7

SIGNED_OUT = {"currentUser": None}


@pytest.mark.django_db
class TestCurrentUser:
    def test_is_the_account_that_is_signed_in(self, browser: APIClient, member: User) -> None:
        answer = browser.get("/api/users/currentuser")
        assert answer.status_code == 200
        assert answer.json() == {
            "currentUser": {
                "id": str(member.id),
                "email": "member@example.com",
                "isStaff": False,
                "emailVerified": False,
            }
        }

    def test_is_not_cached(self, browser: APIClient) -> None:
        assert browser.get("/api/users/currentuser")["Cache-Control"] == "no-store"

    def test_may_use_a_bearer_token(self, session: Session) -> None:
        bearer = {"Authorization": f"Bearer {pair_for(session).access}"}
        answer = APIClient().get("/api/users/currentuser", headers=bearer)
        assert answer.json()["currentUser"]["id"] == str(session.user_id)

    @pytest.mark.parametrize("cookie", ["", "x", "a.b.c", "ÿ", "x" * 4000])
    def test_is_null_with_an_invalid_cookie(self, api: APIClient, cookie: str) -> None:
        api.cookies["access_token"] = cookie
        answer = api.get("/api/users/currentuser")
        assert (answer.status_code, answer.json()) == (200, SIGNED_OUT)

    def test_is_null_without_a_cookie(self, api: APIClient) -> None:
        assert api.get("/api/users/currentuser").json() == SIGNED_OUT

    def test_is_null_once_the_account_is_suspended(self, browser: APIClient, member: User) -> None:
        User.objects.update(status="suspended")
        assert browser.get("/api/users/currentuser").json() == SIGNED_OUT

    def test_is_null_once_the_session_has_expired(self, browser: APIClient, session: Session) -> None:
        Session.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert browser.get("/api/users/currentuser").json() == SIGNED_OUT

    def test_is_null_where_session_and_account_do_not_belong_together(
        self, api: APIClient, session: Session
    ) -> None:
        api.cookies["access_token"] = token_for(UserFactory().id, session_id=session.id)
        assert api.get("/api/users/currentuser").json() == SIGNED_OUT

    def test_is_null_for_an_account_that_does_not_exist(self, api: APIClient) -> None:
        api.cookies["access_token"] = token_for(uuid7())
        assert api.get("/api/users/currentuser").json() == SIGNED_OUT

    def test_has_is_staff_from_the_account_not_from_the_token(self, api: APIClient, session: Session) -> None:
        api.cookies["access_token"] = token_for(session.user_id, session_id=session.id, staff=True)
        assert api.get("/api/users/currentuser").json()["currentUser"]["isStaff"] is False
