import logging
from typing import Any
from uuid import UUID

import pytest
from django.http import HttpResponse
from rest_framework.test import APIClient

from service_defaults import errors, problems
from service_defaults.testing import ORIGIN, token_for
from service_defaults.tests.ids import uuid7
from service_defaults.tests.notes import failing_views

DATABASE_DOWN = ["/failing/database", "/failing/django/database"]


def _problem(answer: HttpResponse, status: int) -> dict[str, Any]:
    """Return the response's problem document, which has every member whatever the error."""
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    body: dict[str, Any] = answer.json()  # type: ignore[attr-defined]
    assert set(body) == {"type", "title", "status", "detail", "request_id", "errors"}
    assert body["type"].startswith(f"{ORIGIN}/problems/")
    assert body["status"] == status
    assert body["request_id"] == answer["X-Request-Id"]
    assert body["errors"]
    return body


@pytest.fixture
def client(api: APIClient) -> APIClient:
    """A client that gets the response to an unexpected error, as a visitor does."""
    api.raise_request_exception = False
    return api


class TestADomainError:
    @pytest.mark.parametrize(
        ("kind", "status", "slug"),
        [
            ("refused", 400, "too-loud"),
            ("not-signed-in", 401, "not-signed-in"),
            ("of-the-services-own", 402, "too-many-notes"),
            ("permission-denied", 403, "permission-denied"),
            ("not-found", 404, "not-found"),
            ("request-in-progress", 409, "request-in-progress"),
            ("precondition-failed", 412, "precondition-failed"),
            ("idempotency-key-reused", 422, "idempotency-key-reused"),
            ("unavailable", 503, "somewhere-else-is-down"),
        ],
    )
    def test_has_the_status_of_its_kind_and_its_slug(
        self, client: APIClient, kind: str, status: int, slug: str
    ) -> None:
        body = _problem(client.get(f"/failing/{kind}"), status)
        assert body["type"] == f"{ORIGIN}/problems/{slug}"
        assert [entry["code"] for entry in body["errors"]] == [slug]

    def test_has_its_message_and_its_field(self, client: APIClient) -> None:
        body = _problem(client.get("/failing/refused"), 400)
        assert (body["title"], body["detail"]) == ("Too loud", "Please be quiet")
        assert body["errors"] == [{"message": "Please be quiet", "code": "too-loud", "field": "text"}]

    def test_can_have_another_message_and_field(self, client: APIClient) -> None:
        body = _problem(client.get("/failing/refused-with-own-message"), 400)
        assert body["errors"] == [{"message": "Not that loud", "code": "too-loud", "field": "volume"}]

    def test_without_a_field_names_none(self, client: APIClient) -> None:
        [entry] = _problem(client.get("/failing/of-the-services-own"), 402)["errors"]
        assert entry == {"message": "You have too many notes", "code": "too-many-notes"}

    def test_that_is_temporary_has_retry_after(self, client: APIClient) -> None:
        assert client.get("/failing/unavailable")["Retry-After"] == "7"

    def test_for_want_of_a_sign_in_has_a_challenge(self, client: APIClient) -> None:
        assert client.get("/failing/not-signed-in")["WWW-Authenticate"] == "Bearer"


class TestRegister:
    def test_may_be_repeated(self) -> None:
        problems.register(failing_views.QuotaUsedUp, status=402)

    @pytest.mark.parametrize(
        ("kind", "status"),
        [(errors.NotFound, 410), (failing_views.QuotaUsedUp, 403), (failing_views.TooLoud, 500)],
    )
    def test_refuses_another_status_and_one_that_is_no_client_error(
        self, kind: type[errors.DomainError], status: int
    ) -> None:
        with pytest.raises(ValueError, match=f"can't be answered by {status}"):
            problems.register(kind, status=status)


class TestInvalidInput:
    def _errors(self, signed_in: APIClient, body: dict[str, Any]) -> list[tuple[str | None, str]]:
        answer = _problem(signed_in.post("/api/notes", body), 400)
        assert answer["type"] == f"{ORIGIN}/problems/invalid-input"
        return [(entry.get("field"), entry["code"]) for entry in answer["errors"]]

    def test_has_an_entry_per_field(self, signed_in: APIClient) -> None:
        assert self._errors(signed_in, {"stars": 6}) == [("text", "required"), ("stars", "max-value")]

    def test_has_the_path_to_what_is_nested(self, signed_in: APIClient) -> None:
        body = {
            "text": "fine",
            "first": {"text": "longer than ten"},
            "lines": [{"text": "fine"}, {}, {"text": ""}],
            "tags": ["ok", "too long"],
        }
        assert self._errors(signed_in, body) == [
            ("first.text", "max-length"),
            ("lines.1.text", "required"),
            ("lines.2.text", "blank"),
            ("tags.1", "max-length"),
        ]

    def test_of_the_wrong_type_names_its_field(self, signed_in: APIClient) -> None:
        body = {"text": "fine", "first": [], "lines": {}, "tags": "ok"}
        assert self._errors(signed_in, body) == [
            ("first", "invalid"),
            ("lines", "not-a-list"),
            ("tags", "not-a-list"),
        ]

    def test_as_a_whole_names_no_field(self, signed_in: APIClient) -> None:
        assert self._errors(signed_in, {"text": "contradiction"}) == [(None, "invalid")]

    def test_has_every_message_in_its_detail(self, signed_in: APIClient) -> None:
        body = _problem(signed_in.post("/api/notes", {"stars": 6}), 400)
        assert body["detail"] == ("This field is required; Ensure this value is less than or equal to 5")


