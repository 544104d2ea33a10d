import pytest
from rest_framework.test import APIClient

WRITES = ["/api/users/signup", "/api/users/signin", "/api/users/token", "/api/users/refresh"]
CREDENTIALS = WRITES[:3]

NOT_OBJECTS = {
    "nothing": b"",
    "half": b'{"email": "a@exam',
    "array": b"[]",
    "text": b'"email"',
    "number": b"12",
    "null": b"null",
    "nan": b'{"email": NaN}',
    "not utf-8": b'{"email": "\xff\xfe"}',
    "utf-16": '{"email": "a@example.com"}'.encode("utf-16"),
    "deep": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "long number": b'{"email": ' + b"1" * 10_000 + b"}",
    "null byte": b"\x00",
}

BAD_CREDENTIALS = {
    "null bytes": b'{"email": "a\\u0000@example.com", "password": "seven\\u0000green"}',
    "null byte in the password": b'{"email": "a@example.com", "password": "seven green\\u0000bottles"}',
    "lone surrogates": b'{"email": "\\ud800@example.com", "password": "\\udfff"}',
    "lone surrogate in the password": b'{"email": "a@example.com", "password": "seven green \\ud800"}',
    "lone surrogate in a name": b'{"\\ud800": 1, "email": "a@example.com", "password": "seven bottles"}',
    "lone surrogate elsewhere": b'{"x": ["\\uDBFF"], "email": "a@example.com", "password": "seven bottles"}',
    "wrong types": b'{"email": {"a": []}, "password": [{}]}',
    "numbers": b'{"email": 1, "password": 1.2345678e-10}',
    "infinite number": b'{"email": "a@example.com", "password": 1e999}',
    "booleans": b'{"email": true, "password": false}',
    "nulls": b'{"email": null, "password": null}',
    "long address": b'{"email": "%s@example.com", "password": "seven green bottles"}' % (b"a" * 100_000),
    "long domain": b'{"email": "a@%s.com", "password": "seven green bottles"}' % (b"a." * 50_000),
    "long password": b'{"email": "a@example.com", "password": "%s"}' % (b"ab " * 30_000),
}


def _post(api: APIClient, route: str, body: bytes) -> tuple[int, str]:
    answer = api.post(route, body, content_type="application/json")
    if answer.status_code >= 400:
        problem = answer.json()
        assert problem["status"] == answer.status_code
        assert all(error["message"] and error["code"] for error in problem["errors"])
        assert answer.content.decode("utf-8")
    return answer.status_code, answer["Content-Type"]


REFUSED = (400, "application/problem+json")


@pytest.mark.django_db
class TestABody:
    @pytest.mark.parametrize("route", CREDENTIALS)
    @pytest.mark.parametrize("kind", NOT_OBJECTS)
    def test_that_is_no_json_object_is_refused(self, api: APIClient, route: str, kind: str) -> None:
        assert _post(api, route, NOT_OBJECTS[kind]) == REFUSED

    @pytest.mark.parametrize("route", CREDENTIALS)
    @pytest.mark.parametrize("kind", BAD_CREDENTIALS)
    def test_with_invalid_credentials_is_refused(self, api: APIClient, route: str, kind: str) -> None:
        assert _post(api, route, BAD_CREDENTIALS[kind]) == REFUSED

    @pytest.mark.parametrize(
        "kind", [kind for kind in NOT_OBJECTS if kind not in {"nothing", "nan", "long number"}]
    )
    def test_that_is_no_json_object_does_not_refresh(self, browser: APIClient, kind: str) -> None:
        assert _post(browser, "/api/users/refresh", NOT_OBJECTS[kind]) == REFUSED

    @pytest.mark.parametrize("token", [b'"\\ud800"', b'"\\u0000"', b"[]", b"{}", b"null", b"true"])
    def test_with_an_invalid_refresh_token_is_refused(self, browser: APIClient, token: bytes) -> None:
        assert _post(browser, "/api/users/refresh", b'{"refresh": %s}' % token) == REFUSED

    def test_with_a_pair_of_surrogates_is_text_like_any_other(self, api: APIClient) -> None:
        body = b'{"email": "a@example.com", "password": "\\ud83d\\udddd seven green bottles"}'
        assert _post(api, "/api/users/signup", body) == (201, "application/json")
        typed = {"email": "a@example.com", "password": "\U0001f5dd seven green bottles"}
        assert api.post("/api/users/signin", typed).status_code == 200

    @pytest.mark.parametrize("route", [*WRITES, "/api/users/signout"])
    def test_that_is_huge_is_refused_unread(self, browser: APIClient, route: str) -> None:
        answer = browser.post(route, b" " * (256 * 1024 + 1), content_type="application/json")
        assert (answer.status_code, answer["Content-Type"]) == (413, "application/problem+json")

    @pytest.mark.parametrize("route", CREDENTIALS)
    @pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded"])
    def test_of_another_kind_is_refused(self, api: APIClient, route: str, kind: str) -> None:
        answer = api.post(route, b'{"email": "a@example.com"}', content_type=kind)
        assert (answer.status_code, answer["Content-Type"]) == (415, "application/problem+json")


@pytest.mark.django_db
class TestARoute:
    @pytest.mark.parametrize("route", [*WRITES, "/api/users/signout"])
    def test_that_writes_refuses_get(self, api: APIClient, route: str) -> None:
        answer = api.get(route)
        assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
        assert "POST" in answer["Allow"]

    @pytest.mark.parametrize(
        "route", ["/api/users/", "/api/users/nothing", "/api/users/signup/", "/api/nothing"]
    )
    def test_that_is_unknown_is_not_found(self, api: APIClient, route: str) -> None:
        answer = api.get(route)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")

    def test_is_described(self, api: APIClient) -> None:
        document = api.get("/api/users/openapi.json").json()
        assert document["openapi"].startswith("3.1")
        assert {*WRITES, "/api/users/signout", "/api/users/currentuser", "/api/users/jwks.json"} <= set(
            document["paths"]
        )
