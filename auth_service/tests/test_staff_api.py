"""What staff see of accounts, and do about them."""

import logging
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.admin.models import LogEntry
from rest_framework.test import APIClient

from auth_service.accounts.models import Session, User
from auth_service.credentials.tokens import pair_for
from auth_service.tests.factories import SessionFactory, UserFactory
from contracts.user import UserReinstated, UserSuspended
from service_defaults.testing import token_for
from shared_events.testing import nothing_recorded, recorded_events

pytestmark = pytest.mark.django_db

STAFF = "/api/users/staff"
WHY = {"reason": "Sells tickets that nobody has"}


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair_for(SessionFactory(user=user)).access}")
    return client


@pytest.fixture
def operator(db: None) -> User:
    return UserFactory(email="operator@example.com", is_staff=True, role="support")


@pytest.fixture
def support(operator: User) -> APIClient:
    return client_of(operator)


class TestSearchAccounts:
    @pytest.mark.parametrize("typed", ["member@", "MEMBER@Example.com", "  mem"])
    def test_finds_an_account_by_the_beginning_of_its_address(
        self, support: APIClient, member: User, typed: str
    ) -> None:
        [match] = support.get(f"{STAFF}/search", {"q": typed}).json()["matches"]
        assert match == {
            "kind": "account",
            "id": str(member.id),
            "label": "member@example.com",
            "detail": "active",
            "at": member.created_at.isoformat().replace("+00:00", "Z"),
            "related": [],
        }

    def test_finds_it_by_its_id(self, support: APIClient, operator: User) -> None:
        [match] = support.get(f"{STAFF}/search", {"q": str(operator.id)}).json()["matches"]
        assert (match["label"], match["detail"]) == ("operator@example.com", "active, staff (support)")

    @pytest.mark.parametrize("typed", ["%", "_", "ember@", str(uuid4())])
    def test_finds_nothing_by_another_text(self, support: APIClient, member: User, typed: str) -> None:
        assert support.get(f"{STAFF}/search", {"q": typed}).json() == {"matches": []}

    def test_finds_twenty_at_most(self, support: APIClient) -> None:
        UserFactory.create_batch(21)
        assert len(support.get(f"{STAFF}/search", {"q": "member"}).json()["matches"]) == 20


class TestAccountsToday:
    def test_counts_sign_ups_and_suspended_accounts(self, support: APIClient) -> None:
        UserFactory(status="suspended")
        UserFactory(id=UUID("01890000-0000-7000-8000-000000000000"))
        numbers = support.get(f"{STAFF}/today").json()["numbers"]
        assert [(number["name"], number["value"]) for number in numbers] == [
            ("signUpsToday", 2),
            ("suspended", 1),
        ]


class TestStaffAccountDetail:
    def test_shows_an_account_and_its_sessions_without_secrets(
        self, support: APIClient, session: Session
    ) -> None:
        answer = support.get(f"{STAFF}/users/{session.user_id}")
        shown = answer.json()
        assert (shown["email"], shown["status"], shown["isStaff"]) == ("member@example.com", "active", False)
        [one] = shown["sessions"]
        assert (one["id"], one["endedAt"], one["endReason"]) == (str(session.id), None, "")
        text = answer.content.decode()
        assert not any(secret in text for secret in ("argon2", str(session.refresh_id)))

    def test_knows_no_other_id(self, support: APIClient) -> None:
        assert support.get(f"{STAFF}/users/{uuid4()}").status_code == 404


class TestSuspendAccount:
    def test_suspends_it_and_keeps_who_did_and_why(
        self,
        support: APIClient,
        operator: User,
        member: User,
        session: Session,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.INFO, "audit")
        answer = support.post(f"{STAFF}/users/{member.id}/suspend", WHY)
        assert (answer.status_code, answer.json()["status"]) == (200, "suspended")
        session.refresh_from_db()
        assert session.end_reason == "account suspended"
        assert [type(event) for event in recorded_events()] == [UserSuspended]
        entry = LogEntry.objects.get()
        assert (entry.user, entry.object_id) == (operator, str(member.id))
        assert entry.get_change_message() == f"suspended: {WHY['reason']}"
        assert f"action=suspended on={member.id} operator={operator.id} role=support" in caplog.text
        assert "@example.com" not in caplog.text

    def test_is_undone_by_reinstating(self, support: APIClient, member: User) -> None:
        support.post(f"{STAFF}/users/{member.id}/suspend", WHY)
        answer = support.post(f"{STAFF}/users/{member.id}/reinstate", {"reason": "A mistake"})
        assert (answer.status_code, answer.json()["status"]) == (200, "active")
        assert type(recorded_events()[-1]) is UserReinstated

    @pytest.mark.parametrize("action", ["suspend", "reinstate"])
    def test_is_refused_where_it_is_done_already(
        self, support: APIClient, action: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "audit")
        user = UserFactory(status="suspended" if action == "suspend" else "active")
        with nothing_recorded():
            assert support.post(f"{STAFF}/users/{user.id}/{action}", WHY).status_code == 400
        assert "operator.was_refused" in caplog.text
        assert not LogEntry.objects.exists()

    def test_is_not_for_oneself(self, support: APIClient, operator: User) -> None:
        answer = support.post(f"{STAFF}/users/{operator.id}/suspend", WHY)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "cannot-suspend-yourself")

    @pytest.mark.parametrize("action", ["suspend", "reinstate"])
    def test_needs_a_reason_and_an_account(self, support: APIClient, member: User, action: str) -> None:
        answer = support.post(f"{STAFF}/users/{member.id}/{action}", {"reason": " "})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "reason-required")
        assert support.post(f"{STAFF}/users/{uuid4()}/{action}", WHY).status_code == 404

    @pytest.mark.parametrize("action", ["suspend", "reinstate"])
    def test_is_for_support_alone(self, member: User, action: str) -> None:
        route = f"{STAFF}/users/{UserFactory(status='suspended').id}/{action}"
        assert APIClient().post(route, WHY).status_code == 401
        for user in (member, UserFactory(is_staff=True)):
            assert client_of(user).post(route, WHY).status_code == 403

    def test_is_refused_to_a_former_operator_with_a_staff_token(self, member: User) -> None:
        session = SessionFactory(user=member)
        client, other = APIClient(), UserFactory()
        token = token_for(member.id, session_id=session.id, staff=True, role="support")
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        assert client.post(f"{STAFF}/users/{other.id}/suspend", WHY).status_code == 403
        other.refresh_from_db()
        assert other.status == "active"

    def test_is_refused_to_an_operator_who_is_suspended_or_has_signed_out(
        self, support: APIClient, operator: User, member: User
    ) -> None:
        route: Any = f"{STAFF}/users/{member.id}"
        Session.objects.filter(user=operator).update(ended_at=operator.created_at, end_reason="signed out")
        assert support.get(route).status_code == 401
        User.objects.filter(id=operator.id).update(status="suspended")
        assert support.post(f"{route}/suspend", WHY).status_code == 403
