"""Whatever is sent, the answer is the contract's error: never a 5xx, never HTML under /api/."""

import uuid

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.running_stack import RunningStack

PROBLEM = "application/problem+json"
TICKET = {"title": "Front row", "price": "10.00"}
UNKNOWN = str(uuid.uuid4())


def _everywhere(value: str) -> bytes:
    """Return a body that has the value in every field that any route reads."""
    fields = ("title", "price", "ticketId", "orderId", "token", "email", "password", "refresh")
    return ("{" + ", ".join(f'"{field}": {value}' for field in fields) + "}").encode()


_BODIES = {
    "broken JSON": b"{",
    "not an object": b"[1, 2]",
    "a number": b"12",
    "nothing": b"",
    "null": b"null",
    "NaN": b'{"title": "x", "price": NaN, "ticketId": NaN, "orderId": NaN, "email": NaN}',
    "not UTF-8": b'{"title": "\xff"}',
    "null bytes": _everywhere(r'"a\u0000b"'),
    "lone surrogate": _everywhere(r'"\ud800bcdefghij"'),
    "wrong types": _everywhere('{"a": []}'),
    "deeply nested": b'{"title": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "huge numbers": b'{"title": "x", "price": 1e400, "ticketId": 1e400, "orderId": 1e400}',
}
_POSTS = (
    "/api/users/signup",
    "/api/users/signin",
    "/api/users/token",
    "/api/users/refresh",
    "/api/tickets",
    "/api/orders",
    "/api/payments",
    "/api/payments/intents",
    "/api/payments/webhook",
)


def _is_a_problem(answer: httpx.Response, *statuses: int) -> None:
    assert answer.status_code in statuses, (answer.status_code, answer.text[:300])
    assert answer.headers["Content-Type"] == PROBLEM
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["request_id"]
    assert all(error["message"] and error["code"] for error in problem["errors"])


class TestABody:
    @pytest.mark.parametrize("path", _POSTS)
    @pytest.mark.parametrize("kind", _BODIES)
    def test_that_makes_no_sense_is_refused(self, signed_in: httpx.Client, path: str, kind: str) -> None:
        answer = signed_in.post(path, content=_BODIES[kind], headers={"Content-Type": "application/json"})
        if path == "/api/users/refresh" and answer.status_code == 200:
            return  # the cookie is what counts there
        _is_a_problem(answer, 400, 401, 404)

    @pytest.mark.parametrize("path", _POSTS)
    def test_that_is_huge_is_refused(self, signed_in: httpx.Client, path: str) -> None:
        body = b'{"title": "' + b"x" * 2_000_000 + b'"}'
        answer = signed_in.post(path, content=body, headers={"Content-Type": "application/json"})
        _is_a_problem(answer, 413)

    def test_of_another_kind_is_refused(self, signed_in: httpx.Client) -> None:
        answer = signed_in.post("/api/tickets", content=b"<x/>", headers={"Content-Type": "text/xml"})
        _is_a_problem(answer, 403, 415)

    @pytest.mark.parametrize(
        "price", [-1, 0, "0", "NaN", "Infinity", "1.234", 1.234, "abc", None, True, "1e99"]
    )
    def test_with_a_price_that_is_none_is_refused(self, signed_in: httpx.Client, price: object) -> None:
        _is_a_problem(signed_in.post("/api/tickets", json=TICKET | {"price": price}), 400)


class TestAnId:
    @pytest.mark.parametrize("id", [UNKNOWN, "1", "not-an-id", "%00", "..%2f..%2fadmin", "x" * 3000])
    @pytest.mark.parametrize("collection", ["tickets", "orders", "payments"])
    def test_that_is_unknown_or_malformed_is_not_found(
        self, signed_in: httpx.Client, collection: str, id: str
    ) -> None:
        answer = signed_in.get(f"/api/{collection}/{id}")
        _is_a_problem(answer, 404)

    @pytest.mark.parametrize("path", ["/api/nothing", "/api/", "/api/users/nothing", "/api/tickets/a/b"])
    def test_of_a_route_that_is_unknown_is_not_found(self, browser: httpx.Client, path: str) -> None:
        _is_a_problem(browser.get(path), 404)

    def test_of_a_method_that_is_unknown_is_refused(self, signed_in: httpx.Client) -> None:
        _is_a_problem(signed_in.put("/api/orders", json={}), 405)
        _is_a_problem(signed_in.request("FROB", "/api/tickets"), 405)


class TestAToken:
    def _request(self, stack: RunningStack, token: str) -> httpx.Response:
        return httpx.get(f"{stack.url}/api/orders", headers={"Authorization": f"Bearer {token}"})

    @pytest.mark.parametrize("token", ["-", "x", "a.b.c", "ey" * 4000])
    def test_that_is_none_is_refused(self, stack: RunningStack, token: str) -> None:
        _is_a_problem(self._request(stack, token), 401)

    def test_that_another_key_signed_is_refused(self, stack: RunningStack) -> None:
        known = httpx.get(f"{stack.url}/api/users/jwks.json").json()["keys"][0]["kid"]
        claims = {"sub": UNKNOWN, "sid": UNKNOWN, "typ": "access", "exp": 2**32, "staff": True}
        forged = jwt.encode(claims, Ed25519PrivateKey.generate(), "EdDSA", headers={"kid": known})
        _is_a_problem(self._request(stack, forged), 401)

    def test_that_is_missing_is_required(self, browser: httpx.Client) -> None:
        for path in ("/api/orders", "/api/payments"):
            _is_a_problem(browser.get(path), 401)

    def test_in_a_cookie_does_not_work_from_another_site(self, signed_in: httpx.Client) -> None:
        answer = signed_in.post("/api/tickets", json=TICKET, headers={"Origin": "https://evil.example"})
        _is_a_problem(answer, 403)


class TestAQuery:
    @pytest.mark.parametrize(
        "query",
        ["limit=-1", "limit=x", "cursor=x", "minPrice=x", "startsFrom=x", "q=%00", "seller=x", "q=%ff"],
    )
    def test_that_makes_no_sense_is_refused(self, browser: httpx.Client, query: str) -> None:
        answer = browser.get(f"/api/tickets?{query}")
        if query == "q=%ff":
            assert answer.status_code in {200, 400}
        else:
            _is_a_problem(answer, 400)