class TestAProblemOfTheFramework:
    def test_is_an_unknown_route(self, client: APIClient) -> None:
        assert _problem(client.get("/api/nothing"), 404)["errors"][0]["code"] == "not-found"

    def test_is_a_malformed_id(self, signed_in: APIClient) -> None:
        _problem(signed_in.get("/api/notes/nonsense"), 404)

    def test_is_a_method_and_lists_those_allowed(self, signed_in: APIClient) -> None:
        answer = signed_in.delete("/api/notes")
        assert _problem(answer, 405)["errors"][0]["code"] == "method-not-allowed"
        assert answer["Allow"] == "GET, POST, HEAD, OPTIONS"

    def test_is_a_missing_sign_in(self, client: APIClient) -> None:
        answer = client.get("/api/notes")
        assert _problem(answer, 401)["errors"][0]["code"] == "not-authenticated"
        assert answer["WWW-Authenticate"] == "Bearer"

    def test_is_too_many_requests_with_retry_after(self, client: APIClient) -> None:
        answer = client.get("/failing/throttled")
        assert _problem(answer, 429)["errors"][0]["code"] == "throttled"
        assert answer["Retry-After"] == "3"

    def test_is_a_foreign_host(self, client: APIClient) -> None:
        _problem(client.get("/api/notes", headers={"Host": "elsewhere.test"}), 400)

    @pytest.mark.parametrize("route", ["/failing/", "/failing/django/"])
    @pytest.mark.parametrize("status", [403, 404])
    def test_is_an_error_of_django_without_its_details(
        self, client: APIClient, route: str, status: int
    ) -> None:
        answer = client.get(f"{route}django-{status}")
        _problem(answer, status)
        assert b"private" not in answer.content


class TestABody:
    @pytest.mark.parametrize(
        "content_type", ["application/xml", "text/plain", "multipart/form-data; boundary=x"]
    )
    def test_of_another_content_type_is_refused(self, client: APIClient, content_type: str) -> None:
        bearer = {"Authorization": f"Bearer {token_for(uuid7())}"}
        answer = client.post("/api/notes", b"text", content_type=content_type, headers=bearer)
        assert _problem(answer, 415)["errors"][0]["code"] == "unsupported-media-type"

    def test_of_broken_json_is_refused(self, signed_in: APIClient) -> None:
        answer = signed_in.post("/api/notes", b'{"text": ', content_type="application/json")
        assert _problem(answer, 400)["errors"] == [
            {"message": "The body is not valid JSON", "code": "parse-error"}
        ]

    def test_that_is_too_large_is_refused_unread(self, client: APIClient) -> None:
        answer = client.post("/api/notes", {"text": "x" * 256 * 1024})
        assert _problem(answer, 413)["errors"][0]["code"] == "body-too-large"

    def test_of_unknown_length_is_refused(self, client: APIClient) -> None:
        answer = client.generic("POST", "/api/notes", HTTP_TRANSFER_ENCODING="chunked")
        assert _problem(answer, 411)["errors"][0]["code"] == "length-required"

    @pytest.mark.django_db
    def test_of_the_largest_size_is_read(self, signed_in: APIClient) -> None:
        body = b'{"text": "fine"' + b" " * (256 * 1024 - 16) + b"}"
        assert signed_in.post("/api/notes", body, content_type="application/json").status_code == 201


class TestAnUnexpectedError:
    @pytest.mark.parametrize("route", ["/failing/unforeseen", "/failing/django/unforeseen"])
    def test_reveals_nothing(self, client: APIClient, route: str) -> None:
        answer = client.get(route)
        assert _problem(answer, 500)["errors"][0]["code"] == "server-error"
        assert failing_views.SECRET.encode() not in answer.content
        assert b"Traceback" not in answer.content

    def test_is_logged(self, client: APIClient, caplog: pytest.LogCaptureFixture) -> None:
        client.get("/failing/unforeseen")
        [failure] = [record for record in caplog.records if record.exc_info]
        assert failure.levelno == logging.ERROR

    def test_is_a_page_for_an_operator(self, client: APIClient) -> None:
        answer = client.get("/admin/notes/nothing")
        assert answer["Content-Type"].startswith("text/html")


@pytest.mark.django_db
class TestADatabaseThatIsDown:
    @pytest.mark.parametrize("route", DATABASE_DOWN)
    def test_is_not_the_callers_fault(self, client: APIClient, route: str) -> None:
        answer = client.get(route)
        assert _problem(answer, 503)["errors"][0]["code"] == "database-unavailable"
        assert answer["Retry-After"] == "2"
        assert b"127.0.0.1" not in answer.content

    @pytest.mark.parametrize("route", DATABASE_DOWN)
    def test_leaves_the_reason_in_the_log(
        self, client: APIClient, caplog: pytest.LogCaptureFixture, route: str
    ) -> None:
        client.get(route)
        assert "port 1 failed" in caplog.text


class TestTheAuditLog:
    def test_has_refusals_that_may_be_attacks(
        self, signed_in: APIClient, writer: UUID, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "audit")
        signed_in.post("/api/notes", {"text": "x"}, headers={"Origin": "https://evil.example"})
        APIClient().get("/api/notes/me", headers={"Authorization": "Bearer nonsense"})
        signed_in.get("/failing/throttled")
        APIClient().get("/api/notes")
        signed_in.get("/failing/refused")
        lines = [vars(record) for record in caplog.records if record.name == "audit"]
        assert [(line["status"], line["code"]) for line in lines] == [
            ("403", "cross-site-write"),
            ("401", "invalid-token"),
            ("429", "throttled"),
        ]
        assert [line.get("user") for line in lines] == [None, None, str(writer)]
        assert lines[0]["path"] == "/api/notes"
