from typing import Any

import pytest
from rest_framework.test import APIClient

from auth_service.accounts.models import Session, User
from auth_service.tests.factories import PASSWORD, UserFactory
from shared_events.testing import nothing_recorded

CREDENTIALS = {"email": "member@example.com", "password": PASSWORD}
WRONG = CREDENTIALS | {"password": "seven red bottles"}
UNKNOWN = CREDENTIALS | {"email": "unknown@example.com"}
ROUTES = ["/api/users/signin", "/api/users/token"]


def _visible(answer: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Return everything that a client sees of a response, except the request's id."""
    headers = {name: value for name, value in answer.headers.items() if name not in {"X-Request-Id"}}
    return answer.status_code, answer.json() | {"request_id": ""}, headers


@pytest.mark.django_db
class TestSignIn:
    def test_opens_a_session(self, api: APIClient, member: User) -> None:
        answer = api.post("/api/users/signin", CREDENTIALS)
        assert answer.status_code == 200
        assert answer.json() == {"id": str(member.id), "email": member.email}
        assert {"access_token", "refresh_token"} == set(answer.cookies)
        assert Session.objects.get().user == member
        assert api.get("/api/users/currentuser").json()["currentUser"]["id"] == str(member.id)

    def test_records_no_event(self, api: APIClient, member: User) -> None:
        with nothing_recorded():
            api.post("/api/users/signin", CREDENTIALS)

    @pytest.mark.parametrize("email", ["MEMBER@example.com", "Member@Example.Com", " member@example.com "])
    def test_accepts_the_address_in_any_case(self, api: APIClient, member: User, email: str) -> None:
        assert api.post("/api/users/signin", CREDENTIALS | {"email": email}).status_code == 200

    def test_opens_a_new_session_each_time(self, api: APIClient, member: User) -> None:
        for _ in range(2):
            api.post("/api/users/signin", CREDENTIALS)
        assert Session.objects.filter(user=member, ended_at=None).count() == 2

    @pytest.mark.parametrize("password", [PASSWORD.upper(), PASSWORD + " ", "x", "x" * 256])
    def test_refuses_another_password(self, api: APIClient, member: User, password: str) -> None:
        answer = api.post("/api/users/signin", CREDENTIALS | {"password": password})
        assert answer.status_code == 400
        assert answer.json()["errors"] == [{"message": "Invalid credentials", "code": "invalid-credentials"}]
        assert not answer.cookies
        assert not Session.objects.exists()

    @pytest.mark.parametrize("email", ["", "no-address", None, 7, [], {}])
    def test_needs_an_address(self, api: APIClient, email: Any) -> None:
        answer = api.post("/api/users/signin", CREDENTIALS | {"email": email})
        assert (answer.status_code, answer.json()["detail"]) == (400, "Email must be valid")

    @pytest.mark.parametrize("password", ["", None])
    def test_needs_a_password(self, api: APIClient, password: Any) -> None:
        answer = api.post("/api/users/signin", CREDENTIALS | {"password": password})
        assert (answer.status_code, answer.json()["detail"]) == (400, "Password is required")


@pytest.mark.django_db
@pytest.mark.parametrize("route", ROUTES)
class TestWhetherAnAccountExists:
    def test_is_not_revealed_by_the_response(self, api: APIClient, member: User, route: str) -> None:
        known, unknown = api.post(route, WRONG), api.post(route, UNKNOWN)
        assert _visible(known) == _visible(unknown)
        assert (known.status_code, known.json()["detail"]) == (400, "Invalid credentials")

    def test_is_not_revealed_by_the_time(
        self, api: APIClient, member: User, route: str, hashings: list[str]
    ) -> None:
        api.post(route, WRONG)
        assert hashings == ["verify"]
        hashings.clear()
        api.post(route, UNKNOWN)
        assert hashings == ["encode"]

    def test_is_not_revealed_by_a_suspension(self, api: APIClient, member: User, route: str) -> None:
        UserFactory(email="closed@example.com", status="suspended")
        closed = WRONG | {"email": "closed@example.com"}
        assert _visible(api.post(route, closed)) == _visible(api.post(route, UNKNOWN))


class TestADummyHash:
    def test_costs_what_a_stored_one_costs(self, member: User) -> None:
        from django.contrib.auth.hashers import identify_hasher, make_password

        def cost(encoded: str) -> tuple[object, ...]:
            facts = identify_hasher(encoded).decode(encoded)
            return tuple(facts[name] for name in ("variety", "memory_cost", "time_cost", "parallelism"))

        assert cost(make_password("anything")) == cost(member.password)
