from collections.abc import Callable

import httpx
import pytest

from frontend_service.clients import errors
from frontend_service.clients.cookies import CookieJar
from frontend_service.clients.refreshing import RefreshOnce, claims_of, is_expired


class TestErrorFrom:
    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (400, errors.BusinessRuleViolation),
            (401, errors.SignedOut),
            (402, errors.PaymentRefused),
            (403, errors.Forbidden),
            (404, errors.NotFound),
            (405, errors.BusinessRuleViolation),
            (409, errors.RequestInProgress),
            (412, errors.PreconditionFailed),
            (422, errors.IdempotencyKeyReused),
            (429, errors.TooManyRequests),
            (500, errors.Unavailable),
            (503, errors.Unavailable),
        ],
    )
    def test_is_typed_by_status(self, status: int, kind: type[errors.ApiError]) -> None:
        assert type(errors.error_from(httpx.Response(status), service="orders")) is kind

    def test_reads_a_problem(self) -> None:
        body = {
            "type": "https://x/problems/ticket-already-reserved",
            "detail": "Ticket is already reserved",
            "errors": [{"message": "No", "field": "price", "code": "min"}],
        }
        error = errors.error_from(
            httpx.Response(400, json=body, headers={"Retry-After": "3"}), service="orders"
        )
        assert error.slug == "ticket-already-reserved"
        assert error.message == "Ticket is already reserved"
        assert error.errors == (errors.FieldError(message="No", field="price", code="min"),)
        assert error.retry_after == 3

    @pytest.mark.parametrize("body", ["", "<h1>oops</h1>", "[]", "null", '{"errors": 3}', '{"errors": [1]}'])
    def test_accepts_a_body_that_is_not_a_problem(self, body: str) -> None:
        error = errors.error_from(
            httpx.Response(400, text=body, headers={"Retry-After": "soon"}), service="orders"
        )
        assert error.status == 400
        assert error.retry_after is None


class TestCookieJar:
    def test_passes_values_on_byte_for_byte(self) -> None:
        jar = CookieJar('a="x\\012y"; b=1; messages=m', own=frozenset({"messages"}))
        assert jar.header() == 'a="x\\012y"; b=1'

    def test_sends_the_cookies_of_earlier_responses(self) -> None:
        jar = CookieJar("access_token=old; refresh_token=r")
        jar.update(
            ["access_token=new; Path=/; HttpOnly; SameSite=Lax", 'refresh_token=""; Max-Age=0; Path=/']
        )
        assert jar.header() == "access_token=new"
        assert set(jar.set_cookies()) == {"access_token", "refresh_token"}
        assert jar.set_cookies()["access_token"]["samesite"] == "Lax"

    def test_understands_dates(self) -> None:
        jar = CookieJar("")
        jar.update(["access_token=new; expires=Thu, 24 Dec 2099 10:00:00 GMT; Max-Age=300; Path=/"])
        assert jar.set_cookies()["access_token"]["expires"] == "Thu, 24 Dec 2099 10:00:00 GMT"

    def test_ignores_invalid_cookies(self) -> None:
        jar = CookieJar("a=1")
        jar.update(["", ";", "no cookie"])
        assert jar.header() == "a=1"


class TestIsExpired:
    @pytest.mark.parametrize("token", ["", "x", "a.b.c", "a.!!.c", "e30.bnVsbA.x", "e30.W10.x", "e30.e30.x"])
    def test_is_true_for_an_unreadable_token(self, token: str) -> None:
        assert claims_of(token) == {}
        assert is_expired(token, now=0)

    def test_is_true_a_little_early(self) -> None:
        token = "e30.eyJleHAiOjEwMH0.x"  # {"exp": 100}
        assert not is_expired(token, now=90)
        assert is_expired(token, now=96)


class TestRefreshOnce:
    def test_returns_the_same_cookies_for_a_while(self) -> None:
        now, answers = [0.0], iter(range(9))
        once = RefreshOnce(keep=10, clock=lambda: now[0])
        get = _getter(once, lambda: [str(next(answers))])
        assert [get("a"), get("a"), get("b")] == [["0"], ["0"], ["1"]]
        now[0] = 11
        assert get("a") == ["2"]

    def test_retries_after_a_failure(self) -> None:
        once = RefreshOnce()
        with pytest.raises(errors.Unavailable):
            once.cookies_for("a", _fail)
        assert once.cookies_for("a", lambda: ["fresh"]) == ["fresh"]


def _getter(once: RefreshOnce, refresh: Callable[[], list[str]]) -> Callable[[str], list[str]]:
    return lambda token: once.cookies_for(token, refresh)


def _fail() -> list[str]:
    raise errors.Unavailable
