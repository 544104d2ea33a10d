from typing import Any

import pytest
from rest_framework.test import APIClient

from auth_service.accounts.models import User
from auth_service.tests.factories import PASSWORD
from service_defaults.rate_limits.rates import Rate

ROUTES = ("/api/users/signin", "/api/users/token")


@pytest.fixture(autouse=True)
def _three_failures(settings) -> None:
    failures = Rate(name="failed-sign-ins", limit=3, seconds=900)
    settings.RATES = settings.RATES | {"failed-sign-ins": failures, "sign-ins": None}


def _try(
    password: str, *, email: str = "member@example.com", at: str = "192.0.2.1", route: str = ROUTES[0]
) -> Any:
    return APIClient().post(route, {"email": email, "password": password}, REMOTE_ADDR=at)


def _fail(times: int, **more: str) -> list[int]:
    return [_try("wrong guess", **more).status_code for _ in range(times)]


@pytest.mark.django_db
class TestGuessing:
    def test_is_refused_after_a_few_failures_with_retry_after(self, member: User) -> None:
        assert _fail(4) == [400, 400, 400, 429]
        answer = _try(PASSWORD)
        assert answer.status_code == 429
        assert 1 <= int(answer["Retry-After"]) <= 900

    def test_is_counted_on_both_routes(self, member: User) -> None:
        assert _fail(3, route=ROUTES[1]) == [400] * 3
        assert _try(PASSWORD, route=ROUTES[0]).status_code == 429

    def test_locks_no_user_out_at_another_address(self, member: User) -> None:
        _fail(5)
        assert _try(PASSWORD, at="192.0.2.2").status_code == 200

    def test_of_one_account_is_not_counted_for_another(self, member: User) -> None:
        _fail(5, email="other@example.com")
        assert _try(PASSWORD).status_code == 200

    def test_is_reset_by_a_success(self, member: User) -> None:
        assert _fail(2) == [400, 400]
        assert _try(PASSWORD).status_code == 200
        assert _fail(3) == [400] * 3

    def test_is_counted_for_any_case_of_the_address(self, member: User) -> None:
        _fail(3, email="Member@Example.com ")
        assert _try(PASSWORD).status_code == 429

    def test_hashes_nothing_after_the_limit(self, member: User, hashings: list[str]) -> None:
        _fail(3)
        hashings.clear()
        _fail(2)
        assert hashings == []

    def test_has_the_same_responses_with_and_without_an_account(self, member: User) -> None:
        for email in ("member@example.com", "unknown@example.com"):
            answers = [_try("wrong guess", email=email) for _ in range(4)]
            assert [answer.status_code for answer in answers] == [400, 400, 400, 429]
            assert answers[0]["RateLimit"] == '"failed-sign-ins";r=2;t=900'
